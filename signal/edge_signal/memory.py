"""What a detector has learnt from the beats so far: their level, their shapes, their rhythm."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from edge_signal.candidates import Candidate
from edge_signal.shapes import Shapes

REMEMBERED = 8
USUAL_S = 0.8
USUAL_SCATTER = 0.4
"""Of a heart that nobody knows yet: a newborn's beats twice as fast."""
OUTSIZED, CLEAR, RELEARN_S = 3.0, 5.0, 6.0
"""Times the usual level, or that times the quiet between beats; three within this time."""
SMALL = 0.3
"""A beat of less than this share of the usual level may be a P wave, and teaches no shape."""
ALIKE, AS_LARGE = 0.9, 0.15
"""What has a beat's shape and, by the logarithm, its size is overlooked when it is taken for none:
three within `RELEARN_S`, and the rhythm was taken for slower than it is."""
WAVES_S = 0.5
"""What follows a beat within this time and is none is a T wave or a P wave, and worth knowing."""


class Memory:
    """Bounded: eight levels, eight intervals, six shapes of beats, six of what is none.

    Attributes:
        last: index of the latest beat, None when it lies before a gap.
        level: median envelope of the latest beats, mV, None before the first.
        interval: median interval of the latest beats, seconds.
        scatter: their scatter, as a share of the interval.
        beats: shapes of beats.
        others: shapes of what follows beats and is none.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._levels: deque[float] = deque(maxlen=REMEMBERED)
        self._intervals: deque[float] = deque(maxlen=REMEMBERED)
        self._outsized: deque[int] = deque(maxlen=3)
        self._overlooked: deque[int] = deque(maxlen=3)
        self.beats = Shapes()
        self.others = Shapes()
        self.last: int | None = None
        self.level: float | None = None
        self.interval = USUAL_S
        self.scatter = USUAL_SCATTER

    def learn(self, beat: Candidate, certainty: float) -> None:
        """Take note of a beat."""
        self._learn_interval(beat.index)
        if self.level is None or beat.narrow > SMALL * self.level:
            self.beats.learn(beat, certainty)
        self._levels.append(beat.narrow)
        self.level = float(np.median(self._levels))

    def reject(self, one: Candidate, certainty: float) -> None:
        """Take note of what is no beat, so certainly.

        What was learnt was wrong, or is so now, if one after the other much larger deflections
        stand out of a quiet signal: a T wave was taken for the beats, or the gain was changed.
        """
        if self._is_outsized(one) and self._is_third(self._outsized, one.index):
            self._unlearn()
        if self.last is None:
            return
        since = (one.index - self.last) / self._rate
        overlooked = since < self.interval and self._is_like_a_beat(one)
        if overlooked and self._is_third(self._overlooked, one.index):
            self._hasten(since)
        if since < WAVES_S:
            self.others.learn(one, certainty)

    @property
    def settled(self) -> bool:
        """Whether enough beats are known to tell what is usual."""
        return len(self._levels) == REMEMBERED

    def _is_outsized(self, one: Candidate) -> bool:
        return self.level is not None and one.narrow > OUTSIZED * max(self.level, CLEAR * one.quiet)

    def _is_like_a_beat(self, one: Candidate) -> bool:
        like = self.beats.likeness(one)
        return like.weighed > ALIKE and abs(like.size) < AS_LARGE

    def _is_third(self, recent: deque[int], index: int) -> bool:
        recent.append(index)
        return len(recent) == recent.maxlen and index - recent[0] < RELEARN_S * self._rate

    def _hasten(self, interval: float) -> None:
        self._overlooked.clear()
        self._intervals.clear()
        self.interval, self.scatter = interval, USUAL_SCATTER

    def _unlearn(self) -> None:
        self._levels.clear()
        self._intervals.clear()
        self._outsized.clear()
        self._overlooked.clear()
        self.level, self.interval, self.scatter = None, USUAL_S, USUAL_SCATTER
        self.beats, self.others = Shapes(), Shapes()

    def _learn_interval(self, index: int) -> None:
        before, self.last = self.last, index
        if before is None or not 0.2 < (index - before) / self._rate < 2.5:
            return
        self._intervals.append((index - before) / self._rate)
        self.interval = float(np.median(self._intervals))
        if len(self._intervals) > 3:
            spread = [abs(math.log(one / self.interval)) for one in self._intervals]
            self.scatter = min(0.4, max(0.03, 1.5 * float(np.median(spread))))
