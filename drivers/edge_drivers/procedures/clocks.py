"""The device's clock: read before anything is set or fetched, set after all is fetched (law 5).

Rule: a reading is a pair, the device's naive time and our instant, told as it is. Each dated frame
carries the pair and its offset beside the device's own time, never in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from edge_agent.model.devices import ClockOffset
from edge_agent.model.errors import DecodeError, LinkRefusedError, LinkTimeoutError
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Capture, Clock
from edge_agent.model.times import Measured
from edge_drivers.codec import clock_words
from edge_drivers.session import Session

Now = Callable[[], Measured | None]
"""True time, as well as this gateway knows it; None when it does not."""

WELL_KNOWN = timedelta(seconds=5)
"""Who knows the time no better sets nobody's clock."""


class ClockReading(msgspec.Struct, frozen=True):
    """A device's clock beside ours.

    Attributes:
        device_time: naive, ISO 8601.
        at: the middle of the request and its answer.
        half_ns: half the time between them.
    """

    device_time: str
    at: Instant
    half_ns: int


async def read(session: Session, clock: Clock) -> ClockReading | None:
    """The device's time; None where it has no clock or does not tell.

    Raises:
        LinkLostError: the wire is gone.
    """
    told = session.spec.clock
    if told is None:
        return None
    readable = [way.part for way in told.settings if session.spec.parts[way.part].access == "read"]
    for part in dict.fromkeys((told.read, *readable)):
        if reading := await _read(session, part, clock):
            session.compare(ClockOffset.of(reading.device_time, reading.at, reading.half_ns))
            return reading
    return None


async def _read(session: Session, part: str, clock: Clock) -> ClockReading | None:
    asked = clock.now()
    try:
        octets = await session.link.read(part)
    except (LinkRefusedError, LinkTimeoutError, DecodeError):
        return None
    half = (clock.now().ns - asked.ns) // 2
    at = asked.later(half)
    for reading in session.decode(Capture(part, octets, at)):
        if reading.device_time:
            return ClockReading(reading.device_time, at, half)
    return None


async def correct(
    session: Session, reading: ClockReading | None, clock: Clock, now: Now, zone: str
) -> tuple[ClockReading, str] | None:
    """Set a clock that is wrong; gives it as read after that, and a sentence. None if nothing was.

    Raises:
        LinkLostError: the wire is gone.
    """
    told, local = session.spec.clock, _local(now, zone)
    if told is None or reading is None or local is None:
        return None
    wrong = _wrong(reading, local, clock.now())
    if wrong is not None and abs(wrong) <= timedelta(seconds=float(told.tolerance)):
        return None
    said = "showed no time" if wrong is None else f"was {wrong.total_seconds():+.0f} s wrong"
    for way in told.settings:
        with suppress(LinkRefusedError, LinkTimeoutError):
            await session.link.write(way.part, clock_words.setting(way, _local(now, zone) or local))
            again = await read(session, clock)
            if again:
                return again, f"its clock {said} and was set"
    return reading, f"its clock {said} and cannot be set"


def _local(now: Now, zone: str) -> datetime | None:
    """Naive wall time here; None when it is not known well enough."""
    measured = now()
    if measured is None or not zone or measured.uncertainty > WELL_KNOWN:
        return None
    return measured.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _wrong(reading: ClockReading, local: datetime, at: Instant) -> timedelta | None:
    """How much the device was ahead when it was read; None when it showed no time."""
    try:
        shown = datetime.fromisoformat(reading.device_time).replace(tzinfo=None)
    except ValueError:
        return None  # parts that it does not know are zeros
    return shown + timedelta(microseconds=(at.ns - reading.at.ns) / 1000) - local
