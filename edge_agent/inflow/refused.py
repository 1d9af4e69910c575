"""The octets that no decoder could read, in a file of bounded size, for who must find out why.

One JSON object a line: device alias, part, when (CLOCK_BOOTTIME), the reason, the octets in hex.
What may be private has been blanked before (law 7). The file turns over at 256 KiB; one old one
stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from edge_drivers.diagnostics import Refused

NAME = "refused.jsonl"
LARGEST = 256 << 10


class RefusedLog:
    """The file, opened when the first such octets come.

    Args:
        folder: where it is.
    """

    def __init__(self, folder: Path) -> None:
        self._file = RotatingFileHandler(
            folder / NAME, maxBytes=LARGEST, backupCount=1, encoding="utf-8", delay=True
        )

    def of(self, alias: str) -> Callable[[Sequence[Refused]], None]:
        """What takes the refused octets of one device."""
        return lambda refused: self._write(alias, refused)

    def _write(self, alias: str, refused: Sequence[Refused]) -> None:
        for one in refused:
            line = msgspec.json.encode(
                {
                    "device": alias,
                    "part": one.capture.part,
                    "boot": one.capture.at.boot,
                    "ns": one.capture.at.ns,
                    "reason": one.reason,
                    "octets": one.capture.octets.hex(),
                }
            ).decode()
            self._file.emit(logging.LogRecord(NAME, logging.INFO, "", 0, line, None, None))
        self._file.close()  # it is opened again by the next
