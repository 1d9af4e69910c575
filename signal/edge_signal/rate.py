"""Heart rate from beats.

The average that IEC 60601-2-27 (201.7.9.2.9.101) asks to be disclosed: over the beats of the last
8 s, at least two intervals; a longer interval than 4 s is a pause and starts the average anew.
"""

from __future__ import annotations

from collections import deque

from edge_signal.values import Beat, Rate

AVERAGED_S = 8.0
PAUSE_S = 4.0
LEAST_BEATS = 3


class HeartRate:
    """Beats in, a rate at every beat out; no delay of its own.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._beats: deque[int] = deque()

    def push(self, item: Beat, /) -> tuple[Rate, ...]:
        """The rate at this beat, once there are enough."""
        beats = self._beats
        if beats and item.index - beats[-1] > PAUSE_S * self._rate:
            beats.clear()
        beats.append(item.index)
        while len(beats) > LEAST_BEATS and beats[-1] - beats[0] > AVERAGED_S * self._rate:
            beats.popleft()
        if len(beats) < LEAST_BEATS or beats[-1] <= beats[0]:
            return ()
        span = beats[-1] - beats[0]
        return (Rate(beats[0], item.index, 60 * self._rate * (len(beats) - 1) / span),)

    def gap(self, samples: int, /) -> tuple[Rate, ...]:
        """An interval over a gap is none: start anew."""
        del samples
        self._beats.clear()
        return ()

    def flush(self) -> tuple[Rate, ...]:
        """Nothing is held back."""
        return ()
