"""What a detector has learnt from the beats so far: their level, their shapes, their rhythm."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from edge_signal.candidates import Candidate
from edge_signal.values import Samples

REMEMBERED = 8
SHAPES = 6
SAME_SHAPE = 0.8
USUAL_S = 0.8
USUAL_SCATTER = 0.15


class Memory:
    """Bounded: eight levels, eight intervals, six shapes.

    Attributes:
        last: index of the latest beat, None when it lies before a gap.
        level: median envelope of the latest beats, mV, None before the first.
        interval: median interval of the latest beats, seconds.
        scatter: their scatter, as a share of the interval.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._levels: deque[float] = deque(maxlen=REMEMBERED)
        self._intervals: deque[float] = deque(maxlen=REMEMBERED)
        self._shapes: list[Samples] = []
        self._support: list[float] = []
        self.last: int | None = None
        self.level: float | None = None
        self.interval = USUAL_S
        self.scatter = USUAL_SCATTER

    def learn(self, beat: Candidate, certainty: float) -> None:
        """Take note of a beat."""
        self._learn_interval(beat.index)
        self._levels.append(beat.narrow)
        self.level = float(np.median(self._levels))
        self._learn_shape(beat.shape, certainty)

    def likeness(self, shape: Samples) -> tuple[float, float]:
        """Correlation with the shape most like it: weighed by that one's support, and plain."""
        if not self._shapes:
            return 0.0, 0.0
        alike = self._alike(shape)
        weighed = max(s / (s + 1) * r for s, r in zip(self._support, alike, strict=True))
        return weighed, max(alike)

    def _learn_interval(self, index: int) -> None:
        before, self.last = self.last, index
        if before is None or not 0.2 < (index - before) / self._rate < 2.5:
            return
        self._intervals.append((index - before) / self._rate)
        self.interval = float(np.median(self._intervals))
        if len(self._intervals) > 3:
            spread = [abs(math.log(one / self.interval)) for one in self._intervals]
            self.scatter = min(0.4, max(0.03, 1.5 * float(np.median(spread))))

    def _learn_shape(self, shape: Samples, certainty: float) -> None:
        self._support = [0.995 * one for one in self._support]
        alike = self._alike(shape)
        if alike and max(alike) > SAME_SHAPE:
            self._blend(alike.index(max(alike)), shape, certainty)
        elif len(self._shapes) < SHAPES:
            self._shapes.append(shape)
            self._support.append(certainty / 2)
        else:
            weakest = self._support.index(min(self._support))
            self._shapes[weakest], self._support[weakest] = shape, certainty / 2

    def _blend(self, which: int, shape: Samples, certainty: float) -> None:
        share = certainty * max(1 / (self._support[which] + 1), 1 / 16)
        blend = self._shapes[which] + share * (shape - self._shapes[which])
        self._shapes[which] = blend / math.sqrt(float(blend @ blend))
        self._support[which] += certainty

    def _alike(self, shape: Samples) -> list[float]:
        return [float(one @ shape) for one in self._shapes]
