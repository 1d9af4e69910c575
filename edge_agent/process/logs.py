"""What is told on standard error: JSON lines, or text on a terminal.

Rule of this file (law 7): a line holds aliases, never identities, subjects, addresses or octets.
So only our own words are told as they are; of a library's we tell that there were some, unless
the configuration asks for them. A line that comes again and again is told a few times a minute.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from typing import TextIO

import msgspec

from edge_agent.config.settings import Log

OURS = ("edge_agent", "edge_drivers", "edge_signal", "edge_sync", "firmware_specs")
PER_MINUTE = 5
_EXTRAS = ("device", "lane", "count", "seconds", "reason", "event")
_PRIVATE = re.compile(
    r"\b(?:[0-9A-Fa-f]{2}[:_-]){5}[0-9A-Fa-f]{2}\b"  # a Bluetooth address
    r"|\b(?:eui64|serial|address|tag):\S+"  # a device's key
    r"|\b[0-9A-Fa-f]{16,}\b"  # octets, ids
)


def set_up(settings: Log, stream: TextIO | None = None) -> None:
    """Tell what the settings say, on standard error; replaces what was set up before."""
    out = stream or sys.stderr
    as_text = settings.form == "text" or (settings.form == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(TextFormatter() if as_text else JsonFormatter())
    if not settings.libraries:
        handler.addFilter(Withhold())
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.level.upper())


class Withhold(logging.Filter):
    """Tells that a library had something to say, not what."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record; a library's loses its words."""
        if record.name.partition(".")[0] not in OURS:
            record.msg = "a library's words are withheld; [log] libraries = true shows them"
            record.args = ()
            record.exc_info = record.exc_text = None
        return True


class Repeats(logging.Filter):
    """Lets `PER_MINUTE` lines of one kind through, and says how many it left out.

    Args:
        now: seconds on a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._seen: dict[tuple[object, ...], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this one is told."""
        key = (record.name, record.levelno, record.msg, getattr(record, "device", ""))
        minute = int(self._now() // 60)
        known = self._seen.get(key)
        if known is None or known[0] != minute:
            left_out = max(int(known[1]) - PER_MINUTE, 0) if known else 0
            if left_out:
                record.repeated = left_out
            if len(self._seen) > 1000:
                self._seen.clear()
            known = self._seen[key] = [minute, 0]
        known[1] += 1
        return known[1] <= PER_MINUTE


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return msgspec.json.encode(_fields(record)).decode()


class TextFormatter(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields = _fields(record)
        head = f"{fields.pop('time')} {fields.pop('level'):7} {fields.pop('message')}"
        fields.pop("logger")
        return " ".join([head, *(f"{key}={value}" for key, value in fields.items())])


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        + f".{int(record.msecs):03}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": scrub(record.getMessage()),
    }
    for name in (*_EXTRAS, "repeated"):
        if (value := getattr(record, name, None)) is not None:
            fields[name] = scrub(value) if isinstance(value, str) else value
    if record.exc_info and record.exc_info[1]:
        fields |= _failure(record.exc_info[1])
    return fields


def _failure(error: BaseException) -> dict[str, object]:
    """What went wrong and where; of other people's errors the kind alone."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = type(error).__module__.partition(".")[0] in OURS
    return {
        "error": scrub(f"{type(error).__name__}: {error}") if ours else type(error).__name__,
        "at": [f"{frame.name}:{frame.lineno}" for frame in frames[-4:]],
    }


def scrub(text: str) -> str:
    """The text without addresses, keys and octets."""
    return _PRIVATE.sub("…", text)
