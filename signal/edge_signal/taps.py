"""Finite kernels of linear phase: a sinc under a Kaiser window, and running them.

(Kaiser 1974, as in Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 7.)
"""

from __future__ import annotations

import math

import numpy as np

from edge_signal.linear import kernels
from edge_signal.values import Samples

SHAPE = 3.0
"""Of the Kaiser window: steps overshoot by 9 %, the stop band lies 40 dB down or more."""


class Fir:
    """A symmetric kernel of odd length; see `Delayed`."""

    def __init__(self, taps: Samples) -> None:
        self.latency = len(taps) // 2
        self._system = kernels(taps[None])

    def push(self, leads: Samples, /) -> Samples:
        """Samples of shape (channels, n), `latency` samples late."""
        answer: Samples = self._system.push(leads)[0]
        return answer

    def reset(self) -> None:
        """Forget; the next sample starts a new signal."""
        self._system.reset()


def low_pass_taps(cutoff: float, rate: float, reach: float) -> Samples:
    """A kernel that is -3 dB at `cutoff` Hz; a constant passes as it is.

    Args:
        cutoff: Hz.
        rate: samples a second.
        reach: seconds on either side; the steepness.

    Raises:
        ValueError: the rate is too low for the cut-off.
    """
    if not 0 < cutoff < rate / 2:
        raise ValueError(f"{cutoff} Hz is not between 0 and half the rate of {rate}/s")
    half = math.ceil(reach * rate)
    low, high = cutoff, min(2 * cutoff, rate)
    for _ in range(50):  # a windowed sinc is -6 dB at its edge, which so lies somewhat higher
        edge = (low + high) / 2
        if kernel_gain(_sinc(edge, rate, half), cutoff, rate) < math.sqrt(0.5):
            low = edge
        else:
            high = edge
    return _sinc(high, rate, half)


def kernel_gain(taps: Samples, hz: float, rate: float) -> float:
    """Gain of a kernel at a frequency."""
    turns = np.exp(-2j * np.pi * hz / rate * np.arange(len(taps)))
    return float(abs(np.dot(taps, turns)))


def _sinc(edge: float, rate: float, half: int) -> Samples:
    n = np.arange(-half, half + 1, dtype=np.float64)
    taps = np.sinc(2 * edge / rate * n) * np.kaiser(2 * half + 1, SHAPE)
    normal: Samples = taps / taps.sum()
    return normal
