"""Filters of linear phase: what the standards ask, and the same shift for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from numpy.typing import NDArray

from edge_signal.aligned import Aligned
from edge_signal.averages import Unwander, lengths
from edge_signal.filters import (
    WANDER_S,
    SectionFilter,
    diagnostic_filter,
    linear_diagnostic_filter,
    linear_monitor_filter,
    monitor_filter,
    wander_filter,
)
from edge_signal.taps import kernel_gain, low_pass_taps
from tests.support.blocks import FIRST, filtered

Samples = NDArray[np.float64]
Make = Callable[[float], Aligned | SectionFilter]
RATES = (100.0, 130.0, 250.0, 500.0, 1000.0)
LINEAR = (linear_monitor_filter, linear_diagnostic_filter, wander_filter)


@cache
def response(make: Make, rate: float) -> tuple[Samples, NDArray[np.complex128]]:
    """Frequencies, and the gain there: of an impulse, its place taken as time zero."""
    count = int(40 * rate)
    impulse = np.zeros(count)
    impulse[count // 2] = 1
    out = np.roll(filtered(make(rate), rate, impulse)[1], -(count // 2))
    frequencies = np.arange(count // 2 + 1) * rate / count
    return frequencies, np.fft.rfft(out)


def gain(make: Make, rate: float, hz: float) -> float:
    """At a frequency; the phase must be none."""
    frequencies, found = response(make, rate)
    at = int(np.argmin(np.abs(frequencies - hz)))
    assert abs(found[at].imag) < 1e-6
    return float(found[at].real)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("make", LINEAR)
def test_as_many_samples_come_out_and_each_is_in_its_place(make: Make, rate: float) -> None:
    out = filtered(make(rate), rate, np.full((2, 900), 300.0))
    assert np.array_equal(out[0], np.arange(FIRST, FIRST + 900))
    assert np.abs(out[1:]).max() < 1e-6


@pytest.mark.parametrize("rate", RATES)
def test_the_monitor_band_is_that_of_the_standard(rate: float) -> None:
    """IEC 60601-2-27: 0.67 to 40 Hz between 71 and 110 %; -3 dB at 0.5 and 40 Hz. Phase is zero."""
    assert gain(linear_monitor_filter, rate, 0.5) == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert gain(linear_monitor_filter, rate, 40.0) == pytest.approx(np.sqrt(0.5), abs=0.02)
    for hz in (0.67, 0.8, 1.0, 1.5, 3.0, 10.0, 20.0, 30.0):
        assert gain(linear_monitor_filter, rate, hz) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_the_diagnostic_band_is_that_of_the_standard(rate: float) -> None:
    """IEC 60601-2-25, 201.12.4.107.1.1: 0.67-40 Hz within 10 %, 40-150 Hz within +10 and -30 %."""
    for hz in (0.67, 0.8, 1.0, 2.0, 10.0, 40.0):
        assert gain(linear_diagnostic_filter, rate, hz) == pytest.approx(1, abs=0.03)
    for hz in (hz for hz in (60.0, 100.0, 149.0) if hz < 0.45 * rate):
        assert 0.7 <= gain(linear_diagnostic_filter, rate, hz) <= 1.1


def remains(make: Make, rate: float = 1000.0) -> tuple[float, float]:
    """Of 3 mV for 100 ms: the largest offset (mV) and slope (mV/s), from 50 ms before and after."""
    signal = np.zeros(int(20 * rate))
    signal[int(8 * rate) : int(8.1 * rate)] = 3.0
    out = filtered(make(rate), rate, signal)[1]
    step = int(0.02 * rate)
    slope = np.abs(out[step:] - out[:-step]) / 0.02
    quiet = np.r_[0 : int(7.95 * rate), int(8.15 * rate) : len(out)]
    steady = quiet[(quiet < 7.93 * rate) | (quiet >= 8.15 * rate)]
    return float(np.abs(out[quiet]).max()), float(slope[steady[steady < len(slope)]].max())


@pytest.mark.parametrize("make", [linear_diagnostic_filter, diagnostic_filter])
def test_an_impulse_leaves_what_the_standard_allows(make: Make) -> None:
    """IEC 60601-2-25, 201.12.4.107.1.1.2: of 0.3 mV s at most 0.1 mV, and 0.30 mV/s."""
    offset, slope = remains(make)
    assert offset <= 0.1
    assert slope <= 0.3


def test_the_monitor_band_leaves_more_of_an_impulse_but_linear_phase_a_quarter_of_it() -> None:
    """Which is why ST segments are read in the diagnostic band."""
    straight, bent = remains(linear_monitor_filter), remains(monitor_filter)
    assert 0.1 < straight[0] < 0.25 * bent[0]


@pytest.mark.parametrize("make", [linear_diagnostic_filter, diagnostic_filter])
def test_a_narrow_triangle_keeps_its_height(make: Make) -> None:
    """IEC 60601-2-25, test E: 1.5 mV on a base of 20 ms loses at most 12 %."""
    t = np.arange(8000) / 1000 - 4
    triangle = 1.5 * np.maximum(0, 1 - np.abs(t) / 0.01)
    assert 0.88 * 1.5 <= filtered(make(1000.0), 1000.0, triangle)[1].max() <= 1.5


@pytest.mark.parametrize("rate", RATES)
def test_the_kernel_is_scipys(rate: float) -> None:
    """firwin with the same window, its edge moved to where the gain is -3 dB."""
    taps = low_pass_taps(40, rate, 0.05)
    assert kernel_gain(taps, 40, rate) == pytest.approx(np.sqrt(0.5), abs=1e-6)
    _, theirs = scipy.signal.freqz(taps, worN=[0, 10, 40], fs=rate)
    for hz, value in zip((0, 10, 40), np.abs(theirs), strict=True):
        assert kernel_gain(taps, hz, rate) == pytest.approx(float(value))


def test_a_cut_off_beyond_the_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="40"):
        low_pass_taps(40, 80, 0.05)


def test_the_averages_are_scipys() -> None:
    signal = np.random.default_rng(1).normal(300, 1, (2, 4000))
    system = Unwander(WANDER_S, 250)
    baseline = signal
    for length in lengths(WANDER_S, 250):
        baseline = scipy.ndimage.uniform_filter1d(baseline, length, axis=1)
    late = system.latency
    out = system.push(signal)
    theirs = (signal - baseline)[:, 2 * late : -late]
    np.testing.assert_allclose(out[:, 3 * late :], theirs, atol=1e-6)


def test_a_month_leaves_no_rounding_error_behind() -> None:
    """The sums are whole numbers: after any signal, however large, a level is a level again."""
    system = Unwander(WANDER_S, 1000)
    system.push(np.random.default_rng(2).normal(0, 3e5, (1, 100_000)))
    quiet = system.push(np.full((1, 10_000), 0.25))
    assert not quiet[0, 3 * system.latency :].any()
