"""Hum and muscle noise go, the heart stays; and every filter is the same for any split."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_agent.model.seams import Stage
from edge_signal.filters import (
    NOTCH_QUALITY,
    SectionFilter,
    linear_diagnostic_filter,
    linear_monitor_filter,
    mains_filter,
    muscle_filter,
    wander_filter,
)
from edge_signal.hum import Hum
from edge_signal.sections import low_pass, notch
from edge_signal.values import Block
from tests.support.blocks import FIRST, filtered

Samples = NDArray[np.float64]
RATES = (100.0, 130.0, 250.0, 500.0, 1000.0)
MAKERS: tuple[Callable[[float], Stage[Block, Block]], ...] = (
    linear_monitor_filter,
    linear_diagnostic_filter,
    wander_filter,
    mains_filter,
    muscle_filter,
)
RATE = 360.0
SETTLED = slice(720, -360)
"""Seconds 2 to 19 of the excerpt's first 20."""


@cache
def heart() -> tuple[Samples, NDArray[np.int64]]:
    """20 s of a real ECG, one lead, mV, and its beats."""
    with np.load(Path(__file__).parents[1] / "data" / "ecg" / "119.npz") as kept:
        beats = kept["beats"].astype(np.int64)
        return (kept["samples"][0, :7200] - 1024) / 200, beats[beats < 7000]


def sine(hz: float, amplitude: float = 0.1, rate: float = RATE, count: int = 7200) -> Samples:
    return amplitude * np.sin(2 * np.pi * hz / rate * np.arange(count, dtype=np.float64) + 1)


def rms(signal: Samples) -> float:
    return float(np.sqrt(np.mean(signal[SETTLED] ** 2)))


def listened(signal: Samples, rate: float = RATE) -> tuple[Samples, list[Hum]]:
    heard: list[Hum] = []
    return filtered(mains_filter(rate, heard.append), rate, signal)[1:], heard


@pytest.mark.parametrize("hz", [49.5, 50.0, 50.3, 59.8, 60.5])
def test_hum_is_subtracted_and_the_heart_is_left(hz: float) -> None:
    """To a thirtieth; a notch, which takes part of the heart along, leaves five times as much."""
    signal, _ = heart()
    out, heard = listened(signal + sine(hz))
    left = rms(out[0] - signal)
    assert left < rms(sine(hz)) / 30
    fixed = SectionFilter((notch(round(hz, -1), RATE, NOTCH_QUALITY),), RATE)
    assert left < rms(filtered(fixed, RATE, signal + sine(hz))[1] - signal) / 5
    told = heard[-3]
    assert told.nominal == round(hz, -1)
    assert told.hz == pytest.approx(hz, abs=0.05)
    assert told.amplitudes == pytest.approx((0.1,), abs=0.01)


def test_where_no_hum_is_nothing_is_changed_and_none_is_told() -> None:
    """A notch rings by more than 70 uV after this record's QRS complexes."""
    signal, _ = heart()
    out, heard = listened(signal)
    assert np.abs(out[0] - signal)[SETTLED].max() < 0.008
    assert {one.nominal for one in heard} == {None}
    fixed = SectionFilter((notch(50, RATE, NOTCH_QUALITY),), RATE)
    assert np.abs(filtered(fixed, RATE, signal)[1] - signal)[SETTLED].max() > 0.07


def test_hum_that_comes_and_goes_is_followed_within_a_second() -> None:
    signal, _ = heart()
    hum = sine(50.2)
    hum[:2520] = hum[5040:] = 0
    out, heard = listened(signal + hum)
    off = np.abs(out[0] - signal)
    for start in (2520, 5040):
        assert off[start + 360 : start + 1080].max() < 0.02
    assert {one.nominal for one in heard if one.index < 2400} == {None}
    assert {one.nominal for one in heard if 2880 < one.index < 4900} == {50.0}
    assert {one.nominal for one in heard if one.index > 5500} == {None}


