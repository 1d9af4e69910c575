"""A strap's own clock against the truth: the rate found, the samples put where they belong."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.intake import Intake
from edge_signal.resample import HALF, Resampler
from edge_signal.stamps import ClockLine, Stamp
from edge_signal.values import Block

Samples = NDArray[np.float64]
NOMINAL = 130.0
FRAME = 73
EPOCH = 599_616_000_000_000_000
"""A Polar's stamps count nanoseconds from 2000; its frames have 73 samples."""


def waves(seconds: Samples) -> Samples:
    """What a heart might be, known between the samples too."""
    return np.stack(
        [
            np.sin(2 * np.pi * 7.3 * seconds) + 0.5 * np.sin(2 * np.pi * 31 * seconds + 1),
            0.2 * np.cos(2 * np.pi * 1.1 * seconds),
        ]
    )


def frames(
    seconds: Samples, leads: Samples, late: Samples | float = 0.0, first: int = 0
) -> list[Block | Stamp]:
    """As a strap sends them: 73 samples, then the stamp of the last."""
    told: list[Block | Stamp] = []
    shown = seconds + late
    for at in range(0, len(seconds) - FRAME + 1, FRAME):
        last = at + FRAME - 1
        told.append(Block(first + at, leads[..., at : at + FRAME]))
        told.append(Stamp(first + last, EPOCH + round(shown[last] * 1e9)))
    return told


def run(items: Iterable[Block | Stamp], to: float = NOMINAL) -> tuple[Samples, Samples, float]:
    """Indices, samples and the rate that was found in the end."""
    stage = Resampler(NOMINAL, to)
    said: list[Block] = []
    for one in items:
        said += stage.push(one)
    said += stage.flush()
    indices = np.concatenate([np.arange(one.first, one.end) for one in said])
    leads = np.concatenate([one.leads for one in said], axis=1)
    return indices.astype(np.float64), leads, stage.clock.rate


def taken(rate: float, count: int = 60 * FRAME) -> Samples:
    return np.arange(count, dtype=np.float64) / rate


@pytest.mark.parametrize("to", [130.0, 250.0, 500.0])
@pytest.mark.parametrize("rate", [123.6, 127.4, 130.0, 136.4])
def test_samples_are_where_they_belong(rate: float, to: float) -> None:
    """True to 1e-3 at up to 31 Hz, from the first second to the last."""
    seconds = taken(rate)
    indices, leads, found = run(frames(seconds, waves(seconds)), to)
    assert found == pytest.approx(rate, rel=1e-6)
    assert np.array_equal(indices, np.arange(len(indices)))
    assert len(indices) == pytest.approx(len(seconds) / rate * to, abs=2)
    off = (leads - waves(indices / to))[:, 4 * HALF : -4 * HALF]
    assert np.abs(off).max() < 1e-3


def test_late_and_jittered_stamps_do_not_move_the_rate() -> None:
    """5 ms of jitter, every fifth late by 100 ms and more: right to a fiftieth of a per cent."""
    seconds = taken(127.4, 200 * FRAME)
    chance = np.random.default_rng(1)
    late = chance.normal(0, 0.005, len(seconds))
    late += (chance.random(len(seconds)) < 0.2) * (0.1 + chance.exponential(0.1, len(seconds)))
    indices, leads, found = run(frames(seconds, waves(seconds), late))
    assert found == pytest.approx(127.4, rel=2e-4)
    moved = [
        best_shift(leads[0], indices / NOMINAL, part) for part in np.array_split(indices, 6)[1:]
    ]
    assert np.ptp(moved) < 0.02


def best_shift(lead: Samples, seconds: Samples, part: Samples) -> float:
    """By how many seconds a part is early."""
    at = part.astype(np.int64)
    shifts = np.linspace(-0.05, 0.05, 201)
    off = [np.sum((lead[at] - waves(seconds[at] + shift)[0]) ** 2) for shift in shifts]
    return float(shifts[int(np.argmin(off))])


def test_a_clock_that_is_set_is_no_time_that_passed() -> None:
    seconds = taken(127.4)
    late = np.where(np.arange(len(seconds)) < 2000, 0.0, -3e8)
    indices, leads, found = run(frames(seconds, waves(seconds), late))
    assert found == pytest.approx(127.4, rel=1e-4)
    off = (leads - waves(indices / NOMINAL))[:, 4 * HALF : -4 * HALF]
    assert np.abs(off).max() < 0.02


@pytest.mark.parametrize("factor", [0.1, 1.2, 1000.0])
def test_stamps_that_nobody_can_believe_leave_the_nominal_rate(factor: float) -> None:
    seconds = taken(130.0)
    shown = [
        Stamp(one.index, EPOCH + round((one.nanoseconds - EPOCH) * factor))
        if isinstance(one, Stamp)
        else one
        for one in frames(seconds, waves(seconds))
    ]
    assert run(shown)[2] == NOMINAL


