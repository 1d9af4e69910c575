"""Where the QRS complex begins and ends in one lead, by its slopes.

Its slopes stand close together: from the R peak outwards a complex goes on as long as the next
slope is near. A steep one may be farther (a slurred or clipped complex), a gentle one far off is
the flank of a P wave or of an ST segment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_signal.gaussians import slope
from edge_signal.values import Samples

SIGMA_S = 0.006
REACH_S, CORE_S = 0.12, 0.05
SIGNIFICANT, STEEP = 0.11, 0.35
"""Of the steepest slope about the R peak: below the first a deflection is none of the complex."""
NEAR_S, FAR_S = 0.045, 0.1
"""How far a significant and a steep slope may be from the one before."""
ON, OFF = 0.07, 0.15
"""Share of its outermost slope at which the complex begins and ends."""


def complexes(lead: Samples, rate: float, beats: NDArray[np.int64]) -> Samples:
    """Onset, peak and offset of the complexes about R peaks, shape (beats, 3), samples."""
    steep = np.abs(slope(lead, rate, SIGMA_S))
    return np.array([_complex(lead, steep, rate, int(beat)) for beat in beats], dtype=np.float64)


def walked(size: Samples, start: int, step: int, share: float) -> int:
    """Where, walking from a slope, it has fallen to a share of it or the signal ends."""
    limit = share * size[start]
    at = start
    while 0 < at < len(size) - 1 and size[at] > limit:
        at += step
    return at


def _complex(lead: Samples, steep: Samples, rate: float, beat: int) -> tuple[int, int, int]:
    reach, core = round(REACH_S * rate), round(CORE_S * rate)
    start, stop = max(0, beat - reach), min(len(lead), beat + reach + 1)
    size, centre = steep[start:stop], beat - start
    most = float(size[max(0, centre - core) : centre + core + 1].max())
    first, last = _ends(size, centre, most, rate)
    onset, offset = walked(size, first, -1, ON), walked(size, last, 1, OFF)
    level = lead[start + onset : start + offset + 1]
    peak = onset + int(np.abs(level - (level[0] + level[-1]) / 2).argmax())
    return start + onset, start + peak, start + offset


def _ends(size: Samples, centre: int, most: float, rate: float) -> tuple[int, int]:
    """The first and the last slope of the complex."""
    tops = np.flatnonzero((size[1:-1] >= size[:-2]) & (size[1:-1] > size[2:])) + 1
    tops = tops[size[tops] > SIGNIFICANT * most]
    if not len(tops):
        return centre, centre
    far = np.where(size[tops] < STEEP * most, NEAR_S, FAR_S) * rate
    steps = np.diff(tops)
    middle = int(np.abs(tops - centre).argmin())
    first = last = middle
    while first > 0 and steps[first - 1] <= far[first - 1]:
        first -= 1
    while last < len(tops) - 1 and steps[last] <= far[last + 1]:
        last += 1
    return int(tops[first]), int(tops[last])
