"""Where the QRS complex begins and ends in one lead, by its slopes.

Its slopes stand close together: from the steepest part outwards a complex goes on as long as the
next slope is near. A steep one may be farther (a slurred or clipped complex), a gentle one far off
is the flank of a P wave or of an ST segment. It ends where no slope is left that counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_signal.gaussians import slope
from edge_signal.values import Samples

SIGMA_S, WIDE_S = 0.007, 0.012
BACK_S, ON_S, STEEPER = 0.08, 0.2, 1.5
"""How far from the mark of a beat its complex may be, and how much steeper than what is there."""
REACH_S, CORE_S = 0.2, 0.05
SIGNIFICANT, STEEP_BEFORE, STEEP_AFTER = 0.08, 0.3, 0.23
"""Of the steepest slope: below the first a deflection is none of the complex."""
NEAR_S, FAR_BEFORE_S, FAR_AFTER_S = 0.035, 0.065, 0.11
"""How far a significant slope, and a steep one, may be from the one nearer to the middle."""
ON, OFF = 0.05, 0.08
"""Of the steepest slope, where the complex begins and ends."""
ABOVE, NOISE = 3.0, 1.0
"""Of the lead's median slope: what a deflection is above, and the complex begins and ends at."""
LOUDEST = 0.2
"""Of the steepest slope: what a louder lead is taken for."""


def centred(signal: Samples, rate: float, beats: NDArray[np.int64]) -> NDArray[np.int64]:
    """The steepest place of all leads near each beat, where that is not at the beat itself.

    A detector marks a paced beat at its spike, another where one part of a broad complex is.

    Args:
        signal: mV, shape (leads, n).
        rate: samples a second.
        beats: sample indices, rising.
    """
    steep = np.sqrt(np.mean([slope(lead, rate, WIDE_S) ** 2 for lead in signal], axis=0))
    back, on, core = (round(one * rate) for one in (BACK_S, ON_S, CORE_S))
    between = (beats[:-1] + beats[1:]) // 2
    starts = np.maximum(beats - back, np.append(0, between))
    stops = np.minimum(beats + on, np.append(between, len(steep) - 1)) + 1
    found = beats.copy()
    for at, (beat, start, stop) in enumerate(zip(beats, starts, stops, strict=True)):
        best = start + int(steep[start:stop].argmax())
        if steep[best] > STEEPER * steep[max(0, beat - core) : beat + core + 1].max():
            found[at] = best
    return found


def complexes(lead: Samples, rate: float, beats: NDArray[np.int64]) -> Samples:
    """Onset, peak and offset of the complexes about R peaks, shape (beats, 3), samples."""
    steep = np.abs(slope(lead, rate, SIGMA_S))
    noise = float(np.median(steep))
    return np.array([_complex(lead, steep, noise, rate, int(beat)) for beat in beats])


def walked(size: Samples, start: int, step: int, limit: float) -> int:
    """Where, walking from a slope, it has fallen to a limit or the signal ends."""
    at = start
    while 0 < at < len(size) - 1 and size[at] > limit:
        at += step
    return at


def _complex(
    lead: Samples, steep: Samples, noise: float, rate: float, beat: int
) -> tuple[float, float, float]:
    reach, core = round(REACH_S * rate), round(CORE_S * rate)
    start, stop = max(0, beat - reach), min(len(lead), beat + reach + 1)
    size, centre = steep[start:stop], beat - start
    most = float(size[max(0, centre - core) : centre + core + 1].max())
    noise = min(noise, LOUDEST * most)
    first, last = _ends(size, centre, most, noise, rate)
    onset = walked(size, first, -1, max(ON * most, NOISE * noise))
    offset = walked(size, last, 1, max(OFF * most, NOISE * noise))
    level = lead[start + onset : start + offset + 1]
    peak = onset + int(np.abs(level - (level[0] + level[-1]) / 2).argmax())
    return start + onset, start + peak, start + offset


def _ends(size: Samples, centre: int, most: float, noise: float, rate: float) -> tuple[int, int]:
    """The first and the last slope of the complex."""
    tops = np.flatnonzero((size[1:-1] >= size[:-2]) & (size[1:-1] > size[2:])) + 1
    tops = tops[size[tops] > max(SIGNIFICANT * most, ABOVE * noise)]
    if not len(tops):
        return centre, centre
    steps = np.diff(tops) / rate
    before = np.where(size[tops] > STEEP_BEFORE * most, FAR_BEFORE_S, NEAR_S)
    after = np.where(size[tops] > STEEP_AFTER * most, FAR_AFTER_S, NEAR_S)
    first = last = int(np.abs(tops - centre).argmin())
    while first > 0 and steps[first - 1] <= before[first - 1]:
        first -= 1
    while last < len(tops) - 1 and steps[last] <= after[last + 1]:
        last += 1
    return int(tops[first]), int(tops[last])
