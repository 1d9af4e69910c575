"""Which candidates are beats: each is decided once, when all soon after it are known.

Every candidate is judged by itself (`evidence`) and together with those around it (`path`); what is
accepted teaches the memory. Rule of this file: a decision depends on the candidates up to
`LOOK_AHEAD_S` after the one decided on, never on how many more happen to be known already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edge_signal.candidates import Candidate
from edge_signal.evidence import LEAST_MV, WEIGHTS, Rivals, cleanliness, expected_level, features
from edge_signal.labels import Labeller
from edge_signal.memory import Memory
from edge_signal.path import NEVER, REFRACTORY_S, Rhythm, margin
from edge_signal.values import Beat, Samples

LOOK_AHEAD_S = 0.62
RIVAL_S = 0.4
"""A T wave follows its QRS complex, a P wave precedes it, within this time."""

TINY = 0.15
"""What has less than this share of the size of a beat is a P wave, however it stands out."""

BEGINNING = 0.6
"""Until enough beats are known, one is expected to be this large against the largest in sight."""

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
        self._labeller = Labeller(rate)
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
        self._labeller.interrupt()
        return beats

    def forget(self) -> None:
        """What comes may be another person's."""
        self._memory = Memory(self._rate)
        self._labeller = Labeller(self._rate)

    def _decide_first(self) -> list[Beat]:
        first, last = self._waiting[0], self._memory.last
        if last is not None and first.index - last < REFRACTORY_S * self._rate:
            return []
        score = self._margin()
        certainty = 1 / (1 + math.exp(-max(-20.0, min(score, 20.0))))
        if score <= 0:
            self._memory.reject(first, 1 - certainty)
            return []
        self._memory.learn(first, certainty)
        self._latest = first
        kind, sure = self._labeller.label(first)
        return [Beat(first.peak, first.narrow, certainty, kind, sure)]

    def _margin(self) -> float:
        """The score of the first candidate against all that are in sight."""
        first = self._waiting[0]
        sight = [one for one in self._waiting if one.index <= first.index + self._ahead]
        level = self._level(sight)
        told = [
            features(self._memory, one, level, self._rivals(one, sight), self._rate)
            for one in sight
        ]
        if self._watch is not None:
            self._watch(first, told[0])
        last = self._memory.last
        return margin(
            [one.index / self._rate for one in sight],
            [
                float(known @ WEIGHTS) if one.narrow > TINY * level else NEVER
                for one, known in zip(sight, told, strict=True)
            ],
            None if last is None else last / self._rate,
            (first.index + self._ahead) / self._rate,
            self._rhythm(level),
        )

    def _rhythm(self, level: float) -> Rhythm:
        memory = self._memory
        clean = 0.0 if memory.level is None else cleanliness(self._waiting[0], level)
        return Rhythm(memory.interval, memory.scatter, clean)

    def _level(self, sight: list[Candidate]) -> float:
        memory = self._memory
        waiting = 0.0 if memory.last is None else (sight[0].index - memory.last) / self._rate
        level = expected_level(memory, waiting)
        largest = max(one.narrow for one in sight)
        if level is None:
            return max(LEAST_MV, largest)
        return level if memory.settled else max(level, BEGINNING * largest)

    def _rivals(self, candidate: Candidate, sight: Sequence[Candidate]) -> Rivals:
        near = RIVAL_S * self._rate
        known = [self._latest] if self._latest else []
        around = [one for one in (*known, *sight) if abs(one.index - candidate.index) <= near]
        before = [one for one in around if one.index < candidate.index]
        after = [one for one in around if one.index > candidate.index]
        return Rivals(_largest(before), _largest(after))


def _largest(some: Sequence[Candidate]) -> Candidate | None:
    return max(some, key=lambda one: one.narrow, default=None)
