"""How probable atrial fibrillation is, from some dozens of RR intervals alone.

Its intervals follow no pattern: successive differences are large, of all sizes, and their pairs
fill the plane (Lorenz plot). Logistic regression on six measures, fitted by `bench/rhythm.py`.
(Sample entropy: Lake & Moorman 2011, doi 10.1152/ajpheart.00561.2010; Lorenz plot: Sarkar 2008,
doi 10.1109/TBME.2007.903707.)
"""

from __future__ import annotations

import math

import numpy as np

from edge_signal.values import Samples

LEAST = 12
"""Intervals below which nothing is said."""
TOLERANCE_S = 0.03
WEIGHTS: Samples = np.array([2.626, 0.104, 0.509, -0.209, 1.568, 2.811, -1.421, 2.871])
"""Of `measures`; fitted to 333 hand-held strips of Challenge 2017."""

MEDIAN, ENTROPY = 3, 4
"""Where the median difference and the sample entropy stand among `measures`."""


def fibrillation(intervals_s: Samples) -> float:
    """Probability of atrial fibrillation, 0 to 1, of at least `LEAST` successive intervals."""
    odds = float(measures(intervals_s) @ WEIGHTS)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def measures(intervals_s: Samples) -> Samples:
    """What tells fibrillation from other rhythms, shape (8,).

    One; logarithms of the mean and of the root mean square of successive differences, of the median
    difference (which single ectopic beats do not reach); sample entropy; how many differences turn
    back at once (ectopic beats do); share of nearly equal neighbours; the heart's rate.
    """
    mean = float(intervals_s.mean())
    steps = np.diff(intervals_s) / mean
    large = np.abs(steps)
    turns = float(np.mean(steps[1:] * steps[:-1] < -0.02))
    return np.array(
        [
            1.0,
            math.log(float(large.mean()) + 0.005),
            math.log(float(np.sqrt(np.mean(steps**2))) + 0.005),
            math.log(float(np.median(large)) + 0.005),
            _entropy(intervals_s),
            turns,
            float(np.mean(large < 0.04)),
            math.log(60 / mean / 75),
        ]
    )


def _entropy(values: Samples) -> float:
    """Coefficient of sample entropy: of single intervals within 30 ms of each other."""
    off = np.abs(values[:, None] - values[None, :])
    near = off < TOLERANCE_S
    np.fill_diagonal(near, val=False)
    single = int(near[:-1, :-1].sum())
    double = int((near[:-1, :-1] & near[1:, 1:]).sum())
    ratio = (single + 1) / (double + 1)
    return math.log(ratio) + math.log(2 * TOLERANCE_S) - math.log(float(values.mean()))
