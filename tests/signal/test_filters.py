"""Filters against the formulas, against scipy's own recursion, and cut in every way."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.filters import (
    SectionFilter,
    diagnostic_filter,
    diagnostic_sections,
    monitor_filter,
    monitor_sections,
)
from edge_signal.linear import kernels, recursive
from edge_signal.sections import Section, high_pass, low_pass, notch, phase_delay, response
from edge_signal.values import Block
from edge_signal.wavelets import NARROW, gabor

Samples = NDArray[np.float64]
RATES = (100.0, 130.0, 250.0, 360.0, 500.0, 1000.0)


def as_sos(sections: tuple[Section, ...]) -> Samples:
    return np.array([[s.b0, s.b1, s.b2, 1.0, s.a1, s.a2] for s in sections])


def gain(sections: tuple[Section, ...], hz: float, rate: float) -> float:
    return abs(response(sections, hz, rate))


@pytest.mark.parametrize("rate", RATES)
def test_the_sections_are_scipys(rate: float) -> None:
    theirs = scipy.signal.butter(2, 0.5, "high", fs=rate, output="sos")
    np.testing.assert_allclose(as_sos((high_pass(0.5, rate),)), theirs, rtol=1e-9)
    theirs = scipy.signal.butter(2, 40, "low", fs=rate, output="sos")
    np.testing.assert_allclose(as_sos((low_pass(40, rate),)), theirs, rtol=1e-9)


def test_the_notch_is_as_narrow_as_its_quality() -> None:
    narrow = (notch(50, 1000, 10),)
    assert gain(narrow, 47.5, 1000) == pytest.approx(math.sqrt(0.5), rel=0.03)
    assert gain(narrow, 52.5, 1000) == pytest.approx(math.sqrt(0.5), rel=0.03)
    assert gain(narrow, 0, 1000) == pytest.approx(1)


@pytest.mark.parametrize("rate", RATES)
def test_the_monitor_band_is_that_of_the_standard(rate: float) -> None:
    """IEC 60601-2-27: -3 dB at 0.5 and 40 Hz; a QRS complex passes whole, mains do not."""
    band = monitor_sections(rate, None)
    assert gain(band, 0.5, rate) == pytest.approx(math.sqrt(0.5), rel=0.01)
    assert gain(band, 40, rate) == pytest.approx(math.sqrt(0.5), rel=0.01)
    assert gain(band, 10, rate) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("rate", RATES)
def test_the_diagnostic_band_is_that_of_the_standard(rate: float) -> None:
    """IEC 60601-2-25: -3 dB at 0.05 and, where the rate carries it, 150 Hz."""
    band = diagnostic_sections(rate)
    assert gain(band, 0.05, rate) == pytest.approx(math.sqrt(0.5), rel=0.01)
    assert gain(band, 0.5, rate) > 0.99
    assert gain(band, 40, rate) > 0.99
    if rate > 400:
        assert gain(band, 150, rate) == pytest.approx(math.sqrt(0.5), rel=0.01)


def test_a_step_of_the_st_segment_stays() -> None:
    """IEC 60601-2-25, 201.12.4.107.1.1.2: an impulse of 3 mV and 100 ms leaves at most 0.1 mV."""
    signal = np.zeros(1000)
    signal[200:250] = 3.0
    (out,) = diagnostic_filter(500).push(Block(0, signal))
    assert np.abs(out.samples[260:400]).max() <= 0.1


@pytest.mark.parametrize("mains", [50.0, 60.0])
@pytest.mark.parametrize("rate", [250.0, 500.0, 1000.0])
def test_mains_are_gone(rate: float, mains: float) -> None:
    assert gain(monitor_sections(rate, mains), mains, rate) < 1e-6
    assert gain(monitor_sections(rate, mains), 15, rate) > 0.9


def test_a_rate_too_low_for_the_mains_has_no_notch() -> None:
    assert monitor_sections(100, 50) == monitor_sections(100, None)


def test_a_band_beyond_the_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="40"):
        low_pass(40, 80)


@pytest.mark.parametrize("rate", RATES)
def test_the_kernel_is_the_plain_recursion(rate: float) -> None:
    """scipy's sosfilt, started from the state of a constant, is the truth."""
    sections = monitor_sections(rate)
    signal = np.random.default_rng(1).normal(300, 1, (3, 1111))
    sos = as_sos(sections)
    start = scipy.signal.sosfilt_zi(sos)[:, None, :] * signal[:, :1]
    theirs, _ = scipy.signal.sosfilt(sos, signal, axis=1, zi=start)
    np.testing.assert_allclose(recursive(sections).push(signal)[0], theirs, atol=1e-8)


