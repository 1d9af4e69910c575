"""How much a candidate by itself looks like a beat: log odds, by logistic regression.

What tells a premature beat from a T wave is above all what this person's T waves look like, so the
candidate is compared with what was taken for beats and with what was not.

The weights were fitted by `bench/qrs_fit.py` to records of MIT-BIH and the QT database as they are,
noisy, with electrodes that leap, and made faster and slower; none is specific to a rate, a gain or
a lead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge_signal.candidates import Candidate
from edge_signal.memory import Memory
from edge_signal.values import Samples
from edge_signal.weights import TABLE

LEAST_MV = 0.05
NOISE_MV = 0.003
"""Quantisation and amplifier noise: below this a background is as good as none."""
T_WAVE_S = 0.3
"""How long after its QRS complex a T wave comes, give or take 0.1 s."""

WEIGHTS: Samples = np.array([*(row[1] for row in TABLE), *(row[2] for row in TABLE)])


@dataclass(frozen=True, slots=True)
class Rivals:
    """The largest candidates shortly before and shortly after one, where there are any."""

    before: Candidate | None
    after: Candidate | None


def expected_level(memory: Memory, waiting: float) -> float | None:
    """The envelope that a beat should have, `waiting` seconds after the last one.

    It sinks when beats fail to come, so that one large artefact deafens for seconds only.
    """
    if memory.level is None:
        return None
    overdue = max(0.0, waiting - max(1.5, 1.6 * memory.interval))
    return max(LEAST_MV, memory.level * math.exp(-overdue / 3))


def features(
    memory: Memory, candidate: Candidate, level: float, rivals: Rivals, rate: float
) -> Samples:
    """What speaks for or against a candidate, as numbers: the rows of `weights.TABLE`.

    Args:
        memory: what was learnt so far.
        candidate: the candidate.
        level: the envelope that a beat should have, mV.
        rivals: what is largest around it.
        rate: samples a second.
    """
    size = _clipped(candidate.narrow / level, 3)
    sharp = math.log(candidate.sharp / candidate.narrow + 0.01)
    contrast = math.log(candidate.sharp / (candidate.sharp_median + NOISE_MV))
    alike = _alike(memory, candidate)
    before, sharp_before, near = _against(rivals.before, candidate, rate)
    after, sharp_after, near_after = _against(rivals.after, candidate, rate)
    plainly = (
        1.0,
        size,
        size * size,
        max(0.0, size) ** 2,
        math.log(candidate.wide / candidate.narrow + 0.01),
        sharp,
        min(4.5, math.log(candidate.narrow / (candidate.quiet + NOISE_MV))),
        min(4.0, contrast),
        *alike,
        before,
        sharp_before,
        after,
        sharp_after,
        near,
        near_after,
        near * sharp,
        near * contrast,
        near * before,
        near * sharp_before,
        math.log(candidate.step / candidate.narrow + 0.05),
        near * alike[0],
        near * size,
    )
    clean = cleanliness(candidate, level)
    return np.array([*plainly, *(clean * one for one in plainly)])


def cleanliness(candidate: Candidate, level: float) -> float:
    """How far beats stand out of what lies between them: 0 (drowned) to 1 (clean)."""
    return min(1.0, max(0.0, math.log(level / (candidate.quiet + NOISE_MV)) / 4))


def _alike(memory: Memory, candidate: Candidate) -> tuple[float, ...]:
    beat, other = memory.beats.likeness(candidate), memory.others.likeness(candidate)
    size, other_size = (max(-1.5, min(1.5, one.size)) for one in (beat, other))
    return (
        beat.weighed,
        beat.weighed * abs(beat.weighed),
        beat.plain,
        size,
        size * size,
        size * max(0.0, beat.weighed),
        other.weighed,
        other.weighed * abs(other.weighed),
        other_size,
        other_size * max(0.0, other.weighed),
    )


def _against(rival: Candidate | None, one: Candidate, rate: float) -> tuple[float, float, float]:
    """Size and sharpness against a rival, and how far it is as T waves are from their QRS."""
    if rival is None:
        return 1.5, 1.5, 0.0
    off = (abs(one.index - rival.index) / rate - T_WAVE_S) / 0.1
    return (
        _clipped(one.narrow / max(rival.narrow, NOISE_MV), 1.5),
        _clipped(one.sharp / max(rival.sharp, NOISE_MV), 1.5),
        math.exp(-off * off),
    )


def _clipped(ratio: float, limit: float) -> float:
    return max(-limit, min(limit, math.log(ratio)))
