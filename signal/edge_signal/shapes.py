"""A few shapes of one person's deflections, with what supports them: beats, or what is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge_signal.candidates import Candidate
from edge_signal.values import Samples

MOST = 6
SAME = 0.8
"""Correlation from which two deflections have one shape."""
FADING = 0.995


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a candidate is to shapes that were seen before.

    Attributes:
        weighed: correlation with the most like, weighed by how often that was seen.
        plain: the highest correlation.
        size: logarithm of its size against the usual one of the most like.
    """

    weighed: float = 0.0
    plain: float = 0.0
    size: float = 0.0


class Shapes:
    """At most six; the least supported gives way to a new one."""

    def __init__(self) -> None:
        self._shapes: list[Samples] = []
        self._support: list[float] = []
        self._sizes: list[float] = []

    def likeness(self, one: Candidate) -> Likeness:
        """How like a candidate is to what is kept."""
        if not self._shapes:
            return Likeness()
        alike = self._alike(one.shape)
        weighed = [s / (s + 1) * r for s, r in zip(self._support, alike, strict=True)]
        best = weighed.index(max(weighed))
        return Likeness(weighed[best], max(alike), math.log(one.narrow) - self._sizes[best])

    def learn(self, one: Candidate, certainty: float) -> None:
        """Keep its shape, or let it add to the one that is the same."""
        self._support = [FADING * support for support in self._support]
        alike = self._alike(one.shape)
        if alike and max(alike) > SAME:
            self._blend(alike.index(max(alike)), one, certainty)
        elif len(self._shapes) < MOST:
            self._shapes.append(one.shape)
            self._support.append(certainty / 2)
            self._sizes.append(math.log(one.narrow))
        else:
            at = self._support.index(min(self._support))
            self._shapes[at], self._support[at] = one.shape, certainty / 2
            self._sizes[at] = math.log(one.narrow)

    def _blend(self, at: int, one: Candidate, certainty: float) -> None:
        share = certainty * max(1 / (self._support[at] + 1), 1 / 16)
        blend = self._shapes[at] + share * (one.shape - self._shapes[at])
        self._shapes[at] = blend / math.sqrt(float(blend @ blend))
        self._support[at] += certainty
        self._sizes[at] += max(share, 1 / 8) * (math.log(one.narrow) - self._sizes[at])

    def _alike(self, shape: Samples) -> list[float]:
        return [float(one @ shape) for one in self._shapes]
