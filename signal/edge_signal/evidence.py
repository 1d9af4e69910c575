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

WEIGHTS: Samples = np.array(
    [-1.04, 1.36, -1.47, -0.26, 0.52, 1.20, 0.76, 1.61, 0.06, 0.27, 0.69, 0.95, *([0.0] * 12)]
)


def expected_level(memory: Memory, waiting: float) -> float | None:
    """The envelope that a beat should have, `waiting` seconds after the last one.

    It sinks when beats fail to come, so that one large artefact deafens for seconds only.
    """
    if memory.level is None:
        return None
    overdue = max(0.0, waiting - max(1.5, 1.6 * memory.interval))
    return max(LEAST_MV, memory.level * math.exp(-overdue / 3))


def features(memory: Memory, candidate: Candidate, level: float, rival: float) -> Samples:
    """What speaks for or against a candidate, as numbers.

    Args:
        memory: what was learnt so far.
        candidate: the candidate.
        level: the envelope that a beat should have, mV.
        rival: the largest envelope of another candidate within 0.25 s, mV.
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
        _clipped(candidate.narrow / max(rival, NOISE_MV), 1.5),
    )
    clean = cleanliness(candidate, level)
    return np.array([*plainly, *(clean * one for one in plainly)])


def cleanliness(candidate: Candidate, level: float) -> float:
    """How far beats stand out of what lies between them: 0 (drowned) to 1 (clean)."""
    return min(1.0, max(0.0, math.log(level / (candidate.upper + NOISE_MV)) / 3))


def _clipped(ratio: float, limit: float) -> float:
    return max(-limit, min(limit, math.log(ratio)))
