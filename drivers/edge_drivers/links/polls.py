"""When which register block is read: a grid that does not drift; what was missed is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor


class Polls:
    """The next poll of each part, on the grid `start + k * every`. Pure: time comes in.

    Args:
        every: seconds between polls of each part.
        start: the moment of the first poll of all, in seconds of any steady clock.
    """

    def __init__(self, every: Mapping[str, float], start: float) -> None:
        self._every = every
        self._start = start
        self._due = dict.fromkeys(every, start)

    def next(self) -> tuple[float, str]:
        """When the next poll is due, and of which part."""
        part = min(self._due, key=self._due.__getitem__)
        return self._due[part], part

    def done(self, part: str, now: float) -> None:
        """The part was polled, well or badly: next is the first point of its grid after `now`."""
        every = self._every[part]
        passed = floor((now - self._start) / every)
        self._due[part] = self._start + (passed + 1) * every
