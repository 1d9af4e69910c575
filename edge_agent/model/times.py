"""When a frame was measured: the one answer, for the gateway, the wire form and the region. Pure.

Whose a reading is depends on it, so whoever asks must get the same: it is never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edge_agent.model.devices import ClockOffset, DeviceStatus
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant, best_mapping

_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a device's time has no zone
UNPROVEN = timedelta(days=1)
"""Uncertainty of a clock that nobody has compared with another (decision 062)."""


FUTURE = timedelta(days=1)
"""A time so much later than the frame's coming is not the time of its measurement: the device's
clock was set in between, or counts another zone."""
OLDEST = timedelta(days=730)
"""An uncorrected time so long before the frame's coming cannot be told from that of a clock that
fell back (2000, 2019 and such): it is not believed."""


class Measured(msgspec.Struct, frozen=True):
    """When something was measured.

    Attributes:
        at: true time, UTC.
        uncertainty: half the width of the interval that holds it.
    """

    at: datetime
    uncertainty: timedelta


class Times:
    """What is known of time: what the wall clock was in each boot, and devices' clocks as read.

    Args:
        clocks: mappings of any boots.
        readings: statuses of any devices; those with a `device_time` are readings of its clock.
    """

    def __init__(
        self, clocks: Iterable[ClockMapping] = (), readings: Iterable[DeviceStatus] = ()
    ) -> None:
        of_boot = defaultdict[str, list[ClockMapping]](list)
        for one in clocks:
            of_boot[one.at.boot].append(one)
        self._clocks = of_boot
        self._readings = defaultdict[tuple[str, str], list[DeviceStatus]](list)
        for status in readings:
            if status.device_time:
                self._readings[status.device, status.at.boot].append(status)

    def mapping(self, at: Instant) -> ClockMapping | None:
        """The mapping that tells best what time it was at an instant; None without one."""
        return best_mapping(self._clocks.get(at.boot, ()), at)

    def wall(self, at: Instant) -> datetime | None:
        """True time (UTC) of an instant by the best mapping of its boot; None without one."""
        mapping = self.mapping(at)
        return mapping.wall(at) if mapping else None

    def measured(self, frame: Frame) -> Measured | None:
        """When the frame was measured; None when it is not known.

        What has no time of the device's was measured when it came. The device's own time is
        corrected by the last reading of its clock before the frame came, in the same boot, which
        the frame carries (older ones do not). Without one, or where that would be in the future
        (the clock fell back after the measurement), its clock is believed, in the site's zone,
        within a day, if that can be.
        A device that tells a time with unknown parts says that the time is unknown, and so do we.
        """
        if not frame.device_time:
            return self._came(frame.at)
        told = _naive(frame.device_time)
        if told is None:
            return None
        came = self._came(frame.at)
        corrected = self._corrected(frame, told)
        if corrected and (came is None or corrected.at <= came.at + FUTURE):
            return corrected
        believed = _believed(told, frame.zone)
        if believed and came and not came.at - OLDEST <= believed.at <= came.at + FUTURE:
            return None
        return believed

    def _came(self, at: Instant) -> Measured | None:
        mapping = self.mapping(at)
        if mapping is None:
            return None
        return Measured(mapping.wall(at), timedelta(microseconds=mapping.width_ns(at) / 1000))

    def _corrected(self, frame: Frame, told: datetime) -> Measured | None:
        clock = frame.clock or self._last_reading(frame)
        if clock is None:
            return None
        true = self._came(Instant(frame.at.boot, clock.read_ns))
        if true is None:
            return None
        shown = _NAIVE_EPOCH + timedelta(microseconds=(clock.offset_ns + clock.read_ns) / 1000)
        wide = timedelta(microseconds=clock.uncertainty_ns / 1000)
        return Measured(true.at + (told - shown), true.uncertainty + wide)

    def _last_reading(self, frame: Frame) -> ClockOffset | None:
        """The device's clock as last read before a frame that does not carry it."""
        found = self._readings.get((frame.device, frame.at.boot), ())
        earlier = [one for one in found if one.at.ns <= frame.at.ns]
        last = max(earlier, key=lambda one: one.at.ns, default=None)
        return ClockOffset.of(last.device_time, last.at, last.device_time_ns) if last else None


def _naive(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None  # parts that the device does not know are zeros, which no calendar has


def _believed(told: datetime, zone: str) -> Measured | None:
    if not zone:
        return None
    try:
        return Measured(told.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), UNPROVEN)
    except (ValueError, ZoneInfoNotFoundError):
        return None
