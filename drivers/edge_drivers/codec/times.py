"""GATT Date Time: 7 octets of device wall time, without a zone; zero parts are unknown.

Source: GATT Specification Supplement, Date Time (2A08): year, month or day 0 means "not known".
The text form is ISO 8601 with those zeros left in: `0000-04-17T20:41:59`.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta

from edge_agent.model.errors import MalformedError

_PARTS = struct.Struct("<H5B")
SIZE = _PARTS.size
_TEXT = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}"
_LEAP_YEAR, _SOME_MONTH, _SOME_DAY = 2000, 1, 15


def datetime_text(octets: bytes) -> str:
    """Naive ISO 8601 of 7 octets.

    Raises:
        MalformedError: no calendar has such a day, or no day such a time.
    """
    parts: tuple[int, ...] = _PARTS.unpack(octets)
    _known(parts)
    return _TEXT.format(*parts)


def epoch_text(year: int, seconds: int) -> str:
    """Naive ISO 8601 of seconds since a year began."""
    return (datetime(year, 1, 1) + timedelta(seconds=seconds)).isoformat()  # noqa: DTZ001 (as above)


def shifted(text: str, minutes: int) -> str:
    """The time `minutes` later; unknown parts stay unknown.

    Raises:
        MalformedError: the result is beyond the years 1 to 9999.
    """
    parts = _split(text)
    try:
        later = _known(parts) + timedelta(minutes=minutes)
    except OverflowError as error:
        raise MalformedError(f"time {text} {minutes:+d} min: {error}") from error
    date = zip(parts[:3], (later.year, later.month, later.day), strict=True)
    return _TEXT.format(*(new if old else 0 for old, new in date), *later.timetuple()[3:6])


def _split(text: str) -> tuple[int, ...]:
    date, _, time = text.partition("T")
    return tuple(int(part) for part in (*date.split("-"), *time.split(":")))


def _known(parts: tuple[int, ...]) -> datetime:
    year, month, day, hour, minute, second = parts
    try:
        return datetime(  # noqa: DTZ001 (device wall time has no zone)
            year or _LEAP_YEAR, month or _SOME_MONTH, day or _SOME_DAY, hour, minute, second
        )
    except ValueError as error:
        raise MalformedError(f"date and time {parts}: {error}") from error