def test_every_lead_has_its_own_hum_and_harmonics_go_too() -> None:
    rate, count = 500.0, 5000
    beat = np.exp(-((((np.arange(count) / rate) % 0.8) - 0.4) ** 2) / (2 * 0.012**2))
    hums = np.stack([sine(50.1, mv, rate, count) for mv in (0.02, 0.2, 0.0)])
    hums += 0.4 * np.stack([sine(150.3, mv, rate, count) for mv in (0.02, 0.2, 0.0)])
    out, heard = listened(beat + hums, rate)
    assert np.abs(out - beat)[:, 1000:-500].max() < 0.012
    assert heard[-3].amplitudes == pytest.approx((0.02, 0.2, 0), abs=0.003)


def test_a_rate_that_cannot_carry_the_mains_is_left_alone() -> None:
    signal = sine(40.0, 1.0, 100.0, 900)
    out, heard = listened(signal, 100.0)
    assert np.array_equal(out[0], signal)
    assert {one.nominal for one in heard} == {None}


def heights(signal: Samples, beats: NDArray[np.int64]) -> Samples:
    return np.array([np.ptp(signal[at - 20 : at + 20]) for at in beats if at > 720])


def test_muscle_noise_goes_between_the_beats_and_the_beats_stay() -> None:
    """Of noise from 15 Hz on less than a third of the power is left outside the QRS complexes."""
    signal, beats = heart()
    white = np.random.default_rng(1).normal(0, 0.06, len(signal))
    noise = white - filtered(muscle_like(), RATE, white)[1]
    out = filtered(muscle_filter(RATE), RATE, signal + noise)[1]
    outside = np.ones(len(signal), np.bool_)
    for at in beats:
        outside[at - 30 : at + 30] = False
    outside[: SETTLED.start] = False
    left = np.var((out - signal)[outside]) / np.var(noise[outside])
    assert left < 1 / 3
    assert 0.97 < np.median(heights(out, beats) / heights(signal, beats)) < 1.1


def muscle_like() -> SectionFilter:
    return SectionFilter((low_pass(15, RATE),), RATE)


def test_a_clean_signal_stays_as_it_is() -> None:
    signal, beats = heart()
    out = filtered(muscle_filter(RATE), RATE, signal)[1]
    kept = heights(out, beats) / heights(signal, beats)
    assert np.median(kept) > 0.99
    assert kept.min() > 0.95
    assert rms(out - signal) < 0.02


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=8), st.sampled_from(RATES), st.data())
def test_any_split_with_holes_and_jumps_gives_the_same_bits(
    cuts: list[int], rate: float, data: st.DataObject
) -> None:
    make = data.draw(st.sampled_from(MAKERS))
    leads = data.draw(st.sampled_from((1, 3, 12)))
    signal = np.random.default_rng(3).normal(5, 1, (leads, 600))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, 599))
        signal[:, start : start + data.draw(st.integers(1, 100))] = np.nan
    whole = filtered(make(rate), rate, signal)
    assert np.array_equal(filtered(make(rate), rate, signal, cuts), whole)
    holes = np.isnan(signal[0])
    assert set(FIRST + np.flatnonzero(~holes)) <= set(whole[0])


@pytest.mark.parametrize("make", MAKERS)
def test_sample_by_sample(make: Callable[[float], Stage[Block, Block]]) -> None:
    signal = np.random.default_rng(4).normal(5, 1, (2, 500))
    whole = filtered(make(250.0), 250.0, signal)
    assert np.array_equal(filtered(make(250.0), 250.0, signal, range(500)), whole)


@pytest.mark.parametrize("make", MAKERS)
def test_a_filter_goes_on_where_it_was_saved(make: Callable[[float], Stage[Block, Block]]) -> None:
    signal = np.random.default_rng(5).normal(5, 1, (2, 1500))
    stage = make(250.0)
    stage.push(Block(0, signal[:, :800]))
    restored: Stage[Block, Block] = pickle.loads(pickle.dumps(stage))
    rest = Block(800, signal[:, 800:])
    said = [(*one.push(rest), *one.flush()) for one in (stage, restored)]
    assert [one.first for one in said[0]] == [one.first for one in said[1]]
    for one, other in zip(*said, strict=True):
        assert np.array_equal(one.samples, other.samples)
