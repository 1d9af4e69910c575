"""What is measured of a strip to tell its class: intervals, beats, atria and signal.

Rule: no measure depends on which way up the signal is, nor on how long the strip is but for what is
counted. (Intervals: Lake & Moorman 2011, doi 10.1152/ajpheart.00561.2010; early beats
and P waves: Datta et al. and Teijeiro et al., both Computing in Cardiology 2017.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edge_signal import irregularity
from edge_signal.atrial import between_beats, logarithm, p_waves
from edge_signal.beat_shapes import BEFORE, RATE, BeatShapes
from edge_signal.complexes import complexes
from edge_signal.values import Beat, Quality, Reason, Samples

EARLY, LATE = 0.86, 1.08
"""Of the interval usual around it: an early beat, and the pause that follows an ectopic one."""
AROUND = 4
SLOW_BPM, FAST_BPM = 55.0, 100.0
UNLIKE, WIDE_S = 0.7, 0.11
MOST = 3.0
"""Of what is counted more tells no more."""


def of_intervals(seconds: Samples, conducted: Samples) -> list[float]:
    """Of the RR intervals.

    Args:
        seconds: all that are known, four at least.
        conducted: those of them between beats that are not ventricular.
    """
    usual, steps = float(np.median(seconds)), np.diff(seconds)
    bpm = 60 / usual
    early = _premature(seconds)
    off = seconds - seconds.mean()
    short = float(np.std(steps)) / math.sqrt(2)
    long = math.sqrt(max(1e-8, 2 * float(seconds.var()) - short**2))
    even = irregularity.measures(conducted if len(conducted) > AROUND else seconds)
    return [
        float(even[irregularity.MEDIAN]),
        float(even[irregularity.ENTROPY]),
        math.log(usual / float(seconds.min())),
        math.log(float(np.quantile(seconds, 0.9)) / usual),
        math.log(float(seconds.max()) / usual),
        math.log((short + 0.003) / (long + 0.003)),
        *(float(off[by:] @ off[:-by] / (off @ off + 1e-4)) for by in (1, 2)),
        early / len(seconds),
        min(MOST, early),
        max(0.0, SLOW_BPM - bpm) / 15,
        max(0.0, bpm - FAST_BPM) / 30,
        math.log(bpm / 75) ** 2,
    ]


def of_beats(beats: Sequence[Beat], shapes: BeatShapes) -> list[float]:
    """Of the complexes: how unlike the usual one, how wide."""
    sizes = np.array([one.amplitude for one in beats])
    onset, _, offset = complexes(shapes.usual, RATE, np.array([BEFORE]))[0]
    width_s = float(offset - onset) / RATE
    return [
        logarithm(1 - float(np.quantile(shapes.likeness, 0.1)), 0.01),
        min(MOST, float(np.count_nonzero(shapes.likeness < UNLIKE))),
        logarithm(float(sizes.std() / sizes.mean()), 0.03),
        20 * max(0.0, width_s - WIDE_S),
    ]


def of_atria(lead: Samples, shapes: BeatShapes) -> list[float]:
    """Of P waves, and of what swings between the beats."""
    return [*p_waves(shapes).tolist(), *between_beats(lead, shapes).tolist()]


def of_signal(lead: Samples, windows: Sequence[Quality]) -> list[float]:
    """Of its quality: the worst tenth, why, and how much lies above 15 Hz."""
    figures = [one.figure for one in windows]
    power = np.abs(np.fft.rfft(lead * np.hanning(len(lead)))) ** 2
    hertz = np.arange(len(power)) * (RATE / len(lead))
    whole = float(power[(hertz > 0.5) & (hertz < 40)].sum()) + 1e-12
    return [
        float(np.quantile(figures, 0.1)),
        *(_share(windows, reason) for reason in (Reason.NOISE, Reason.MOTION)),
        logarithm(float(power[(hertz > 15) & (hertz < 40)].sum()) / whole, 0.01),
    ]


def _premature(seconds: Samples) -> int:
    """How many intervals are early against those around them and followed by a pause."""
    padded = np.pad(seconds, AROUND, mode="reflect" if len(seconds) > AROUND else "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1)
    against = seconds / np.median(np.delete(around, AROUND, axis=1), axis=1)
    return int(np.count_nonzero((against[:-1] < EARLY) & (against[1:] > LATE)))


def _share(windows: Sequence[Quality], reason: Reason) -> float:
    return sum(reason in one.reasons for one in windows) / len(windows)
