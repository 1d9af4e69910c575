"""Which beats are alike, what they and the leads agree upon, and how surely.

The boundaries of like beats are alike, and so are those of the leads of one beat. Rule: where most
agree nobody is far off; a lead or beat keeps its own mark only within a slack of their median. As
many as had found a mark near the one that is told, so certain is it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_signal.values import Samples

Kin = Sequence[NDArray[np.intp]]
"""For each beat the positions of those like it, itself included."""
Agreed = tuple[Samples, Samples]
"""Onset, peak and offset, shape (leads, beats, 3), NaN where there is none; certainties."""
AROUND = 5
"""Beats before and after that say where the waves of a beat are."""
SHAPE_S, LIKE = 0.06, 0.8
"""The complex to either side of its R peak; correlation from which two are alike."""
RHYTHM = 0.15
"""Two intervals are alike within this share of one."""
LEAST = 3
BEATS_SLACK_S = 0.012


def alike(signal: Samples, rate: float, beats: NDArray[np.int64], around: int) -> Kin:
    """For each beat those around it, itself included, with like complexes.

    Args:
        signal: (leads, n), mV.
        rate: samples a second.
        beats: sample indices of R peaks, rising.
        around: how many beats before and after are compared.
    """
    half = round(SHAPE_S * rate)
    padded = np.pad(signal, ((0, 0), (half, half)), mode="edge")
    shapes = np.array([padded[:, at : at + 2 * half + 1] for at in beats])
    shapes = (shapes - shapes.mean(axis=2, keepdims=True)).reshape(len(beats), -1)
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True) + 1e-9
    found: list[NDArray[np.intp]] = []
    for at in range(len(beats)):
        near = np.arange(max(0, at - around), min(len(beats), at + around + 1))
        found.append(near[(shapes[near] @ shapes[at] > LIKE) | (near == at)])
    return found


def steady(kin: Kin, seconds: Samples) -> Kin:
    """Of those near the beat itself, the ones after a like interval."""
    return [
        some[
            (np.abs(some - at) <= AROUND)
            & (np.abs(seconds[some] - seconds[at]) <= RHYTHM * seconds[at])
        ]
        for at, some in enumerate(kin)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What beats and leads agree upon.

    Attributes:
        beats: sample indices of the R peaks.
        kin: as `alike` tells.
        rate: samples a second.
        last: the last sample of the recording.
    """

    beats: NDArray[np.int64]
    kin: Kin
    rate: float
    last: int

    def reached(self, own: Samples, slack_s: float, near_s: float) -> Agreed:
        """Marks that are `settled`, and their `certainty`."""
        told = self.settled(own, slack_s)
        return told, self.certainty(own, told, near_s)

    def settled(self, marks: Samples, slack_s: float) -> Samples:
        """Boundaries near the median of like beats, and of the leads where there are three.

        Args:
            marks: onset, peak and offset, shape (leads, beats, 3), samples; NaN where there is
                none. Peaks stay as they are, and between their boundaries.
            slack_s: how far a lead may be from the others, seconds.
        """
        from_r = marks[:, :, ::2] - self.beats[:, None]
        bounds = from_r.copy()
        for at, some in enumerate(self.kin):
            if len(some) >= LEAST:
                usual = middle(from_r[:, some], 1)
                bounds[:, at] = _near(from_r[:, at], usual, BEATS_SLACK_S * self.rate)
        if len(marks) >= LEAST:
            bounds = _near(bounds, middle(bounds, 0), slack_s * self.rate)
        bounds = np.clip(np.rint(bounds + self.beats[:, None]), 0, self.last)
        onsets, peaks, offsets = bounds[:, :, 0], marks[:, :, 1], bounds[:, :, 1]
        return np.stack([np.minimum(onsets, peaks), peaks, np.maximum(offsets, peaks)], axis=2)

    def certainty(self, own: Samples, told: Samples, near_s: float) -> Samples:
        """How many of like beats and of the other leads found both boundaries near those told.

        Args:
            own: marks as each lead and beat had them, shape (leads, beats, 3), samples or NaN.
            told: the same as `settled`.
            near_s: what is near, seconds.

        Returns:
            Shares by Laplace's rule of succession, shape (leads, beats).
        """
        had, say = (marks[:, :, ::2] - self.beats[:, None] for marks in (own, told))
        shares = np.empty((len(own), len(self.beats)))
        for at, some in enumerate(self.kin):
            beats = np.abs(had[:, some] - say[:, at, None]) <= near_s * self.rate
            leads = np.abs(had[:, at] - say[:, at, None]) <= near_s * self.rate
            near = sum(each.all(axis=2).sum(axis=1) for each in (beats, leads))
            shares[:, at] = (near + 1) / (len(some) + len(own) + 2)
        return shares


def middle(marks: Samples, axis: int) -> Samples:
    """The median along an axis of what is not NaN; NaN where nothing is."""
    whole = np.moveaxis(marks, axis, 0)
    told = np.isfinite(whole).any(axis=0)
    found = np.full(told.shape, np.nan)
    found[told] = np.nanmedian(whole[:, told], axis=0)
    return found


def _near(marks: Samples, about: Samples, slack: float) -> Samples:
    return np.clip(marks, about - slack, about + slack)
