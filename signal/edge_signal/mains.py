"""Whether mains hum is in the signal, and how much of it.

A window's amplitude at 50 and at 60 Hz, as far as it stands out of what lies 7 Hz beside: a QRS
complex or muscle noise has both.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge_signal.values import Samples

NDComplex = NDArray[np.complex128]

FREQUENCIES = (50.0, 60.0)
BESIDE_HZ = 7.0


def mains_amplitude(leads: Samples, rate: float) -> Samples:
    """Amplitude of the hum of each lead, mV, whatever the frequency: shape (channels,).

    Args:
        leads: (channels, n), mV; half a second or more.
        rate: samples a second; what it cannot carry is not heard.
    """
    loudest: Samples = np.maximum(*(hum(leads, rate, hz) for hz in FREQUENCIES))
    return loudest


def hum(leads: Samples, rate: float, hz: float) -> Samples:
    """Amplitude at one frequency, less what is beside it on both sides, mV, shape (channels,)."""
    if hz + BESIDE_HZ > rate / 2:
        return np.zeros(len(leads))
    own, below, above = np.abs(leads @ _probe(leads.shape[1], rate, hz)).T
    left: Samples = np.maximum(0.0, own - 1.5 * np.maximum(below, above))
    return left


@lru_cache(maxsize=16)
def _probe(count: int, rate: float, hz: float) -> NDComplex:
    """Columns that ask for a frequency and for its neighbours, under a Hann window."""
    t = np.arange(count) / rate
    bell = np.hanning(count + 2)[1:-1]
    asked = np.array([hz, hz - BESIDE_HZ, hz + BESIDE_HZ])
    waves = np.exp(-2j * np.pi * t[:, None] * asked)
    probe: NDComplex = 2 * waves * (bell / bell.sum())[:, None]
    return probe
