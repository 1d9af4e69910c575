"""A signal, its slope and its humps under Gaussians: derivatives of the bell as wavelets."""

from __future__ import annotations

import numpy as np

from edge_signal.values import Samples


def smoothed(lead: Samples, rate: float, sigma_s: float) -> Samples:
    """The lead under a Gaussian, mV; at the ends as if the signal stayed."""
    t = _support(rate, sigma_s)
    bell = _bell(t, sigma_s)
    return _filtered(lead, bell / bell.sum())


def slope(lead: Samples, rate: float, sigma_s: float) -> Samples:
    """Derivative of the smoothed lead, mV/s."""
    t = _support(rate, sigma_s)
    bell = _bell(t, sigma_s)
    return _filtered(lead, -t * bell / (t**2 * bell).sum())


def humps(lead: Samples, rate: float, sigma_s: float) -> Samples:
    """How high a bell of this width stands at each sample, mV, negative for a trough.

    Neither a level nor a straight line has humps; a bell of the same width has its own height.
    """
    t = _support(rate, sigma_s)
    bell = _bell(t, sigma_s)
    hat = (1 - (t / sigma_s) ** 2) * bell
    hat -= hat.mean()
    return _filtered(lead, hat / (hat * bell).sum())


def _support(rate: float, sigma_s: float) -> Samples:
    half = max(1, round(4 * sigma_s * rate))
    return np.arange(-half, half + 1) / rate


def _bell(t: Samples, sigma_s: float) -> Samples:
    bell: Samples = np.exp(-(t**2) / (2 * sigma_s**2))
    return bell


def _filtered(lead: Samples, kernel: Samples) -> Samples:
    half = len(kernel) // 2
    padded = np.pad(lead, half, mode="edge")
    whole: Samples = np.convolve(padded, kernel, "valid")
    return whole
