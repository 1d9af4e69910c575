"""The true rate of a device's samples, from the time stamps that it sends beside them.

Straps state 130 Hz and are 2 to 5 % off, by the crystal and by the temperature. Stamps jitter, some
are late, and a clock may be set: the slope is the median of the slopes between all pairs of stamps
(Theil 1950, Sen 1968), which up to 29 % of wrong ones cannot move far.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

WINDOW_S = 120.0
KEPT = 120
"""Stamps that are kept; nearer ones than a second are passed over once there are enough."""
ENOUGH = 8
CREDIBLE = 0.1
"""A rate further from the nominal one than this part of it is a wrong clock, not a crystal."""
STEP_S = 0.25
STEPS = 3
"""So many stamps one after the other further than that from the line: the clock was set."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a sample was taken, by some clock.

    Attributes:
        index: the sample in the stream; devices that stamp a frame mean its last one, or its first.
        nanoseconds: what the clock showed, since whenever.
    """

    index: int
    nanoseconds: int


class ClockLine:
    """The line through the stamps of the last two minutes: seconds against samples.

    Seconds count from the first stamp and never jump: where the clock was set they go on.

    Attributes:
        nominal: samples a second as the device states them.
        rate: samples a second in truth; nominal where the stamps cannot be believed.
        believed: whether they can.

    Args:
        nominal: samples a second as the device states them.
    """

    def __init__(self, nominal: float) -> None:
        self.nominal = nominal
        self._stamps = deque[tuple[int, float]](maxlen=KEPT)
        self._odd: list[tuple[int, float]] = []
        self._zero: Stamp | None = None
        self._last = 0
        self._set_back = 0.0
        self.rate = nominal
        self.believed = False
        self._level = 0.0

    @property
    def known(self) -> int:
        """Stamps that the line goes through, more or less."""
        return len(self._stamps)

    def seconds(self, index: int) -> float:
        """Where the line is at a sample."""
        return self._level + self._along(index) / self.rate

    def add(self, stamp: Stamp) -> None:
        """One stamp more; one of an earlier sample than the last is passed over."""
        if self._zero is None:
            self._zero = stamp
        elif stamp.index <= self._last:
            return
        self._last = stamp.index
        passed = (stamp.nanoseconds - self._zero.nanoseconds) / 1e9 - self._set_back
        if self._is_odd(stamp.index, passed):
            self._odd.append((stamp.index, passed))
            if len(self._odd) == STEPS:
                self._step()
            return
        self._odd.clear()
        self._keep(stamp.index, passed)

    def _along(self, index: int) -> int:
        return index - (self._zero.index if self._zero else 0)

    def _is_odd(self, index: int, passed: float) -> bool:
        return self.believed and self.known >= ENOUGH and abs(passed - self.seconds(index)) > STEP_S

    def _step(self) -> None:
        """The clock was set: what it is off by now is taken away from then on."""
        off = float(np.median([passed - self.seconds(index) for index, passed in self._odd]))
        self._set_back += off
        odd, self._odd = self._odd, []
        for index, passed in odd:
            if not self._is_odd(index, passed - off):
                self._keep(index, passed - off)

    def _keep(self, index: int, passed: float) -> None:
        if self.known >= ENOUGH and abs(passed - self._stamps[-1][1]) < WINDOW_S / KEPT:
            return
        self._stamps.append((index, passed))
        while passed - self._stamps[0][1] > WINDOW_S and self.known > ENOUGH:
            self._stamps.popleft()
        self._fit()

    def _fit(self) -> None:
        if self.known < 2:
            return
        indices = np.array([self._along(index) for index, _ in self._stamps], dtype=np.float64)
        passed = np.array([one for _, one in self._stamps])
        later, earlier = np.triu_indices(self.known, 1)[::-1]
        apart = passed[later] - passed[earlier]
        slope = float(np.median(apart / (indices[later] - indices[earlier])))
        self.believed = slope > 0 and abs(1 / (slope * self.nominal) - 1) <= CREDIBLE
        self.rate = 1 / slope if self.believed else self.nominal
        self._level = float(np.median(passed - indices / self.rate))
