"""Second-order sections by the bilinear transform, so that no filter needs `scipy.signal`.

Formulas: R. Bristow-Johnson, Cookbook formulae for audio EQ biquad filter coefficients (W3C note,
2021); the Butterworth quality 1/sqrt(2) gives -3 dB at the cut-off exactly, after pre-warping.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

BUTTERWORTH = 1 / math.sqrt(2)


@dataclass(frozen=True, slots=True)
class Section:
    """y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float


def high_pass(cutoff: float, rate: float, quality: float = BUTTERWORTH) -> Section:
    """Passes what is above `cutoff` (Hz) at `rate` (samples a second), 12 dB an octave."""
    cosine, alpha = _warped(cutoff, rate, quality)
    return _normal((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, cosine, alpha)


def drift_pass(cutoff: float, rate: float) -> Section:
    """Passes what is above `cutoff` (Hz) at `rate` (samples a second), 6 dB an octave.

    The gentlest high-pass: of an impulse it leaves the least behind.
    """
    warped = math.tan(math.pi * cutoff / rate)
    gain = 1 / (1 + warped)
    return Section(gain, -gain, 0.0, -(1 - warped) * gain, 0.0)


def low_pass(cutoff: float, rate: float, quality: float = BUTTERWORTH) -> Section:
    """Passes what is below `cutoff` (Hz) at `rate` (samples a second), 12 dB an octave."""
    cosine, alpha = _warped(cutoff, rate, quality)
    return _normal((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, cosine, alpha)


def notch(centre: float, rate: float, quality: float) -> Section:
    """Removes `centre` (Hz); -3 dB over a width of `centre / quality`."""
    cosine, alpha = _warped(centre, rate, quality)
    return _normal(1, -2 * cosine, 1, cosine, alpha)


def response(sections: tuple[Section, ...], hz: float, rate: float) -> complex:
    """Gain and phase of the cascade at a frequency."""
    z = cmath.exp(-2j * math.pi * hz / rate)
    whole = 1 + 0j
    for s in sections:
        whole *= (s.b0 + z * (s.b1 + z * s.b2)) / (1 + z * (s.a1 + z * s.a2))
    return whole


def phase_delay(sections: tuple[Section, ...], hz: float, rate: float) -> float:
    """How many samples late a wave of this frequency, and with it its peak, comes out.

    The phase must be within half a turn: true of a band-pass well inside its band.
    """
    return -cmath.phase(response(sections, hz, rate)) * rate / (2 * math.pi * hz)


def _warped(hz: float, rate: float, quality: float) -> tuple[float, float]:
    if not 0 < hz < rate / 2:
        raise ValueError(f"{hz} Hz is not between 0 and half the rate of {rate}/s")
    omega = 2 * math.pi * hz / rate
    return math.cos(omega), math.sin(omega) / (2 * quality)


def _normal(b0: float, b1: float, b2: float, cosine: float, alpha: float) -> Section:
    a0 = 1 + alpha
    return Section(b0 / a0, b1 / a0, b2 / a0, -2 * cosine / a0, (1 - alpha) / a0)
