"""Bodies with known answers: the same arguments give the same values, within stated bounds."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_simulators.physiology import (
    Rhythm,
    air_humidity,
    air_temperature,
    glucose,
    pressure,
    pulse_wave,
    rhythm,
    saturation,
)

SECONDS = st.floats(0, 1e6)
SEEDS = st.integers(1, 255)


def test_each_interval_is_the_rate_at_its_start() -> None:
    heart = Rhythm(rate=75, swing=10, period=9)
    beats = list(itertools.islice(heart.beats(), 100))
    for before, after in itertools.pairwise(beats):
        assert after - before == pytest.approx(60 / heart.at(before))


@given(SEEDS, SECONDS)
def test_a_heart_of_a_seed_is_always_the_same_and_plausible(seed: int, seconds: float) -> None:
    assert rhythm(seed) == rhythm(seed)
    assert 55 <= rhythm(seed).at(seconds) <= 90


@given(st.integers(0, 1000), SEEDS)
def test_two_persons_cannot_be_confused(number: int, seed: int) -> None:
    first, second = pressure(0, number, seed), pressure(1, number, seed)
    assert first.systolic <= 128 < 141 <= second.systolic
    for reading in (first, second):
        assert reading.diastolic < reading.mean < reading.systolic


@given(st.integers(0, 65535), SEEDS)
def test_glucose_is_plausible(number: int, seed: int) -> None:
    assert 80 <= glucose(number, seed) <= 160


@given(SECONDS, SEEDS)
def test_air_and_blood_stay_in_their_bounds_and_digits(seconds: float, seed: int) -> None:
    assert Decimal("3.5") <= air_temperature(seconds, seed) <= Decimal("6.5")
    assert Decimal(37) <= air_humidity(seconds, seed) <= Decimal(53)
    assert air_temperature(seconds, seed).as_tuple().exponent == -1
    assert 95 <= saturation(seconds, seed) <= 99


def test_a_pulse_wave_has_one_peak_after_the_beat() -> None:
    wave = [pulse_wave(step / 100) for step in range(100)]
    assert min(wave) >= 0 and max(wave) <= 1  # noqa: PT018
    assert 15 <= wave.index(max(wave)) <= 21
