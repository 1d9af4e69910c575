"""What the rhythm is suspected to be: flags with their evidence, each told when it begins.

The words are a screening's, not a diagnosis: pauses from 2 s (2018 ACC/AHA/HRS bradycardia
guideline asks for 3 s before it acts), rates below 50 and above 100, ventricular tachycardia as
three or more ventricular beats in a row above 100 (2017 AHA/ACC/HRS guideline), atrial fibrillation
from 30 s of intervals (2020 ESC guideline). Where the signal is bad nothing is said of the heart
but what makes the signal look bad itself: wide complexes in a row, and chaos.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np

from edge_signal.intervals import SHORTEST_S
from edge_signal.irregularity import LEAST, fibrillation
from edge_signal.values import (
    USABLE,
    Beat,
    BeatKind,
    Chaos,
    Finding,
    Flag,
    Quality,
    Reason,
    Suspicion,
)

WINDOW_S = 30.0
PAUSE_S = 2.0
ASYSTOLE_S = 4.0
SLOW, FAST = 50.0, 100.0
RUN = 3
RUN_RATE = 100.0
PAIRS = 3
FIBRILLATING, IRREGULAR = 0.6, 0.3
AVERAGED = 8
CHAOTIC = 0.5
OFF = frozenset({Reason.OFF, Reason.FLAT, Reason.SATURATED})
WAY_OUT = 0.05
"""A rate flag ends this far beyond its limit, so that it does not flutter."""


class RhythmWatch:
    """Beats, qualities and chaos in, suspicions out as they begin and end. Bounded: 30 s of beats.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._beats: deque[Beat] = deque(maxlen=int(WINDOW_S / SHORTEST_S))
        self._on: set[Flag] = set()
        self._since: int | None = None
        self._window: list[Quality] = []
        self._chaotic = False
        self._sound: int | None = None  # the signal can be trusted from here on; None: not now
        self._pauses: list[Suspicion] = []  # wait for the verdict on their windows

    def push(self, item: Finding, /) -> tuple[Suspicion, ...]:
        """What begins or ends with this."""
        if isinstance(item, Beat):
            return self._beat(item)
        if isinstance(item, Quality):
            return self._quality(item)
        return self._chaos(item) if isinstance(item, Chaos) else ()

    def gap(self, samples: int, /) -> tuple[Suspicion, ...]:
        """Nothing is known across a gap; what was suspected stays so until it is refuted."""
        del samples
        self._beats.clear()
        self._since = None
        self._window.clear()
        self._chaotic = False
        self._pauses.clear()
        return ()

    def flush(self) -> tuple[Suspicion, ...]:
        """The verdict on the last window."""
        window, self._window = self._window, []
        return self._verdict(max(window, key=_figure)) if window else ()

    def _beat(self, beat: Beat) -> tuple[Suspicion, ...]:
        self._look_for_pause(beat)
        self._beats.append(beat)
        while beat.index - self._beats[0].index > WINDOW_S * self._rate:
            self._beats.popleft()
        self._since = beat.index
        sound = [one for one in self._beats if self._is_sound(one)]
        return (
            *self._over(Flag.ASYSTOLE, beat.index),
            *self._speed(sound),
            *self._run(),
            *self._bigeminy(sound),
            *self._irregularity(sound),
        )

    def _is_sound(self, beat: Beat) -> bool:
        return self._sound is not None and beat.index >= self._sound

    def _look_for_pause(self, beat: Beat) -> None:
        if self._since is None or not self._beats:
            return
        seconds = (beat.index - self._since) / self._rate
        if seconds < PAUSE_S or self._since != self._beats[-1].index:
            return
        evidence = (("seconds", seconds),)
        self._pauses.append(
            Suspicion(Flag.PAUSE, True, self._since, beat.index, beat.certainty, evidence)
        )

    def _speed(self, beats: list[Beat]) -> list[Suspicion]:
        latest = beats[-AVERAGED - 1 :]
        if len(latest) <= AVERAGED:
            return []
        first, last = latest[0].index, latest[-1].index
        bpm = 60 * AVERAGED * self._rate / (last - first)
        evidence = (("bpm", bpm),)
        slow = SLOW * (1 + WAY_OUT * (Flag.SLOW in self._on))
        fast = FAST * (1 - WAY_OUT * (Flag.FAST in self._on))
        return [
            *self._turn(Flag.SLOW, bpm < slow, first, last, 1.0, evidence),
            *self._turn(Flag.FAST, bpm > fast, first, last, 1.0, evidence),
        ]

    def _run(self) -> list[Suspicion]:
        run: list[Beat] = []
        for beat in reversed(self._beats):
            if beat.kind is not BeatKind.VENTRICULAR:
                break
            run.insert(0, beat)
        first, last = (run or [self._beats[-1]])[0].index, self._beats[-1].index
        bpm = 60 * self._rate * (len(run) - 1) / (last - first) if len(run) > 1 else 0.0
        sure = float(np.prod([beat.kind_certainty for beat in run[-RUN:]])) if run else 1.0
        is_run = len(run) >= RUN and bpm > RUN_RATE
        evidence = (("beats", float(len(run))), ("bpm", bpm))
        return self._turn(Flag.RUN, is_run, first, last, sure, evidence)

    def _bigeminy(self, beats: list[Beat]) -> list[Suspicion]:
        latest = beats[-2 * PAIRS :]
        if not latest:
            return []
        kinds = [beat.kind is BeatKind.VENTRICULAR for beat in latest]
        paired = len(latest) == 2 * PAIRS and kinds in (
            [True, False] * PAIRS,
            [False, True] * PAIRS,
        )
        sure = float(np.mean([beat.kind_certainty for beat in latest]))
        evidence = (("pairs", float(PAIRS)),)
        return self._turn(Flag.BIGEMINY, paired, latest[0].index, latest[-1].index, sure, evidence)

    def _irregularity(self, beats: list[Beat]) -> list[Suspicion]:
        """Over the intervals between beats that are not ventricular."""
        seconds = np.array(
            [
                (after.index - before.index) / self._rate
                for before, after in pairwise(beats)
                if BeatKind.VENTRICULAR not in (before.kind, after.kind)
            ]
        )
        if len(seconds) < LEAST:
            return []
        chance = fibrillation(seconds)
        first, last, evidence = (
            beats[0].index,
            beats[-1].index,
            (("intervals", float(len(seconds))),),
        )
        fibrillating = chance > FIBRILLATING - 2 * WAY_OUT * (Flag.FIBRILLATION in self._on)
        irregular = not fibrillating and chance > IRREGULAR - WAY_OUT * (Flag.IRREGULAR in self._on)
        return [
            *self._turn(Flag.FIBRILLATION, fibrillating, first, last, chance, evidence),
            *self._turn(Flag.IRREGULAR, irregular, first, last, chance, evidence),
        ]

    def _quality(self, quality: Quality) -> tuple[Suspicion, ...]:
        """Windows of all leads of the same time make one verdict, when the next ones begin."""
        window = self._window
        if not window or window[0].first == quality.first:
            self._window.append(quality)
            return ()
        self._window = [quality]
        return self._verdict(max(window, key=_figure))

    def _verdict(self, best: Quality) -> tuple[Suspicion, ...]:
        """No beats in a good signal is the heart's silence; in no signal it is the electrode's."""
        usable = best.figure >= USABLE
        off = not usable and not OFF.isdisjoint(best.reasons)
        if not usable:
            self._sound = None
        elif self._sound is None:
            self._sound = best.first
        if not usable or self._since is None:
            self._since = best.last
        seconds = (best.last - self._since) / self._rate
        silent = usable and seconds > ASYSTOLE_S
        why = (("quality", best.figure),)
        return (
            *self._paused(best),
            *self._turn(Flag.LEAD_OFF, off, best.first, best.last, 1.0, why),
            *self._turn(
                Flag.ASYSTOLE, silent, self._since, best.last, 1.0, (("seconds", seconds), *why)
            ),
        )

    def _paused(self, best: Quality) -> list[Suspicion]:
        """Pauses that have ended by now, if the signal was to be trusted all along."""
        ended = [one for one in self._pauses if one.index <= best.last]
        self._pauses = self._pauses[len(ended) :]
        return [one for one in ended if self._sound is not None and one.first >= self._sound]

    def _chaos(self, chaos: Chaos) -> tuple[Suspicion, ...]:
        """Begins with two windows in a row, ends with one that is none."""
        was, self._chaotic = self._chaotic, chaos.probability > CHAOTIC
        holds = self._chaotic and (was or Flag.CHAOS in self._on)
        sure = chaos.probability
        return tuple(self._turn(Flag.CHAOS, holds, chaos.first, chaos.last, sure, ()))

    def _over(self, flag: Flag, index: int) -> list[Suspicion]:
        return self._turn(flag, False, index, index, 1.0, ())

    def _turn(
        self,
        flag: Flag,
        holds: bool,
        first: int,
        index: int,
        certainty: float,
        evidence: tuple[tuple[str, float], ...],
    ) -> list[Suspicion]:
        """Only what changes is told."""
        if holds == (flag in self._on):
            return []
        self._on.symmetric_difference_update({flag})
        return [Suspicion(flag, holds, first, index, certainty, evidence)]


def _figure(one: Quality) -> float:
    return one.figure
