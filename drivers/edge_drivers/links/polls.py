"""When which register block is read: a grid that does not drift; what was missed is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor

COMPANY_S = 0.25
"""Grids begin at multiples of this, so that devices are asked together: half the wake-ups, and
commits with company. 1,000 points/s out of step took 6 % of a core, in step 3 % (bench/README)."""


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

    def next(self) -> tuple[float, str]:
        """When the next poll is due, and of which part."""
        part = min(self._due, key=self._due.__getitem__)
        return self._due[part], part

    def done(self, part: str, now: float) -> None:
        """The part was polled, well or badly: next is the first point of its grid after `now`."""
        every = self._every[part]
        passed = floor((now - self._grid) / every)
        self._due[part] = self._grid + (passed + 1) * every
