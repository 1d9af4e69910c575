"""This machine's clock: instants in a boot, and what wall time they are as far as anybody knows."""

from __future__ import annotations

import ctypes
import struct
import time
from datetime import timedelta
from pathlib import Path

from edge_agent.model import ids
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.seams import Clock
from edge_agent.model.times import Measured

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STEP_NS = 500_000_000
"""A wall clock that leaves its mapping by more than this has been set, not slewed."""
LOOKS = 3
"""A machine that is busy with others may stand still within one."""
UNPROVEN_NS = 86_400_000_000_000
"""Uncertainty of a wall clock that nobody vouches for: a day (decision 062)."""


class BootClock:
    """The model's `Clock`: CLOCK_BOOTTIME, strictly increasing within the process."""

    def __init__(self) -> None:
        self._boot = BOOT_ID.read_text().strip()
        self._last = 0

    def now(self) -> Instant:
        """This moment; never the same twice."""
        self._last = max(time.clock_gettime_ns(time.CLOCK_BOOTTIME), self._last + 1)
        return Instant(self._boot, self._last)


def measure(clock: Clock) -> ClockMapping:
    """The wall clock, read between one look at the boot clock and the next, the quickest of a few.

    The source is `ntp` when the kernel says that its clock is synchronised, else `system`.
    """
    before, wall_ns, width = min((_look(clock) for _ in range(LOOKS)), key=lambda seen: seen[2])
    name = ids.record_id("clock", before.boot, str(before.ns))
    error_ns = kernel_error_ns()
    if error_ns is None:
        return ClockMapping(name, before, wall_ns, UNPROVEN_NS, "system")
    return ClockMapping(name, before, wall_ns, error_ns + width, "ntp")


def _look(clock: Clock) -> tuple[Instant, int, int]:
    before, wall_ns = clock.now(), time.time_ns()
    return before, wall_ns, clock.now().ns - before.ns


def measured(mapping: ClockMapping, at: Instant) -> Measured:
    """True time at an instant of the mapping's boot, and how wide that is."""
    return Measured(mapping.wall(at), timedelta(microseconds=width_ns(mapping, at) / 1000))


def width_ns(mapping: ClockMapping, at: Instant) -> int:
    """Its own, and what the wall clock may have left it by: a step makes a new mapping."""
    return mapping.width_ns(at) + (STEP_NS if mapping.source == "ntp" else 0)


def is_vouched(mapping: ClockMapping) -> bool:
    """Whether somebody who knows the time says so."""
    return mapping.source in ("ntp", "region")


def is_news(seen: ClockMapping, fresh: ClockMapping) -> bool:
    """Whether the machine's clock was set or drifted, or somebody vouches for it now."""
    if abs(_apart(seen, fresh)) > STEP_NS:
        return True
    return fresh.source == "ntp" and seen.source != "ntp"


def is_better(fresh: ClockMapping, known: ClockMapping, now: Instant) -> bool:
    """Whether a mapping takes the place of one of the same boot.

    Of two that nobody, or somebody, vouches for: the later where they contradict, or the narrower.
    """
    if is_vouched(fresh) != is_vouched(known):
        return is_vouched(fresh)
    widths = width_ns(fresh, now), width_ns(known, now)
    return abs(_apart(known, fresh)) > sum(widths) or widths[0] <= widths[1]


def _apart(known: ClockMapping, fresh: ClockMapping) -> int:
    """How far the later one is ahead of the other, in nanoseconds."""
    return fresh.wall_ns - (known.wall_ns + fresh.at.ns - known.at.ns)


_LONG = struct.calcsize("l")
_TIMEX_OCTETS = 512
"""More than struct timex has on any architecture: modes, offset, freq, maxerror, …, each a long."""
_TIME_ERROR = 5


def kernel_error_ns() -> int | None:
    """The kernel's bound of its clock's error (adjtimex(2)); None when it is not synchronised."""
    timex = ctypes.create_string_buffer(_TIMEX_OCTETS)
    if ctypes.CDLL(None).adjtimex(timex) in (-1, _TIME_ERROR):
        return None
    (microseconds,) = struct.unpack_from("l", timex, 3 * _LONG)
    return int(microseconds) * 1000
