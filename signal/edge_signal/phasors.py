"""Following the mains: amplitude, phase and frequency of each component, whatever the heart does.

Every 20 ms a window of 120 ms says what there is at 50 Hz, 60 Hz and their harmonics (a *phasor*:
amplitude and phase against the nominal frequency), and what there is 15 Hz below: nothing in hum,
much in a QRS complex. Phasors are weighed by the inverse of the latter, so a QRS complex counts for
next to nothing, and fitted by a line in time. What the fit cannot be sure of is taken back: the
amplitude shrinks by its own variance, to nothing where there is no hum (James & Stein 1961).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_signal.values import Samples

Phases = NDArray[np.complex128]

MAINS = (50.0, 60.0)
HARMONICS = (1, 2, 3)
PROBE_S = 0.12
BESIDE_HZ = 15.0
CARRIED_HZ = 20.0
"""A component nearer to its image (the rate less its frequency) is not told from it."""
SPAN_S = 2.0
"""How far back phasors are kept; the frequency is found over all of them."""
REACH_S = 0.3
"""Amplitude and phase are of the phasors about as near as this."""
LEAST_S = 0.3
RANGE_HZ, STEP_HZ = 0.75, 0.05
"""Mains keep within 0.5 Hz (EN 50160); searched for a little beyond, at the fundamental."""
SHRINK = 4.0
FLOOR = 1e-6
"""mV squared beside a component that nobody minds."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What is at each component, around a moment.

    Attributes:
        at: the moment, in samples.
        hz: the frequencies, shape (components,).
        level: amplitude and phase at `at` against `hz`, mV, shape (components, channels).
        slope: their change, mV/s.
    """

    at: float
    hz: Samples
    level: Phases
    slope: Phases


def components(rate: float) -> tuple[tuple[float, int], ...]:
    """Nominal frequency of the mains and number of the harmonic, of those that a rate carries."""
    return tuple(
        (hz, number) for number in HARMONICS for hz in MAINS if rate - 2 * hz * number >= CARRIED_HZ
    )


class Phasors:
    """The phasors of the last seconds, and what fits them.

    Args:
        rate: samples a second.
        cell: samples from one phasor to the next.
        look: how many samples before the newest one the fit is asked for.
    """

    def __init__(self, rate: float, cell: int, look: float) -> None:
        self.window = round(PROBE_S * rate)
        self._rate, self._look = rate, look
        kept = components(rate)
        self.nominal = np.array([hz * number for hz, number in kept])
        self._number = np.array([number for _, number in kept], dtype=np.float64)
        self._probe = probes(self.nominal, self.window, rate)
        self._beside = probes(self.nominal - BESIDE_HZ, self.window, rate)
        self._count = round(SPAN_S * rate / cell)
        ages = (np.arange(self._count) + 1 - self._count) * cell
        self._ages = (ages + look - (self.window - 1) / 2) / rate
        self._near = np.exp(-np.abs(self._ages) / REACH_S)
        self._least = LEAST_S * rate / cell
        self._shared = PROBE_S * rate / (2 * cell)
        self._grid = np.arange(-RANGE_HZ, RANGE_HZ + STEP_HZ / 2, STEP_HZ)
        self._turns = np.exp(
            -2j * np.pi * self._grid[:, None, None] * self._number[:, None] * self._ages
        )
        self._seen = 0
        self._phasors: Phases = np.empty(0, np.complex128)
        self._weights: Samples = np.empty(0)
        self._off: Samples = np.empty(0)

    def reset(self) -> None:
        """Forget."""
        self._seen = 0

    def take(self, window: Samples, end: int) -> None:
        """The next `window` samples of each lead, (channels, window); the last is `end` - 1."""
        if not self._seen:
            shape = (self._count, len(self.nominal), len(window))
            self._phasors = np.zeros(shape, np.complex128)
            self._weights = np.zeros(shape)
            self._off = np.zeros(len(self.nominal))
        self._seen += 1
        middle = end - (self.window + 1) / 2
        turned = (window @ self._probe) * np.exp(-2j * np.pi * (self.nominal * middle / self._rate))
        beside = np.abs(window @ self._beside)
        self._phasors = np.concatenate([self._phasors[1:], turned.T[None]])
        self._weights = np.concatenate([self._weights[1:], 1 / (beside.T[None] ** 2 + FLOOR)])

    def tune(self) -> None:
        """Find the frequencies anew: where all phasors, turned back, add up to the most."""
        if self._seen < self._count // 2:
            return
        whole = self._weights * self._phasors / self._weights.sum(axis=0)
        power = (np.abs(np.einsum("gmk,kmc->mgc", self._turns, whole)) ** 2).sum(axis=2)
        best = np.clip(power.argmax(axis=1), 1, len(self._grid) - 2)
        row = np.arange(len(best))
        below, top, above = (power[row, best + step] for step in (-1, 0, 1))
        bend = np.maximum(2 * top - below - above, 1e-30)
        self._off = self._number * (
            self._grid[best] + STEP_HZ * np.clip((above - below) / (2 * bend), -1, 1)
        )

    def fit(self, end: int) -> Fit:
        """The line that fits, `look` samples before `end`."""
        ages = self._ages[:, None, None]
        weights = self._weights * self._near[:, None, None]
        back = (
            self._phasors
            * np.exp(-2j * np.pi * np.multiply.outer(self._ages, self._off))[..., None]
        )
        none, one, two = ((weights * ages**power).sum(0) for power in range(3))
        level, slope = (weights * back).sum(0), (weights * ages * back).sum(0)
        size = np.maximum(none * two - one * one, 1e-30)
        level, slope = (two * level - one * slope) / size, (none * slope - one * level) / size
        part = weights * (two - one * ages) / size
        left = np.abs(back - level - slope * ages)
        doubt = self._shared * ((part * left) ** 2).sum(0)
        sure = np.maximum(0.0, 1 - SHRINK * doubt / (np.abs(level) ** 2 + 1e-30))
        if self._seen < self._least:
            sure = np.zeros_like(sure)
        at = end - self._look
        turn = np.exp(2j * np.pi * self.nominal * at / self._rate)[:, None]
        return Fit(at, self.nominal + self._off, sure * level * turn, sure * slope * turn)


def wave(fit: Fit, indices: Samples, rate: float) -> Samples:
    """All components at some indices, mV, shape (channels, n)."""
    late = (indices - fit.at) / rate
    turns = np.exp(2j * np.pi * np.multiply.outer(fit.hz, late))
    sums = np.einsum("mc,mn->cn", fit.level, turns) + np.einsum(
        "mc,mn->cn", fit.slope, turns * late
    )
    real: Samples = sums.real
    return real


def probes(hz: Samples, count: int, rate: float) -> Phases:
    """Columns that ask a window of `count` samples for these frequencies, its middle as time zero.

    They see neither a level nor a slope nor a bend; a sine of 1 mV gives 1 mV.
    """
    t = (np.arange(count) - (count - 1) / 2) / rate
    bell = np.hanning(count + 2)[1:-1, None]
    waves = np.exp(-2j * np.pi * np.multiply.outer(t, hz))
    bends = np.stack([np.ones(count), t, t**2], axis=1) / np.array([1, t[-1], t[-1] ** 2])
    smooth = bends @ np.linalg.solve(bends.T @ (bell * bends), bends.T @ (bell * waves))
    probe = bell * (waves - smooth)
    scaled: Phases = 2 * probe / np.abs((probe * waves.conj()).sum(axis=0))
    return scaled
