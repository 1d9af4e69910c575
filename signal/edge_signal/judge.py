"""Which candidates are beats: each is decided once, when all soon after it are known.

Every candidate is judged by itself (`evidence`) and together with those around it (`path`); what is
accepted teaches the memory. Rule of this file: a decision depends on the candidates up to
`LOOK_AHEAD_S` after the one decided on, never on how many more happen to be known already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edge_signal.candidates import Candidate
from edge_signal.evidence import LEAST_MV, WEIGHTS, expected_level, features
from edge_signal.memory import Memory
from edge_signal.path import REFRACTORY_S, Rhythm, margin
from edge_signal.values import Beat, Samples

LOOK_AHEAD_S = 0.65
RIVAL_S = 0.4
"""A T wave follows its QRS complex, a P wave precedes it, within this time."""

Watch = Callable[[Candidate, Samples], None]
"""Sees every candidate that was decided on, with its features: for fitting and for pictures."""


class Judge:
    """Candidates in, beats out.

    Args:
        rate: samples a second.
        watch: see `Watch`.
    """

    def __init__(self, rate: float, watch: Watch | None = None) -> None:
        self._rate = rate
        self._watch = watch
        self._ahead = round(LOOK_AHEAD_S * rate)
        self._memory = Memory(rate)
        self._waiting: list[Candidate] = []
        self._latest: Candidate | None = None

    def decide(self, candidates: Sequence[Candidate], known: int) -> tuple[Beat, ...]:
        """Beats that are certain now that all candidates before `known` have come."""
        self._waiting += candidates
        beats: list[Beat] = []
        while self._waiting and self._waiting[0].index + self._ahead < known:
            beats += self._decide_first()
            del self._waiting[0]
        return tuple(beats)

    def finish(self, candidates: Sequence[Candidate]) -> tuple[Beat, ...]:
        """Decide on all that wait: nothing will follow them. The rhythm ends here."""
        self._waiting += candidates
        after = self._waiting[-1].index + self._ahead + 1 if self._waiting else 0
        beats = self.decide((), after)
        self._memory.last = self._latest = None
        return beats

    def forget(self) -> None:
        """What comes may be another person's."""
        self._memory = Memory(self._rate)

    def _decide_first(self) -> list[Beat]:
        first, last = self._waiting[0], self._memory.last
        if last is not None and first.index - last < REFRACTORY_S * self._rate:
            return []
        score = self._margin()
        if score <= 0:
            return []
        certainty = 1 / (1 + math.exp(-min(score, 20.0)))
        self._memory.learn(first, certainty)
        self._latest = first
        return [Beat(first.peak, first.narrow, certainty)]

    def _margin(self) -> float:
        """The score of the first candidate against all that are in sight."""
        first = self._waiting[0]
        sight = [one for one in self._waiting if one.index <= first.index + self._ahead]
        level = self._level(sight)
        told = [features(self._memory, one, level, self._rivals(one, sight)) for one in sight]
        if self._watch is not None:
            self._watch(first, told[0])
        last = self._memory.last
        return margin(
            [one.index / self._rate for one in sight],
            [float(one @ WEIGHTS) for one in told],
            None if last is None else last / self._rate,
            (first.index + self._ahead) / self._rate,
            Rhythm(self._memory.interval, self._memory.scatter),
        )

    def _level(self, sight: list[Candidate]) -> float:
        memory = self._memory
        waiting = 0.0 if memory.last is None else (sight[0].index - memory.last) / self._rate
        level = expected_level(memory, waiting)
        return max(LEAST_MV, *(one.narrow for one in sight)) if level is None else level

    def _rivals(self, candidate: Candidate, sight: Sequence[Candidate]) -> tuple[float, float]:
        """The largest envelopes shortly before (that of a beat is known) and shortly after."""
        near = RIVAL_S * self._rate
        before = [self._latest] if self._latest else []
        around = [one for one in (*before, *sight) if abs(one.index - candidate.index) <= near]
        return (
            max((one.narrow for one in around if one.index < candidate.index), default=0.0),
            max((one.narrow for one in around if one.index > candidate.index), default=0.0),
        )
