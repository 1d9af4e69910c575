"""What a series of RR intervals says: cleaned, its irregularity, and heart rate variability.

Heart rate variability is that of normal-to-normal intervals (Task Force 1996, Circulation
93:1043-1065); the frequency domain by Lomb's periodogram, so that nothing is resampled (Clifford &
Tarassenko 2005, doi 10.1109/TBME.2005.846492).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_signal.values import Beat, BeatKind, Samples

SHORTEST_S, LONGEST_S = 0.24, 3.0
OFF_MEDIAN = 0.3
"""A normal interval is off the median of the five around it by less than this share."""
LOW_HZ, MIDDLE_HZ, HIGH_HZ = 0.04, 0.15, 0.4
LEAST_FOR_TIME = 20
LEAST_FOR_FREQUENCY_S = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """RR intervals with the moments of the beats that end them.

    Attributes:
        at: seconds, shape (n,).
        seconds: the intervals, shape (n,).
        normal: whether both beats are normal and the interval fits its neighbours, shape (n,).
    """

    at: Samples
    seconds: Samples
    normal: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Variability:
    """Heart rate variability.

    Attributes:
        mean_ms, sdnn_ms, rmssd_ms: of normal-to-normal intervals, milliseconds.
        pnn50: share of successive differences beyond 50 ms, 0 to 1.
        low_ms2, high_ms2: power at 0.04-0.15 and 0.15-0.4 Hz, ms²; None where two minutes are
            not there.
    """

    mean_ms: float
    sdnn_ms: float
    rmssd_ms: float
    pnn50: float
    low_ms2: float | None = None
    high_ms2: float | None = None


def intervals(beats: Sequence[Beat], rate: float) -> Intervals:
    """The RR series of beats in order, at `rate` samples a second."""
    at = np.array([beat.index for beat in beats], dtype=np.float64) / rate
    seconds = np.diff(at)
    fits = (seconds > SHORTEST_S) & (seconds < LONGEST_S)
    if len(seconds):
        middle = _running_median(seconds)
        fits &= np.abs(seconds - middle) < OFF_MEDIAN * middle
    kinds = np.array([beat.kind in (BeatKind.NORMAL, BeatKind.UNKNOWN) for beat in beats], bool)
    return Intervals(at[1:], seconds, fits & kinds[1:] & kinds[:-1])


def variability(series: Intervals) -> Variability | None:
    """Heart rate variability; None when there are fewer than twenty normal intervals."""
    normal, at = series.seconds[series.normal], series.at[series.normal]
    if len(normal) < LEAST_FOR_TIME:
        return None
    milliseconds = 1000 * normal
    neighbours = series.normal[1:] & series.normal[:-1]
    steps = 1000 * np.diff(series.seconds)[neighbours]
    low = high = None
    if at[-1] - at[0] >= LEAST_FOR_FREQUENCY_S:
        low = _power(at, milliseconds, LOW_HZ, MIDDLE_HZ)
        high = _power(at, milliseconds, MIDDLE_HZ, HIGH_HZ)
    return Variability(
        mean_ms=float(milliseconds.mean()),
        sdnn_ms=float(milliseconds.std(ddof=1)),
        rmssd_ms=float(np.sqrt(np.mean(steps**2))) if len(steps) else 0.0,
        pnn50=float(np.mean(np.abs(steps) > 50)) if len(steps) else 0.0,
        low_ms2=low,
        high_ms2=high,
    )


def _power(at: Samples, milliseconds: Samples, low: float, high: float) -> float:
    """Power in a band, ms²: Lomb's periodogram, one frequency for each 1/duration."""
    span = float(at[-1] - at[0])
    hertz = np.arange(np.ceil(low * span), high * span) / span
    off = milliseconds - milliseconds.mean()
    phase = 2 * np.pi * hertz[:, None] * at
    lag = np.arctan2(np.sin(2 * phase).sum(axis=1), np.cos(2 * phase).sum(axis=1)) / 2
    phase = phase - lag[:, None]
    cosine, sine = np.cos(phase), np.sin(phase)
    power = (cosine @ off) ** 2 / (cosine**2).sum(axis=1)
    power += (sine @ off) ** 2 / (sine**2).sum(axis=1)
    return float(power.sum() / len(off))


def _running_median(values: Samples) -> Samples:
    """Median of five around each; at the ends of the nearest five."""
    padded = np.pad(values, 2, mode="reflect" if len(values) > 2 else "edge")
    medians: Samples = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    return medians
