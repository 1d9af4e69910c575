"""Onset, peak and offset of P wave, QRS complex and T wave, beat by beat, in a recording.

Slopes decide: a wave begins and ends where the slope of the smoothed signal has fallen to a share
of the steepest one on its side. (After Martinez et al. 2004, doi 10.1109/TBME.2003.821031, with
derivatives of Gaussians for the wavelets.) The whole recording is seen at once: no stage, no delay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edge_signal.values import Samples

QRS_SIGMA_S, WAVE_SIGMA_S = 0.006, 0.013
QRS_REACH_S = 0.12
NEAR_S = 0.09
SIGNIFICANT = 0.11
"""Of the steepest slope of the complex: below it a deflection is none of it."""
QRS_ON, QRS_OFF = 0.07, 0.15


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a slow wave is like.

    Attributes:
        on, off: share of the steepest slope where it begins and ends.
        side_s: how far its flanks are from its peak, at most.
        least_mv: a smaller deflection is none.
    """

    on: float
    off: float
    side_s: float
    least_mv: float


P_WAVE = _Kind(on=0.4, off=0.5, side_s=0.06, least_mv=0.012)
T_WAVE = _Kind(on=0.3, off=0.3, side_s=0.12, least_mv=0.02)


@dataclass(frozen=True, slots=True)
class Wave:
    """Where a wave begins, is highest and ends: sample indices within the recording."""

    onset: int
    peak: int
    offset: int


@dataclass(frozen=True, slots=True)
class Waves:
    """The waves of one beat of one lead; None where there is none to be seen."""

    p: Wave | None
    qrs: Wave
    t: Wave | None


def delineate(lead: Samples, rate: float, beats: Sequence[int]) -> tuple[Waves, ...]:
    """The waves of every beat of one lead.

    Args:
        lead: mV, shape (n,), raw or filtered; at least a second.
        rate: samples a second, 100-1000.
        beats: sample indices of the R peaks, rising.
    """
    if not len(beats):
        return ()
    steep = slope(lead, rate, QRS_SIGMA_S)
    complexes = [_complex(lead, steep, rate, beat) for beat in beats]
    level = lead - _baseline(lead, rate, complexes)
    view = _View(rate, smoothed(level, rate, WAVE_SIGMA_S), slope(level, rate, WAVE_SIGMA_S))
    ends = [len(lead)] * len(beats)
    for at, (_, after) in enumerate(pairwise(complexes)):
        ends[at] = after.onset
    found: list[Waves] = []
    before = 0
    for qrs, end in zip(complexes, ends, strict=True):
        p = _p_wave(view, qrs, before)
        t = _t_wave(view, qrs, end)
        found.append(Waves(p, qrs, t))
        before = t.offset if t else qrs.offset
    return tuple(found)


def slope(lead: Samples, rate: float, sigma_s: float) -> Samples:
    """Derivative of the smoothed lead, mV/s; at the ends as if the signal stayed."""
    t = _support(rate, sigma_s)
    bell = np.exp(-(t**2) / (2 * sigma_s**2))
    return _filtered(lead, -t * bell / (t**2 * bell).sum())


