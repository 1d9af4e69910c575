"""Pulses of synthesised plethysmograms with a known answer: on time, none lost, none made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.pulse import Pulse, PulseDetector
from edge_signal.values import Block

Floats = NDArray[np.float64]


def finger(
    rate: float, seconds: float = 60, bpm: float = 72, spread: float = 0.05, seed: int = 1
) -> tuple[Floats, Floats]:
    """A plethysmogram, 1000 with pulses of 20 (perfusion about 2 %), and seconds of its peaks.

    Each pulse is a systolic and a smaller diastolic wave, as in Allen 2007,
    doi 10.1088/0967-3334/28/3/R01; breathing moves the baseline.
    """
    chance = np.random.default_rng(seed)
    intervals = 60 / bpm * (1 + spread * chance.standard_normal(int(seconds * bpm / 30) + 9))
    peaks = np.cumsum(intervals)
    peaks = peaks[peaks < seconds - 1]
    t = np.arange(int(seconds * rate)) / rate
    width = 0.11 * (72 / bpm) ** 0.5
    waves = [
        np.exp(-0.5 * ((t - at) / width) ** 2)
        + 0.35 * np.exp(-0.5 * ((t - at - 2.6 * width) / width) ** 2)
        for at in peaks
    ]
    drift = 15 * np.sin(2 * np.pi * 0.25 * t)
    return 1000 + drift + 20 * np.sum(waves, axis=0), peaks


def run(signal: Floats, rate: float, size: int = 10, **options: bool) -> list[Pulse]:
    detector = PulseDetector(rate, **options)
    found: list[Pulse] = []
    for first in range(0, len(signal), size):
        found += detector.push(Block(first, signal[first : first + size]))
    return found


@pytest.mark.parametrize("rate", [30, 60, 125, 500])
@pytest.mark.parametrize("bpm", [45, 72, 110, 160])
def test_every_pulse_is_found_on_time(rate: float, bpm: float) -> None:
    signal, truth = finger(rate, bpm=bpm)
    signal += np.random.default_rng(2).normal(0, 0.3, len(signal))
    found = np.array([one.index for one in run(signal, rate)]) / rate
    truth = truth[truth > 3]
    off = np.abs(truth[:, None] - found[None]).min(axis=1)
    assert (off < 0.06).mean() > 0.97
    late = found[found > 3]
    assert (np.abs(late[:, None] - truth[None]).min(axis=1) < 0.06).mean() > 0.97


def test_perfusion_is_pulse_over_mean() -> None:
    signal, _ = finger(100)
    perfusion = [one.perfusion for one in run(signal, 100, has_mean=True)]
    known = [one for one in perfusion if one is not None]
    assert np.median(known) == pytest.approx(2.0, abs=0.5)
    assert {one.perfusion for one in run(signal, 100)} == {None}


def test_no_pulse_in_nothing() -> None:
    assert run(np.full(3000, 1000.0), 100) == []
    assert run(np.full(3000, np.nan), 100) == []
    assert run(np.linspace(0, 500, 3000), 100) == []


def test_a_pulse_is_told_soon_after_its_peak() -> None:
    signal, _ = finger(100)
    detector = PulseDetector(100)
    for at, value in enumerate(signal):
        for pulse in detector.push(Block(at, np.array([value]))):
            assert 0 <= at - pulse.index <= 70


def test_nothing_is_found_across_a_gap() -> None:
    signal, _ = finger(100, seconds=20)
    detector = PulseDetector(100)
    before = detector.push(Block(0, signal[:1000]))
    assert detector.gap(500) == ()
    after = detector.push(Block(1500, signal[1000:]))
    assert before
    assert all(one.index < 1000 for one in before)
    assert after
    assert all(one.index >= 1500 for one in after)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.integers(0, 900))
def test_any_split_gives_the_same_pulses(sizes: list[int], hole: int) -> None:
    signal = SIGNAL.copy()
    signal[hole : hole + 30] = np.nan
    whole = PulseDetector(60).push(Block(0, signal))
    detector, first, found = PulseDetector(60), 0, list[Pulse]()
    while first < len(signal):
        size = sizes[first % len(sizes)]
        found += detector.push(Block(first, signal[first : first + size]))
        first += size
    assert tuple(found) == whole


SIGNAL = finger(60, seconds=20)[0]


def test_a_rate_that_no_finger_clip_has_is_refused() -> None:
    with pytest.raises(ValueError, match="25 to 1000"):
        PulseDetector(10)
