"""What kind of beat it is, by the classes of ANSI/AAMI EC57: normal, supraventricular, ventricular.

A beat is compared with this person's own prevailing beat (shape, size, width, sharpness) and with
the rhythm so far; two logistic regressions, fitted by `bench/labels_fit.py` to MIT-BIH, say how
probable a ventricular and a supraventricular ectopic beat are. (Measures after de Chazal, O'Dwyer &
Reilly 2004, doi 10.1109/TBME.2004.827359, without what comes after the beat: nothing waits here.)
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from edge_signal.candidates import Candidate
from edge_signal.label_weights import SUPRAVENTRICULAR, VENTRICULAR
from edge_signal.values import BeatKind, Samples

MOST = 8
SAME = 0.85
LEARNT = 6
"""Beats before which nobody knows what is usual."""
FADING = 0.998
REMEMBERED = 24
SURE = 0.5
"""Below this the kind is unknown."""


@dataclass(slots=True, eq=False)
class Family:
    """Beats of one shape: the mean of their measures, and how many they are."""

    shape: Samples
    measures: Samples
    support: float
    prematurity: float


class Labeller:
    """Beats in, their kinds out; what it keeps is bounded.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._families: list[Family] = []
        self._intervals: deque[float] = deque(maxlen=REMEMBERED)
        self._last: int | None = None
        self._seen = 0

    def label(self, beat: Candidate) -> tuple[BeatKind, float]:
        """Its kind and how probable that is, 0 to 1."""
        features = self.features(beat)
        self._seen += 1
        return (BeatKind.UNKNOWN, SURE) if self._seen <= LEARNT else _judged(features)

    def interrupt(self) -> None:
        """The rhythm ends here: a gap."""
        self._last = None

    def features(self, beat: Candidate) -> Samples:
        """The rows of `label_weights.TABLE` for this beat, which is taken note of."""
        early, quickened = self._timing(beat.index)
        measures = _measures(beat)
        own = self._family(beat, measures, early)
        usual = max(self._families, key=_prevalence)
        whole = sum(one.support for one in self._families)
        like = float(beat.shape @ usual.shape)
        size, width, sharp = measures - usual.measures
        hasty, share = max(0.0, -early), own.support / whole
        steady = math.exp(-8 * self._irregularity())
        return np.array(
            [
                1.0,
                like,
                like * like,
                size,
                abs(size),
                width,
                sharp,
                measures[1],
                measures[2],
                early,
                hasty,
                min(hasty, 0.4) ** 2,
                quickened,
                share,
                own.prematurity,
                hasty * like,
                hasty * width,
                float(own is usual),
                steady,
                steady * hasty,
                steady * min(hasty, 0.4) ** 2,
                steady * max(0.0, early),
                width * like,
                max(0.0, width) ** 2,
                abs(sharp),
                (1 - like) * max(0.0, width),
                (1 - like) * hasty,
                min(0.0, quickened),
            ]
        )

    def _timing(self, index: int) -> tuple[float, float]:
        """Logarithm of the interval before, against the usual one and against the last."""
        before, self._last = self._last, index
        if before is None or not 0 < index - before < 3 * self._rate:
            return 0.0, 0.0
        interval = (index - before) / self._rate
        usual = float(np.median(self._intervals)) if self._intervals else interval
        latest = self._intervals[-1] if self._intervals else interval
        self._intervals.append(interval)
        return math.log(interval / usual), math.log(interval / latest)

    def _irregularity(self) -> float:
        """Median difference of neighbours, as a share: 0.02 is regular, 0.2 fibrillation."""
        logs = np.log(self._intervals)
        return float(np.median(np.abs(np.diff(logs)))) if len(logs) > 2 else 0.1

    def _family(self, beat: Candidate, measures: Samples, early: float) -> Family:
        for one in self._families:
            one.support *= FADING
        alike = [float(one.shape @ beat.shape) for one in self._families]
        if alike and max(alike) > SAME:
            own = self._families[alike.index(max(alike))]
            _blend(own, beat.shape, measures, early)
            return own
        if len(self._families) == MOST:
            self._families.remove(min(self._families, key=lambda one: one.support))
        self._families.append(Family(beat.shape, measures, 1.0, early))
        return self._families[-1]


def _measures(beat: Candidate) -> Samples:
    """Logarithms of size, width and sharpness."""
    return np.log([beat.narrow, beat.wide / beat.narrow + 0.01, beat.sharp / beat.narrow + 0.01])


def _blend(family: Family, shape: Samples, measures: Samples, early: float) -> None:
    family.support += 1
    share = max(1 / family.support, 1 / 32)
    blend = family.shape + share * (shape - family.shape)
    family.shape = blend / math.sqrt(float(blend @ blend))
    family.measures = family.measures + share * (measures - family.measures)
    family.prematurity += share * (early - family.prematurity)


def _prevalence(family: Family) -> float:
    """Support, less for what comes early: in bigeminy both kinds are as many."""
    return family.support * math.exp(4 * min(0.0, family.prematurity))


def _judged(features: Samples) -> tuple[BeatKind, float]:
    ventricular = _logistic(float(features @ VENTRICULAR))
    supraventricular = (1 - ventricular) * _logistic(float(features @ SUPRAVENTRICULAR))
    chances = {
        BeatKind.NORMAL: 1 - ventricular - supraventricular,
        BeatKind.SUPRAVENTRICULAR: supraventricular,
        BeatKind.VENTRICULAR: ventricular,
    }
    kind = max(chances, key=lambda one: chances[one])
    return (kind if chances[kind] >= SURE else BeatKind.UNKNOWN), chances[kind]


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
