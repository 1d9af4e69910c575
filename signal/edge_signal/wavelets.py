"""Kernels that find a QRS complex: Gabor wavelets, whose envelope knows neither polarity nor phase.

A QRS complex has its energy around 14 Hz, a ventricular one lower, muscle noise higher; T waves and
electrode motion lie below 5 Hz. (Thakor, Webster & Tompkins 1984, doi 10.1109/TBME.1984.325393.)
All kernels are equally long and symmetric, so all are late by the same whole number of samples.
"""

from __future__ import annotations

import numpy as np

from edge_signal.values import Samples

REACH_S = 0.1
"""Half the length of every kernel: what they are late by."""
NARROW = (14.0, 0.025)
WIDE = (7.0, 0.040)
SHARP = (24.0, 0.016)
SHAPE = (10.0, 0.018)
"""Centre in Hz and width (standard deviation of the Gaussian) in seconds."""
FLANK_S = 0.04
"""What is level before and after a QRS complex: the outermost of a kernel's reach."""


def reach(rate: float) -> int:
    """Half the length of the kernels, samples."""
    return round(REACH_S * rate)


def qrs_kernels(rate: float) -> Samples:
    """Cosine and sine of NARROW, WIDE and SHARP, the cosine of SHAPE, `step`: (8, length)."""
    pairs = [part for band in (NARROW, WIDE, SHARP) for part in gabor(*band, rate)]
    return np.stack([*pairs, gabor(*SHAPE, rate)[0], step(rate)])


def step(rate: float) -> Samples:
    """By how much the level after a place differs from that before it: an electrode moved."""
    half, flank = reach(rate), round(FLANK_S * rate)
    kernel = np.zeros(2 * half + 1)
    kernel[:flank], kernel[-flank:] = 1 / flank, -1 / flank
    return kernel


def gabor(centre: float, width: float, rate: float) -> tuple[Samples, Samples]:
    """Cosine and sine under a Gaussian, without response to a constant.

    A sine wave of `centre` Hz and 1 mV gives an envelope of about 1 mV.
    """
    half = reach(rate)
    t = np.arange(-half, half + 1) / rate
    bell = np.exp(-(t**2) / (2 * width**2))
    cosine = bell * np.cos(2 * np.pi * centre * t)
    cosine -= bell * (cosine.sum() / bell.sum())
    scale = 2 / bell.sum()
    return cosine * scale, bell * np.sin(2 * np.pi * centre * t) * scale
