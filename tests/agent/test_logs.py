"""What is told: our words as JSON or text, nobody's identity, and not a thousand times."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edge_agent.config.settings import Log
from edge_agent.model.errors import LinkLostError
from edge_agent.process.logs import Repeats, scrub, set_up

Tell = Callable[[Log], io.StringIO]


@pytest.fixture
def tell() -> Iterator[Tell]:
    """Set logging up to a stream, and put it back afterwards."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)

    def into(settings: Log) -> io.StringIO:
        stream = io.StringIO()
        set_up(settings, stream)
        return stream

    yield into
    root.handlers[:] = before[0]
    root.setLevel(before[1])


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_an_alias(tell: Tell) -> None:
    stream = tell(Log())
    logging.getLogger("edge_agent.test").info("lost", extra={"device": "cuff", "count": 3})
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "edge_agent.test",
        "message": "lost",
        "device": "cuff",
        "count": 3,
    }


def test_text_for_people(tell: Tell) -> None:
    stream = tell(Log(form="text"))
    logging.getLogger("edge_sync.test").warning("full", extra={"lane": "waveform"})
    assert stream.getvalue().endswith("warning full lane=waveform\n")


def test_below_the_level_nothing_is_told(tell: Tell) -> None:
    stream = tell(Log(level="warning"))
    logging.getLogger("edge_agent.test").info("said")
    assert not stream.getvalue()


def test_a_librarys_words_are_withheld(tell: Tell) -> None:
    stream = tell(Log())
    logging.getLogger("bleak").warning("device A4:C1:38:00:00:01 said 1e 8a")
    (line,) = lines(stream)
    assert "withheld" in line["message"]
    assert line["logger"] == "bleak"


def test_a_librarys_words_can_be_asked_for(tell: Tell) -> None:
    stream = tell(Log(libraries=True))
    logging.getLogger("bleak").warning("cannot scan")
    assert lines(stream)[0]["message"] == "cannot scan"


def test_errors_of_others_are_told_by_kind_and_place_alone(tell: Tell) -> None:
    stream = tell(Log())
    try:
        int("resident Zhang")
    except ValueError as error:
        logging.getLogger("edge_agent.test").exception("failed", exc_info=error)
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert line["at"][-1].startswith("test_errors_of_others")
    assert "Zhang" not in stream.getvalue()


def test_our_errors_are_told_without_identities(tell: Tell) -> None:
    stream = tell(Log())
    error = LinkLostError("A4:C1:38:00:00:01 went away")
    logging.getLogger("edge_agent.test").error("failed", exc_info=error)
    assert lines(stream)[0]["error"] == "LinkLostError: … went away"


@pytest.mark.parametrize(
    "private",
    [
        "A4:C1:38:00:00:01",
        "a4_c1_38_00_00_01",
        "eui64:1234567890ABCDEF",
        "serial:AND/5140700112",
        "tag:F-1",
        "1e8a00580078000000041114293b3c00012700",
    ],
)
def test_what_names_somebody_is_scrubbed(private: str) -> None:
    assert scrub(f"of {private} here") == "of … here"


def test_repeats_are_told_a_few_times_and_then_counted() -> None:
    now = 0.0
    repeats = Repeats(lambda: now)
    record = logging.makeLogRecord({"name": "edge_agent", "msg": "again", "levelno": 30})
    assert [repeats.filter(record) for _ in range(7)] == [True] * 5 + [False] * 2
    now = 60.0
    assert repeats.filter(record)
    assert record.__dict__["repeated"] == 2
