"""Whether there is a P wave at all: what precedes the complexes of like beats must be the same.

A P wave stands before each complex at the same distance; the waves of fibrillating atria come at
any time. So each beat's stretch before the complex is compared with the mean of the others': with P
waves they are alike, without they are not. What keeps no distance to the complex (a block of the
third degree, flutter conducted at random) is not told as a P wave either.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_signal.gaussians import smoothed
from edge_signal.likeness import Kin
from edge_signal.values import Samples

SIGMA_S = 0.013
FROM_S, TO_S = 0.22, 0.02
"""The stretch before the onset of the complex."""
LEAST = 4
"""Fewer beats say nothing."""


def repetition(level: Samples, rate: float, onsets: NDArray[np.int64], kin: Kin) -> Samples:
    """How alike the stretches before the complexes of like beats are.

    Args:
        level: mV, shape (leads, n).
        rate: samples a second.
        onsets: of the complexes, samples.
        kin: as `edge_signal.likeness.alike` tells.

    Returns:
        Correlation of each beat's with the mean of the others', over each beat's kin, shape
        (beats,); NaN where there are too few.
    """
    far, size = round(FROM_S * rate), round(FROM_S * rate) - round(TO_S * rate)
    calm = np.array([smoothed(lead, rate, SIGMA_S) for lead in level])
    padded = np.pad(calm, ((0, 0), (far, 0)), mode="edge")
    before = _without_line(np.array([padded[:, at : at + size] for at in onsets]))
    stretches = before.reshape(len(onsets), -1)
    found = np.full(len(onsets), np.nan)
    for at, some in enumerate(kin):
        whole = some[onsets[some] >= far]
        if len(whole) >= LEAST:
            found[at] = _coherence(stretches[whole])
    return found


def _without_line(stretches: Samples) -> Samples:
    line = np.linspace(-1, 1, stretches.shape[-1])
    level = stretches - stretches.mean(axis=-1, keepdims=True)
    flat: Samples = level - (level @ line)[..., None] * line / (line @ line)
    return flat


def _coherence(some: Samples) -> float:
    """Of rows: the correlation of each with the mean of the others, all taken together."""
    others = (some.sum(axis=0) - some) / (len(some) - 1)
    return float((some * others).sum() / (np.linalg.norm(some) * np.linalg.norm(others) + 1e-12))