def test_without_stamps_the_signal_goes_through_as_it_is() -> None:
    signal = np.random.default_rng(2).normal(0, 1, (2, 2000))
    indices, leads, _ = run([Block(40, signal)])
    assert np.array_equal(indices, np.arange(2000))
    np.testing.assert_allclose(leads, signal, atol=1e-12)


def test_a_gap_stays_a_gap_and_as_long_as_it_was() -> None:
    rate = 127.4
    seconds = taken(rate)
    items = frames(seconds, waves(seconds))
    first, end = 30 * FRAME, 42 * FRAME
    kept = [
        one
        for one in items
        if not first <= (one.first if isinstance(one, Block) else one.index) < end
    ]
    stage = Resampler(NOMINAL, NOMINAL)
    said: list[Block] = []
    for one in kept:
        if isinstance(one, Block) and one.first == end:
            said += stage.gap(-1)
        said += stage.push(one)
    said += stage.flush()
    missing = range(ceil(first / rate * NOMINAL) + 1, floor(end / rate * NOMINAL) - 1)
    told = np.concatenate([np.arange(one.first, one.end) for one in said])
    assert not set(missing) & set(told)
    assert len(told) == pytest.approx((len(seconds) - (end - first)) / rate * NOMINAL, abs=3)
    after = np.concatenate([one.leads for one in said if one.first > missing[-1]], axis=1)
    places = np.array([index for index in told if index > missing[-1]]) / NOMINAL
    assert np.abs(after - waves(places))[:, 2 * HALF : -2 * HALF].max() < 1e-3


def test_a_lower_rate_than_the_signal_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        Resampler(500, 250)


def test_nothing_grows() -> None:
    """Not by stamps without samples, nor by samples without stamps."""
    stage = Resampler(NOMINAL, NOMINAL)
    sizes: list[int] = []
    for number in range(4000):
        stage.push(Stamp(number, EPOCH + number * 7_700_000))
        if number == 2000:
            stage.push(Block(0, np.zeros(1000)))
            sizes.append(len(pickle.dumps(stage)))
    for start in range(1000, 100_000, 1000):
        stage.push(Block(start, np.zeros(1000)))
    sizes.append(len(pickle.dumps(stage)))
    assert stage.clock.known <= 120
    assert sizes[1] < sizes[0] + 1000


def test_stamps_in_disorder_are_passed_over() -> None:
    line = ClockLine(NOMINAL)
    for index, seconds in ((0, 0.0), (130, 1.0), (130, 5.0), (60, 9.0), (260, 2.0)):
        line.add(Stamp(index, round(seconds * 1e9)))
    assert (line.known, line.rate) == (3, 130.0)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(0, 14 * FRAME), max_size=30),
    st.sampled_from((124.0, 133.0)),
    st.lists(st.tuples(st.integers(0, 14 * FRAME), st.integers(1, 300)), max_size=3),
)
def test_any_split_between_stamps_with_holes_gives_the_same_bits(
    cuts: list[int], rate: float, holes: list[tuple[int, int]]
) -> None:
    seconds = taken(rate, 14 * FRAME)
    leads = waves(seconds)
    for start, length in holes:
        leads[:, start : start + length] = np.nan
    items = frames(seconds, leads, np.random.default_rng(3).normal(0, 0.002, len(seconds)))
    assert np.array_equal(headed(items, cuts), headed(items, ()))


def test_sample_by_sample() -> None:
    seconds = taken(127.4, 11 * FRAME)
    items = frames(seconds, waves(seconds))
    assert np.array_equal(headed(items, range(11 * FRAME)), headed(items, ()))


def headed(items: Iterable[Block | Stamp], cuts: Iterable[int]) -> Samples:
    """Behind an intake, which turns what is no number into gaps; stamps go past it."""
    stage = Resampler(NOMINAL, NOMINAL)
    head = Intake[Block](stage, NOMINAL)
    said: list[Block] = []
    marks = sorted(set(cuts))
    for one in items:
        if isinstance(one, Stamp):
            said += stage.push(one)
            continue
        inside = [cut - one.first for cut in marks if one.first < cut < one.end]
        for start, stop in zip([0, *inside], [*inside, one.count], strict=True):
            said += head.push(one.part(start, stop))
    said += head.flush()
    indices = np.concatenate([np.arange(one.first, one.end, dtype=np.float64) for one in said])
    return np.vstack([indices, np.concatenate([one.leads for one in said], axis=1)])