def smoothed(lead: Samples, rate: float, sigma_s: float) -> Samples:
    """The lead under a Gaussian, mV."""
    bell = np.exp(-(_support(rate, sigma_s) ** 2) / (2 * sigma_s**2))
    return _filtered(lead, bell / bell.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A lead without its baseline, for the slow waves."""

    rate: float
    level: Samples
    slope: Samples

    def samples(self, seconds: float) -> int:
        return round(seconds * self.rate)


def _support(rate: float, sigma_s: float) -> Samples:
    half = max(1, round(4 * sigma_s * rate))
    return np.arange(-half, half + 1) / rate


def _filtered(lead: Samples, kernel: Samples) -> Samples:
    half = len(kernel) // 2
    padded = np.pad(lead, half, mode="edge")
    whole: Samples = np.convolve(padded, kernel, "valid")
    return whole


def _complex(lead: Samples, steep: Samples, rate: float, beat: int) -> Wave:
    """The QRS complex around an R peak."""
    reach = round(QRS_REACH_S * rate)
    start, stop = max(0, beat - reach), min(len(lead), beat + reach + 1)
    size = np.abs(steep[start:stop])
    centre = beat - start
    tops = _tops(size)
    tops = tops[size[tops] > SIGNIFICANT * size.max()]
    near = tops[np.abs(tops - centre) <= round(NEAR_S * rate)]
    first, last = (int(near[0]), int(near[-1])) if len(near) else (centre, centre)
    onset = _fallen(size, first, -1, QRS_ON)
    offset = _fallen(size, last, 1, QRS_OFF)
    level = lead[start + onset : start + offset + 1]
    peak = onset + int(np.abs(level - (level[0] + level[-1]) / 2).argmax())
    return Wave(start + onset, start + peak, start + offset)


def _tops(values: Samples) -> NDArray[np.intp]:
    inner = (values[1:-1] >= values[:-2]) & (values[1:-1] > values[2:])
    return np.flatnonzero(inner) + 1


def _fallen(size: Samples, start: int, step: int, share: float) -> int:
    """Where, walking from a slope, it has fallen to a share of it or is flattest."""
    limit = share * size[start]
    at = start
    while 0 < at < len(size) - 1 and size[at] > limit:
        at += step
    return at


def _baseline(lead: Samples, rate: float, complexes: Sequence[Wave]) -> Samples:
    """Lines between the levels just before each complex, where the heart is silent."""
    span = round(0.02 * rate)
    at = np.array([qrs.onset for qrs in complexes], dtype=np.float64)
    levels = [float(np.median(lead[max(0, q.onset - span) : q.onset + 1])) for q in complexes]
    line: Samples = np.interp(np.arange(len(lead)), at, levels)
    return line


def _t_wave(view: _View, qrs: Wave, end: int) -> Wave | None:
    start = qrs.offset + view.samples(0.04)
    interval = (end - qrs.onset) / view.rate
    stop = min(end - view.samples(0.04), qrs.onset + view.samples(0.12 + 0.52 * interval**0.5))
    stop = min(stop, qrs.onset + view.samples(0.6))
    return _wave(view, start, stop, T_WAVE)


def _p_wave(view: _View, qrs: Wave, before: int) -> Wave | None:
    start = max(before + view.samples(0.01), qrs.onset - view.samples(0.28))
    return _wave(view, start, qrs.onset - view.samples(0.016), P_WAVE)


def _wave(view: _View, start: int, stop: int, kind: _Kind) -> Wave | None:
    """The largest wave between two samples: a rise and a fall, or the other way round."""
    start, stop = max(0, start), min(len(view.level), stop)
    if stop - start < view.samples(0.05):
        return None
    level, steep = view.level[start:stop], view.slope[start:stop]
    peak = _turning(level, steep)
    if peak is None:
        return None
    side = view.samples(kind.side_s)
    before, after = max(0, peak - side), min(len(steep), peak + side + 1)
    up = 1.0 if steep[max(0, peak - 2)] > 0 else -1.0
    left = before + int((up * steep[before : peak + 1]).argmax())
    right = peak + int((-up * steep[peak:after]).argmax())
    onset = start + _fallen(up * steep, left, -1, kind.on)
    offset = start + _fallen(-up * steep, right, 1, kind.off)
    foot = float(view.level[onset] + view.level[offset]) / 2
    high = abs(float(level[peak]) - foot) >= kind.least_mv
    return Wave(onset, start + peak, offset) if high else None


def _turning(level: Samples, steep: Samples) -> int | None:
    """The turning point with the largest deflection from what is around it."""
    turns = np.flatnonzero(np.sign(steep[1:]) != np.sign(steep[:-1])) + 1
    if not len(turns):
        return None
    middle = np.interp(turns, [0, len(level) - 1], [level[0], level[-1]])
    return int(turns[np.abs(level[turns] - middle).argmax()])
