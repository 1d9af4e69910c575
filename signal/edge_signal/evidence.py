"""How much a candidate by itself looks like a beat: log odds, by logistic regression.

The weights were fitted by `bench/qrs_fit.py` to MIT-BIH records with and without added noise of
the Noise Stress Test (electrode motion, muscle); none is specific to a rate, a gain or a lead.
"""

from __future__ import annotations

import math

import numpy as np

from edge_signal.candidates import Candidate
from edge_signal.memory import Memory
from edge_signal.values import Samples

LEAST_MV = 0.05
NOISE_MV = 0.003
"""Quantisation and amplifier noise: below this a background is as good as none."""

_TABLE = (
    # measure, its weight, and what is added to the weight in a clean signal
    ("a candidate at all", -3.716, -0.629),
    ("size against what is expected", 1.898, 0.809),
    ("its square", -1.267, 0.523),
    ("its square, where it is larger", -0.632, -0.222),
    ("contrast with the median before", 1.082, 0.707),
    ("contrast with the 80th percentile before", -0.107, 0.041),
    ("likeness to a shape with support", 0.209, -0.262),
    ("its square", 2.496, 0.379),
    ("likeness to any shape", 0.449, 0.094),
    ("width", 1.022, -0.569),
    ("sharpness", 1.089, 0.589),
    ("against the rival before", 0.585, 1.38),
    ("against the rival after", 1.092, 1.259),
)

WEIGHTS: Samples = np.array([*(row[1] for row in _TABLE), *(row[2] for row in _TABLE)])


def expected_level(memory: Memory, waiting: float) -> float | None:
    """The envelope that a beat should have, `waiting` seconds after the last one.

    It sinks when beats fail to come, so that one large artefact deafens for seconds only.
    """
    if memory.level is None:
        return None
    overdue = max(0.0, waiting - max(1.5, 1.6 * memory.interval))
    return max(LEAST_MV, memory.level * math.exp(-overdue / 3))


def features(
    memory: Memory, candidate: Candidate, level: float, rivals: tuple[float, float]
) -> Samples:
    """What speaks for or against a candidate, as numbers.

    Args:
        memory: what was learnt so far.
        candidate: the candidate.
        level: the envelope that a beat should have, mV.
        rivals: the largest envelopes shortly before and shortly after it, mV.
    """
    size = _clipped(candidate.narrow / level, 3)
    weighed, plain = memory.likeness(candidate.shape)
    plainly = (
        1.0,
        size,
        size * size,
        max(0.0, size) ** 2,
        min(4.0, math.log(candidate.narrow / (candidate.median + NOISE_MV))),
        min(4.0, math.log(candidate.narrow / (candidate.upper + NOISE_MV))),
        weighed,
        weighed * abs(weighed),
        plain,
        math.log(candidate.wide / candidate.narrow + 0.01),
        math.log(candidate.sharp / candidate.narrow + 0.01),
        *(_clipped(candidate.narrow / max(rival, NOISE_MV), 1.5) for rival in rivals),
    )
    clean = cleanliness(candidate, level)
    return np.array([*plainly, *(clean * one for one in plainly)])


def cleanliness(candidate: Candidate, level: float) -> float:
    """How far beats stand out of what lies between them: 0 (drowned) to 1 (clean)."""
    return min(1.0, max(0.0, math.log(level / (candidate.upper + NOISE_MV)) / 3))


def _clipped(ratio: float, limit: float) -> float:
    return max(-limit, min(limit, math.log(ratio)))
