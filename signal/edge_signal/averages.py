"""The wandering baseline as moving averages of moving averages, taken away: exact linear phase.

Averages are kept in whole numbers of 1 nV (2**-20 mV), so they are exact whatever the split and
however long the signal: no rounding error is ever carried on, and a sample costs the same whatever
the length. (After Hogenauer 1981, doi 10.1109/TASSP.1981.1163535.)
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from edge_signal.values import Samples

Whole = NDArray[np.int64]
STEPS = 2.0**20
"""Steps to the millivolt; beyond 1e6 mV (the intake's limit) nothing comes, so 64 bits hold it."""


class Unwander:
    """What is left of a signal without its moving average; see `Delayed`.

    Args:
        seconds: how long each of the averages is, one over the other; a few seconds in all.
        rate: samples a second.
    """

    def __init__(self, seconds: tuple[float, ...], rate: float) -> None:
        self._lengths = lengths(seconds, rate)
        self.latency = sum(length // 2 for length in self._lengths)
        self._size = STEPS * prod(self._lengths)
        self._past: Samples = np.empty((0, 0))
        self._sums: list[Whole] = []
        self._lines: list[Whole] = []

    def reset(self) -> None:
        """Forget; the next sample starts a new signal."""
        self._past = np.empty((0, 0))

    def push(self, leads: Samples, /) -> Samples:
        """Samples of shape (channels, n) without their wander, `latency` samples late."""
        if not self._past.size:
            self._start(leads[:, :1])
        count = leads.shape[1]
        line = np.hstack([self._past, leads])
        self._past = line[:, count:]
        return line[:, :count] - self._summed(_whole(leads)) / self._size

    def _start(self, level: Samples) -> None:
        self._past = np.repeat(level, self.latency, axis=1)
        whole = _whole(level)
        self._sums, self._lines = [], []
        for length in self._lengths:
            self._lines.append(np.repeat(whole, length, axis=1))
            whole = whole * length
            self._sums.append(whole)

    def _summed(self, whole: Whole) -> Whole:
        """The sums over the last `length` numbers, of such sums."""
        count = whole.shape[1]
        for at, length in enumerate(self._lengths):
            line = np.hstack([self._lines[at], whole])
            whole = self._sums[at] + np.cumsum(whole - line[:, :count], axis=1)
            self._lines[at] = line[:, -length:]
            self._sums[at] = whole[:, -1:]
        return whole


def lengths(seconds: tuple[float, ...], rate: float) -> tuple[int, ...]:
    """Odd numbers of samples, so that the middle of each average is a sample."""
    return tuple(2 * round(one * rate / 2 - 0.5) + 1 for one in seconds)


def _whole(leads: Samples) -> Whole:
    return np.rint(leads * STEPS).astype(np.int64)
