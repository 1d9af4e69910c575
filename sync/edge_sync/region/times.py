"""When a frame was measured, in true time, as far as that is known. Pure; never guesses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge_agent.model.devices import DeviceStatus
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant, best_mapping


def wall(at: Instant, clocks: Sequence[ClockMapping]) -> datetime | None:
    """True time (UTC) of an instant by the best mapping of its boot; None without one."""
    mapping = best_mapping(clocks, at.boot)
    return mapping.wall(at) if mapping else None


def measured(
    frame: Frame, clocks: Sequence[ClockMapping], statuses: Sequence[DeviceStatus]
) -> datetime | None:
    """True time (UTC) of a measurement; None when it is not known.

    What was live was measured when it came. What has the device's own time is corrected by the
    last reading of the device's clock before it came; without one its clock is believed.
    """
    if not frame.device_time:
        return wall(frame.at, clocks)
    told = _naive(frame.device_time)
    if told is None:
        return None
    read = _last_reading(frame, statuses)
    true, shown = (wall(read.at, clocks), _naive(read.device_time)) if read else (None, None)
    if true and shown:
        return true + (told - shown)
    return _in_zone(told, frame.zone)


def _last_reading(frame: Frame, statuses: Sequence[DeviceStatus]) -> DeviceStatus | None:
    earlier = [
        s
        for s in statuses
        if s.device == frame.device
        and s.device_time
        and s.at.boot == frame.at.boot
        and s.at.ns <= frame.at.ns
    ]
    return max(earlier, key=lambda s: s.at.ns, default=None)


def _naive(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None  # parts that the device does not know are zeros


def _in_zone(naive: datetime, zone: str) -> datetime | None:
    try:
        return naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if zone else None
    except (ValueError, ZoneInfoNotFoundError):
        return None
