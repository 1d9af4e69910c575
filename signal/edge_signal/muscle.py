"""Muscle noise made quiet between the QRS complexes, and they are left as they are.

The signal is parted at 35, 20 and 12 Hz into bands that add up to it again. Muscle noise fills a
band all the time, a QRS complex for a moment: each sample of a band is kept as far as the power
around it (50 ms to either side) stands out of what is usual, as Wiener's filter would weigh it,
and whatever lets a band pass lets the higher ones pass: a QRS complex keeps its edges.
What lies below 12 Hz, and with it P, T and ST, is not touched.
"""

from __future__ import annotations

import numpy as np

from edge_signal.linear import kernels
from edge_signal.values import Samples

EDGES_HZ = (35.0, 20.0, 12.0)
KERNEL_S, AROUND_S = 0.05, 0.05
CELL_S, SPAN_S = 0.04, 2.0
USUAL = 0.6
"""Quantile of a band's power over the last two seconds: QRS complexes fill less than the rest."""
SHARE = 4.0
"""Up to so many times the usual power all is noise, from twice that on all is the heart."""
LEAST_CELLS = 10


class Quiet:
    """Shrinks what does not stand out; see `Delayed`.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: float) -> None:
        half, around = round(KERNEL_S * rate), round(AROUND_S * rate)
        self.latency = half + around
        still = np.zeros(2 * half + 1)
        still[half] = 1
        self._lows = kernels(np.stack([still, *(_bell(hz, half, rate) for hz in EDGES_HZ)]))
        hann = np.hanning(2 * around + 3)[1:-1]
        self._powers = kernels((hann / hann.sum())[None])
        self._around = around
        self._cell = max(1, round(CELL_S * rate))
        self._cells = round(SPAN_S / CELL_S)
        self.reset()

    def reset(self) -> None:
        """Forget; the next sample starts a new signal."""
        self._lows.reset()
        self._powers.reset()
        self._held: Samples = np.empty(0)
        self._known: list[Samples] = []
        self._usual: Samples = np.zeros(1)
        self._fill = 0

    def push(self, leads: Samples, /) -> Samples:
        """Samples of shape (channels, n), quietened and `latency` samples late."""
        lows = self._lows.push(leads)
        parts, channels, count = lows.shape
        bands = lows[:-1] - lows[1:]
        power = self._powers.push((bands**2).reshape(-1, count))[0]
        late = self._delayed(np.concatenate([bands, lows[-1:]]))
        own = self._gains(power).reshape(parts - 1, channels, count)
        kept = np.maximum.accumulate(own[::-1], axis=0)[::-1]
        quiet: Samples = (kept * late[:-1]).sum(axis=0) + late[-1]
        return quiet

    def _delayed(self, parts: Samples) -> Samples:
        if not self._held.size:
            self._held = np.repeat(parts[..., :1], self._around, axis=-1)
        line = np.concatenate([self._held, parts], axis=-1)
        self._held = line[..., parts.shape[-1] :]
        return line[..., : parts.shape[-1]]

    def _gains(self, power: Samples) -> Samples:
        """Of each sample, by what was usual before its cell of 40 ms began."""
        gains, at = np.empty_like(power), 0
        while at < power.shape[1]:
            stop = min(at + self._cell - self._fill, power.shape[1])
            part = power[:, at:stop]
            noise = SHARE * self._usual[:, None] / np.maximum(part, 1e-12)
            gains[:, at:stop] = np.clip(2 * (1 - noise), 0, 1)
            self._fill = (self._fill + stop - at) % self._cell
            if not self._fill:
                self._learn(power[:, stop - 1])
            at = stop
        return gains

    def _learn(self, power: Samples) -> None:
        self._known = [*self._known[1 - self._cells :], power.copy()]
        if len(self._known) >= LEAST_CELLS:
            rank = int(USUAL * len(self._known))
            self._usual = np.partition(np.stack(self._known), rank, axis=0)[rank]


def _bell(hz: float, half: int, rate: float) -> Samples:
    """A Gaussian low-pass: -3 dB at `hz`, and it never rings."""
    width = np.sqrt(np.log(2)) / (2 * np.pi * hz)
    taps = np.exp(-((np.arange(-half, half + 1) / rate / width) ** 2) / 2)
    normal: Samples = taps / taps.sum()
    return normal