def test_kernels_are_convolutions() -> None:
    taps = np.stack(gabor(*NARROW, 250))
    signal = np.random.default_rng(2).normal(0, 1, 700)
    answer = kernels(taps).push(signal[None])
    for output in (0, 1):
        theirs = np.convolve(signal, taps[output], "valid")
        np.testing.assert_allclose(answer[output, 0, len(taps[0]) - 1 :], theirs, atol=1e-12)


def test_a_constant_starts_without_a_transient() -> None:
    (out,) = monitor_filter(250).push(Block(0, np.full(500, 300.0)))
    assert np.abs(out.samples).max() < 1e-9


@pytest.mark.parametrize("rate", RATES)
def test_the_stated_delay_is_where_a_beat_comes_out(rate: float) -> None:
    """A bell as wide as a QRS complex peaks later by the delay, to the sample."""
    t = (np.arange(int(4 * rate)) - 2 * rate) / rate
    band = monitor_filter(rate)
    (out,) = band.push(Block(0, np.exp(-((t / 0.02) ** 2) / 2)))
    assert abs(int(out.samples.argmax()) - (2 * rate + band.delay)) <= max(1.5, 0.004 * rate)


@pytest.mark.parametrize("rate", RATES)
def test_the_phase_delay_of_a_low_pass_is_its_slope_at_zero(rate: float) -> None:
    """Of an analogue Butterworth: sqrt(2) / omega; the bilinear transform keeps it near 0 Hz."""
    cutoff = 0.02 * rate
    expected = math.sqrt(2) / (2 * math.pi * cutoff) * rate
    found = phase_delay((low_pass(cutoff, rate),), cutoff / 50, rate)
    assert found == pytest.approx(expected, rel=0.01)


@given(
    st.lists(st.integers(0, 90), max_size=30),
    st.sampled_from(RATES),
    st.sampled_from([(300,), (1, 300), (3, 300)]),
)
def test_any_split_gives_the_same_bits(cuts: list[int], rate: float, shape: tuple[int]) -> None:
    signal = np.random.default_rng(3).normal(5, 1, shape)
    (whole,) = monitor_filter(rate).push(Block(7, signal))
    parts = pushed_in_parts(monitor_filter(rate), signal, cuts)
    assert np.array_equal(parts, whole.samples)


def test_sample_by_sample_gives_the_same_bits() -> None:
    signal = np.random.default_rng(4).normal(5, 1, (2, 300))
    (whole,) = monitor_filter(500).push(Block(7, signal))
    assert np.array_equal(pushed_in_parts(monitor_filter(500), signal, [1] * 300), whole.samples)


def pushed_in_parts(stage: SectionFilter, signal: Samples, cuts: list[int]) -> Samples:
    edges = np.minimum(np.cumsum([0, *cuts, signal.shape[-1]]), signal.shape[-1])
    out = [
        block
        for start, stop in itertools.pairwise(edges)
        for block in stage.push(Block(7 + int(start), signal[..., start:stop]))
    ]
    firsts = [block.first for block in out]
    assert firsts == sorted(firsts)
    return np.concatenate([block.samples for block in out], axis=-1)
