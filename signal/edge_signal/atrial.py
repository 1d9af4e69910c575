"""What the atria show in a strip: P waves before like complexes, or waves that keep no place.

A P wave stands in the average of the lined-up beats and in each of them at its place. In
fibrillation there is none, and what is left of the signal when the beats are taken out of it
swings at 4 to 9.5 Hz (Slocum et al. 1992, J Electrocardiol 25:1). Sizes are shares of the
complex's.
"""

from __future__ import annotations

import math

import numpy as np

from edge_signal.beat_shapes import AFTER, BEFORE, CORE, RATE, BeatShapes, straightened
from edge_signal.gaussians import humps
from edge_signal.values import Samples

P_SPAN = slice(BEFORE - 70, BEFORE - 12)
"""Where a P wave may be: 0.28 to 0.05 s before the R peak."""
PEAKS = slice(BEFORE - 60, BEFORE - 17)
"""Where it may peak."""
P_SIGMA_S, CLEAR = 0.022, 0.05
"""Width of its hump; from this share of the complex on it is clearly one."""
CLEAR_S = 0.6
"""After a shorter interval the T wave may lie where the P wave should."""
LATE_S = 0.18
"""A P wave that peaks earlier than this before the R peak: conduction is slow."""
T_END_S = 0.4
"""The T wave ends by then at 60 a minute; that goes with the root of the interval."""
QRS = 12
"""Samples to either side of an R peak in which nothing but the complex counts."""
ATRIAL_HZ, SWING_HZ = (4.0, 9.5), (1.0, 15.0)
SPECTRUM = 512


def p_waves(shapes: BeatShapes) -> Samples:
    """How sure there is a P wave before each usual beat, shape (4,).

    Correlation of a beat with the average of the others there, in the median and in the quartile;
    logarithm of the size of the average there; how long the P wave's peak is before the R peak,
    beyond `LATE_S`, tenths of a second.
    """
    usual = shapes.alike
    clear = shapes.before_s >= min(CLEAR_S, float(np.quantile(shapes.before_s[usual], 0.3)))
    beats = shapes.beats[usual & clear]
    median = np.median(beats, axis=0)
    likeness = likeness_to_others(straightened(beats[:, P_SPAN]))
    hump = np.abs(humps(median, RATE, P_SIGMA_S)[PEAKS]) / shapes.size
    top = int(hump.argmax())
    ahead_s = (BEFORE - PEAKS.start - top) / RATE
    clearness = min(1.0, float(hump[top]) / CLEAR)
    return np.array(
        [
            float(np.median(likeness)),
            float(np.quantile(likeness, 0.25)),
            logarithm(float(np.ptp(straightened(median[None, P_SPAN]))) / shapes.size, 0.01),
            10 * max(0.0, ahead_s - LATE_S) * clearness,
        ]
    )


def between_beats(lead: Samples, shapes: BeatShapes) -> Samples:
    """What swings between the beats, shape (2,).

    Logarithm of what is left between T wave and next complex; when the beats are taken out, the
    share of power at atrial frequencies.

    Args:
        lead: mV, as `line_up` had it.
        shapes: what that gave.
    """
    rest = _without_beats(lead, shapes)
    quiet = _quiet(shapes)
    level = [straightened(lead[None, start:stop]).ravel() for start, stop in quiet]
    still = _rms(np.concatenate(level)) if level else 0.0
    power = _spectrum(rest[shapes.at[0] : shapes.at[-1] + 1])
    hertz = np.fft.rfftfreq(SPECTRUM, 1 / RATE)
    atrial = (hertz >= ATRIAL_HZ[0]) & (hertz <= ATRIAL_HZ[1])
    whole = float(power[(hertz >= SWING_HZ[0]) & (hertz <= SWING_HZ[1])].sum()) + 1e-12
    return np.array([logarithm(still / shapes.size, 0.01), float(power[atrial].sum()) / whole])


def likeness_to_others(rows: Samples) -> Samples:
    """Correlation of each row with the mean of the others, shape (n,)."""
    others = rows.sum(axis=0) - rows
    sizes = np.linalg.norm(others, axis=1) * np.linalg.norm(rows, axis=1) + 1e-9
    likeness: Samples = (others * rows).sum(axis=1) / sizes
    return likeness


def _without_beats(lead: Samples, shapes: BeatShapes) -> Samples:
    """The signal less the usual beat from 0.06 s before each R peak on; 0 in the complexes."""
    rest, usual = lead.copy(), np.median(shapes.beats, axis=0)
    core = usual[BEFORE - CORE : BEFORE + CORE + 1]
    scale = shapes.beats[:, BEFORE - CORE : BEFORE + CORE + 1] @ core / (core @ core + 1e-9)
    ends = np.append(shapes.at[1:] - CORE - 5, len(lead))
    for at, end, size in zip(shapes.at, ends, np.clip(scale, 0.3, 2.0), strict=True):
        stop = max(at - CORE, min(at + min(AFTER, round((T_END_S + 0.02) * RATE)), end))
        rest[at - CORE : stop] -= size * usual[BEFORE - CORE : BEFORE + stop - at]
    for at in shapes.at:
        rest[at - QRS : at + QRS + 1] = 0
    return rest


def _quiet(shapes: BeatShapes) -> list[tuple[int, int]]:
    """From the end of each T wave to the next complex, where that is 0.12 s and more."""
    gaps = np.diff(shapes.at) / RATE
    starts = shapes.at[:-1] + np.rint(T_END_S * RATE * np.sqrt(np.clip(gaps, 0.49, 1)))
    stops = shapes.at[1:] - CORE
    spans = zip(starts.astype(np.int64).tolist(), stops.tolist(), strict=True)
    return [(start, stop) for start, stop in spans if stop - start > 2 * CORE]


def _spectrum(lead: Samples) -> Samples:
    """Mean power of windows of two seconds that overlap by half."""
    padded = np.pad(lead, (0, max(0, SPECTRUM - len(lead))))
    rows = np.lib.stride_tricks.sliding_window_view(padded, SPECTRUM)[:: SPECTRUM // 2]
    power: Samples = (np.abs(np.fft.rfft(rows * np.hanning(SPECTRUM))) ** 2).mean(axis=0)
    return power


def _rms(values: Samples) -> float:
    return math.sqrt(float(np.mean(values**2))) if len(values) else 0.0


def logarithm(value: float, least: float) -> float:
    """Of a share; what is below `least` is much the same."""
    return math.log(value + least)
