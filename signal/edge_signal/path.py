"""Which of some candidates are beats: the best path through them, by evidence and by rhythm.

A path is a choice of candidates; its score is the sum of their log odds and of what each interval
between them is worth under the rhythm so far. (Dynamic programming over a few candidates; the idea
is that of a hidden semi-Markov model, Yu 2010, doi 10.1016/j.artint.2009.11.011.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

REFRACTORY_S = 0.2
"""No two ventricular depolarisations are nearer: a rate of 300 a minute."""
SHORT_S = 0.33
NEVER = -1e9
INCLINATION = 0.0
INCLINATION_CLEAN = 3.0
"""Towards beats: without it, what rare intervals cost makes more beats missed than noise taken.
In a clean signal what stands out is a beat, whatever the rhythm; it counts for more there.
"""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the beats so far let expect.

    Attributes:
        interval: median interval, seconds.
        scatter: how far intervals are off it, as a share of it.
        clean: how far beats stand out of what lies between them, 0 to 1.
    """

    interval: float
    scatter: float
    clean: float

    def worth(self, seconds: float) -> float:
        """What an interval is worth: the logarithm of its odds against any interval at all."""
        if seconds < REFRACTORY_S:
            return NEVER
        off = math.log(seconds / self.interval) / self.scatter
        usual = math.log(0.15 + 0.21 * math.exp(-0.5 * off * off) / self.scatter)
        hasty = 15 * max(0.0, SHORT_S - seconds)
        late = 0.8 * min(2.0, max(0.0, seconds / self.interval - 1))
        return INCLINATION + INCLINATION_CLEAN * self.clean + usual - hasty - late

    def rest(self, seconds: float) -> float:
        """What the interval is worth at best of which so many seconds have passed."""
        return self.worth(max(self.interval, seconds))


def margin(
    times: Sequence[float],
    odds: Sequence[float],
    last: float | None,
    horizon: float,
    rhythm: Rhythm,
) -> float:
    """By how much the best path with the first candidate beats the best one without it.

    Args:
        times: of the candidates, seconds, rising; at least one.
        odds: their log odds by themselves.
        last: time of the beat before them, None when unknown.
        horizon: until when all candidates are known.
        rhythm: what is expected.
    """
    opening = [0.0 if last is None else rhythm.worth(time - last) for time in times]
    shut = [NEVER] * (len(times) - 1)
    with_first = _scores(times, odds, [opening[0], *shut], rhythm)
    without = _scores(times, odds, [NEVER, *opening[1:]], rhythm)
    none = 0.0 if last is None else rhythm.rest(horizon - last)
    ends = [rhythm.rest(horizon - time) for time in times]
    best_with = max(a + b for a, b in zip(with_first, ends, strict=True))
    return best_with - max((none, *(a + b for a, b in zip(without, ends, strict=True))))


def _scores(
    times: Sequence[float], odds: Sequence[float], opening: Sequence[float], rhythm: Rhythm
) -> list[float]:
    """The best score of a path that ends with each candidate."""
    scores: list[float] = []
    for time, own, start in zip(times, odds, opening, strict=True):
        before = (score + rhythm.worth(time - at) for at, score in zip(times, scores, strict=False))
        scores.append(own + max((start, *before)))
    return scores
