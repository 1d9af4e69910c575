"""When which register block is read: a grid that does not drift; what was missed is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor

COMPANY_S = 0.25
"""Grids begin at multiples of this, so that devices are asked together: half the wake-ups, and
commits with company. 1,000 points/s out of step took 6 % of a core, in step 3 % (bench/README)."""
BACKOFF_MOST_S = 60.0
"""A device that is busy is asked again at least so often."""
DISABLED_S = 900.0
"""A block that the device does not have is asked for again so often: a firmware may bring it."""


class Polls:
    """The next poll of each part: the first at once, then on a grid. Pure: time comes in.

    The grid is `k * every` from the last multiple of `COMPANY_S` that was not after the start.

    Args:
        every: seconds between polls of each part.
        start: the moment of the first poll of all, in seconds of any steady clock.
    """

    def __init__(self, every: Mapping[str, float], start: float) -> None:
        self._every = every
        self._grid = start // COMPANY_S * COMPANY_S
        self._due = dict.fromkeys(every, start)
        self._waits: dict[str, float] = {}

    def next(self) -> tuple[float, str]:
        """When the next poll is due, and of which part."""
        part = min(self._due, key=self._due.__getitem__)
        return self._due[part], part

    def due(self, now: float) -> tuple[str, ...]:
        """The parts that are due."""
        return tuple(part for part, moment in self._due.items() if moment <= now)

    def done(self, part: str, now: float) -> None:
        """The part was polled, well or badly: next is the first point of its grid after `now`."""
        self._waits.pop(part, None)
        self._next(part, now)

    def back_off(self, part: str, now: float) -> None:
        """The device was busy: the part waits twice as long as before."""
        every = self._every[part]
        wait = max(every, min(BACKOFF_MOST_S, 2 * self._waits.get(part, every)))
        self._waits[part] = wait
        self._next(part, now + wait)

    def disable(self, part: str, now: float) -> None:
        """The device has no such part: it is not asked for a long while."""
        self._next(part, now + DISABLED_S)

    def _next(self, part: str, now: float) -> None:
        every = self._every[part]
        passed = floor((now - self._grid) / every)
        self._due[part] = self._grid + (passed + 1) * every
