"""The beats of a strip lined up by their complexes, so that what comes with each can be seen.

Rule: nothing here depends on which way up the signal is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_signal.values import Samples

RATE = 250.0
"""Samples a second of all signals here; 40 Hz is the highest that is in them."""
BEFORE, AFTER = 100, 150
"""Samples of a beat before and after its R peak: 0.4 and 0.6 s."""
CORE, SLACK = 15, 8
"""The complex to either side of the R peak, and by how much a peak may be misplaced, samples."""
LIKE = 0.85
"""Correlation from which a complex is like the usual one."""
LEAST = 4

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BeatShapes:
    """Lined-up beats, `LEAST` at least.

    Attributes:
        at: sample of each beat's R peak after lining up, shape (n,).
        beats: mV, shape (n, BEFORE + AFTER).
        before_s: the interval before each beat, seconds, shape (n,); the usual one for the first.
        likeness: correlation of each complex with the usual one, shape (n,).
        alike: which beats are like the usual one; the likest four where few are, shape (n,).
    """

    at: Index
    beats: Samples
    before_s: Samples
    likeness: Samples
    alike: NDArray[np.bool_]

    @property
    def usual(self) -> Samples:
        """The median of like beats, mV, shape (BEFORE + AFTER,)."""
        median: Samples = np.median(self.beats[self.alike], axis=0)
        return median

    @property
    def size(self) -> float:
        """Of the usual complex, peak to peak, mV, above 0."""
        return float(np.ptp(self.usual[BEFORE - CORE : BEFORE + CORE + 1])) + 1e-3


def line_up(lead: Samples, peaks: Index) -> BeatShapes | None:
    """The beats of a lead that are whole; None when these are fewer than `LEAST`.

    Args:
        lead: mV, shape (n,), at `RATE`, without baseline wander.
        peaks: sample indices of its R peaks, rising.
    """
    if len(peaks) < LEAST:
        return None
    seconds = np.diff(peaks) / RATE
    before = np.append(np.median(seconds), seconds)
    whole = (peaks >= BEFORE + SLACK) & (peaks < len(lead) - AFTER - SLACK)
    if np.count_nonzero(whole) < LEAST:
        return None
    at, shifts = peaks[whole], np.arange(-SLACK, SLACK + 1)
    moved = at
    for _ in range(2):
        usual = np.median(_cut(lead, moved, CORE, CORE + 1), axis=0)
        fits = np.array([_likeness(_cut(lead, at + by, CORE, CORE + 1), usual) for by in shifts])
        moved = at + shifts[fits.argmax(axis=0)]
    beats = _cut(lead, moved, BEFORE, AFTER)
    core = beats[:, BEFORE - CORE : BEFORE + CORE + 1]
    likeness = _likeness(core, np.median(core, axis=0))
    alike = likeness >= min(LIKE, float(np.sort(likeness)[-LEAST]))
    return BeatShapes(moved, beats, before[whole], likeness, alike)


def straightened(rows: Samples) -> Samples:
    """Rows without their means and straight lines, shape (n, samples)."""
    t = np.linspace(-1.0, 1.0, rows.shape[1])
    level = rows - rows.mean(axis=1, keepdims=True)
    flat: Samples = level - np.outer(level @ t / (t @ t), t)
    return flat


def _cut(lead: Samples, at: Index, before: int, after: int) -> Samples:
    rows: Samples = lead[at[:, None] + np.arange(-before, after)]
    return rows


def _likeness(rows: Samples, usual: Samples) -> Samples:
    """Correlation of each row with one, shape (n,); 0 of what is flat."""
    off, usual = rows - rows.mean(axis=1, keepdims=True), usual - usual.mean()
    sizes = np.linalg.norm(off, axis=1) * float(np.linalg.norm(usual)) + 1e-9
    likeness: Samples = off @ usual / sizes
    return likeness
