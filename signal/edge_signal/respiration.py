"""Breaths a minute from beats: breathing moves the heart's axis and its rate.

Two series, the size of each QRS complex and each interval, over half a minute; the frequency whose
sine explains most of them is breathing's. Each counts by the square of what it explains, as in
elders only the size swings. (Least-squares spectra need no resampling: Lomb 1976; both modulations
and their fusion: Charlton et al. 2016, doi 10.1088/0967-3334/37/4/610.) Breathing faster than half
the heart's rate cannot be seen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from edge_signal.values import Beat, BeatKind, Samples

WINDOW_S, EVERY_S = 32.0, 4.0
LEAST = 16
SLOWEST_HZ, FASTEST_HZ, STEP_HZ = 0.08, 0.7, 0.004
TRUSTED = 0.6
"""Certainty from which a rate is worth telling; chance alone reaches about 0.4."""
_LONGEST_S = 3.0
_ECTOPIC = (BeatKind.VENTRICULAR, BeatKind.SUPRAVENTRICULAR)


@dataclass(frozen=True, slots=True)
class Breathing:
    """A rate of breathing.

    Attributes:
        first: the sample of the first beat that it rests on.
        index: that of the last.
        per_minute: breaths.
        certainty: the share of the clearer series that this rate explains, 0 to 1.
    """

    first: int
    index: int
    per_minute: float
    certainty: float


class Respiration:
    """Beats in, every `EVERY_S` a rate out once there is half a minute of them.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._beats: deque[Beat] = deque(maxlen=int(WINDOW_S / 0.2))
        self._told: int | None = None

    def push(self, item: Beat, /) -> tuple[Breathing, ...]:
        """The rate at this beat, when one is due."""
        beats = self._beats
        if beats and item.index - beats[-1].index > _LONGEST_S * self._rate:
            self.gap(-1)
        beats.append(item)
        if beats[-1].index - beats[0].index < WINDOW_S * self._rate:
            return ()
        while beats[-1].index - beats[0].index > WINDOW_S * self._rate:
            beats.popleft()
        if self._told is not None and item.index - self._told < EVERY_S * self._rate:
            return ()
        self._told = item.index
        found = breathing([(one.index / self._rate, one.amplitude, one.kind) for one in beats])
        return (Breathing(beats[0].index, item.index, *found),) if found else ()

    def gap(self, samples: int, /) -> tuple[Breathing, ...]:
        """Start anew."""
        del samples
        self._beats.clear()
        self._told = None
        return ()

    def flush(self) -> tuple[Breathing, ...]:
        """Nothing is held back."""
        return ()


def breathing(beats: list[tuple[float, float, BeatKind]]) -> tuple[float, float] | None:
    """Breaths a minute and their certainty; None where too few beats are of the usual kind.

    Args:
        beats: seconds, size and kind of each, in order.
    """
    own = np.array([kind not in _ECTOPIC for _, _, kind in beats], bool)
    whole = own[1:] & own[:-1]
    if int(whole.sum()) < LEAST:
        return None
    at = np.array([second for second, _, _ in beats])
    sizes = np.log(np.array([max(size, 1e-6) for _, size, _ in beats]))
    fastest = min(FASTEST_HZ, 0.5 * (len(at) - 1) / float(at[-1] - at[0]))
    hertz = np.arange(SLOWEST_HZ, fastest, STEP_HZ)
    by_size = _explained(at[own], sizes[own], hertz)
    by_interval = _explained(at[1:][whole], np.diff(at)[whole], hertz)
    best = int((by_size**2 + by_interval**2).argmax())
    return 60 * float(hertz[best]), max(float(by_size[best]), float(by_interval[best]))


def _explained(at: Samples, values: Samples, hertz: Samples) -> Samples:
    """The share of a series' variance, less its trend, that a sine of each frequency explains."""
    off = values - np.polyval(np.polyfit(at, values, 1), at)
    power = float(off @ off)
    if power <= 1e-12:
        return np.zeros(len(hertz))
    phase = 2 * np.pi * hertz[:, None] * at
    lag = np.arctan2(np.sin(2 * phase).sum(axis=1), np.cos(2 * phase).sum(axis=1)) / 2
    cosine, sine = np.cos(phase - lag[:, None]), np.sin(phase - lag[:, None])
    explained: Samples = (cosine @ off) ** 2 / (cosine**2).sum(axis=1)
    explained += (sine @ off) ** 2 / np.maximum((sine**2).sum(axis=1), 1e-9)
    return np.minimum(1.0, explained / power)
