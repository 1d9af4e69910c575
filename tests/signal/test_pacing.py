"""Pacing spikes are no beats, whatever follows them; beats that they set off are called paced."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.ecg import ecg_chain
from edge_signal.pacing import SpikeRemover, Spikes
from edge_signal.values import Beat, BeatKind, Block, Finding

Samples = NDArray[np.float64]
EVERY_S = 0.85
"""Seconds from spike to spike; no multiple of any sampling interval, so phases differ."""
LATE_S = 0.09


def bells(rate: float, seconds: float, shift: float, width_ms: float, height: float) -> Samples:
    """A bell every `EVERY_S`, so wide at half its height."""
    t = np.arange(int(seconds * rate)) / rate
    off = (t - shift) % EVERY_S
    return height * np.exp(-2.77 * (np.minimum(off, EVERY_S - off) * 1000 / width_ms) ** 2)


def noise(count: int, deviation: float) -> Samples:
    return np.random.default_rng(5).normal(0, deviation, count)


def spikes(rate: float, seconds: float, width_ms: float = 6, height: float = 1.0) -> Samples:
    return bells(rate, seconds, 0.5, width_ms, height)


def paced(rate: float, seconds: float = 16, **spike: float) -> Samples:
    """Spikes, each with a wide complex and a T wave after it, and a little noise."""
    complexes = -bells(rate, seconds, 0.5 + LATE_S, 60, 1.2)
    waves = bells(rate, seconds, 0.5 + 0.35, 180, 0.35)
    return spikes(rate, seconds, **spike) + complexes + waves + noise(len(waves), 0.01)


def found(signal: Samples, rate: float, size: int = 100_000) -> list[Finding]:
    chain = ecg_chain(rate)
    said: list[Finding] = []
    for first in range(0, signal.shape[-1], size):
        said += chain.push(Block(first, signal[..., first : first + size]))
    return [*said, *chain.flush()]


def beats(signal: Samples, rate: float) -> list[Beat]:
    return [one for one in found(signal, rate) if isinstance(one, Beat)]


@pytest.mark.parametrize("rate", [250.0, 500.0])
@pytest.mark.parametrize("width_ms", [4, 9])
@pytest.mark.parametrize("height", [0.8, 2, -20])
def test_spikes_that_no_beat_follows_are_no_beats(
    rate: float, width_ms: float, height: float
) -> None:
    """IEC 60601-2-27, 201.12.1.101.13: an ineffective pacemaker over a silent heart."""
    silent = spikes(rate, 5, width_ms, height) + noise(int(5 * rate), 0.005)
    assert beats(silent, rate) == []


@pytest.mark.parametrize(("rate", "height"), [(250.0, 0.6), (360.0, -3), (1000.0, 0.6)])
def test_every_beat_that_a_spike_sets_off_is_paced_and_placed_there(
    rate: float, height: float
) -> None:
    told = beats(paced(rate, height=height), rate)
    assert len(told) == pytest.approx(16 / EVERY_S, abs=1)
    assert {one.kind for one in told[4:]} == {BeatKind.PACED}
    assert min(one.kind_certainty for one in told[12:]) > 0.85
    phases = np.array([(one.index / rate - 0.5) % EVERY_S for one in told[4:]])
    assert np.minimum(phases, EVERY_S - phases).max() < 0.01


def test_a_beat_of_its_own_among_paced_ones_is_not_called_ectopic() -> None:
    """Against the shape of paced beats a normal one is narrow and other: nobody can say."""
    rate, own = 250.0, 14
    signal = paced(rate)
    start = int((0.5 + own * EVERY_S - 0.2) * rate)
    signal[start : start + int(EVERY_S * rate)] = noise(int(EVERY_S * rate), 0.01)
    peak = start + int(0.2 * rate)
    signal[peak - 10 : peak + 11] += np.bartlett(21) * 1.5
    (told,) = [one for one in beats(signal, rate) if abs(one.index - peak) < 0.05 * rate]
    assert told.kind in (BeatKind.UNKNOWN, BeatKind.NORMAL)


def test_muscle_noise_paces_nobody() -> None:
    rate = 250.0
    signal = bells(rate, 20, 0.5, 30, 1.2) + noise(int(20 * rate), 0.25)
    kinds = [one.kind for one in beats(signal, rate)]
    assert len(kinds) > 20
    assert kinds.count(BeatKind.PACED) <= 0.05 * len(kinds)


def test_below_250_a_second_nothing_is_looked_for() -> None:
    block = Block(0, spikes(130, 3))
    assert SpikeRemover(130, Spikes()).push(block) == (block,)


def removed(signal: Samples, rate: float, cuts: list[int]) -> tuple[Samples, list[int]]:
    """What a remover says of a signal that comes in pieces, and where it saw spikes."""
    at, edges = Spikes(), sorted({0, *cuts, signal.shape[-1]})
    stage = SpikeRemover(rate, at)
    said: list[Block] = []
    for start, stop in pairwise(edges):
        said += stage.push(Block(start, signal[..., start:stop]))
    said += stage.flush()
    assert [one.first for one in said] == [0, *(one.end for one in said[:-1])]
    joined = np.concatenate([one.samples for one in said], axis=-1)
    return joined, at.take_until(signal.shape[-1])


@pytest.mark.parametrize("leads", [1, 3])
def test_what_is_no_spike_stays_as_it_is(leads: int) -> None:
    rate = 500.0
    signal = np.outer(np.linspace(1, 2, leads), paced(rate, 10))
    clean, at = removed(signal, rate, [])
    assert len(at) == 12
    inside = np.abs(np.arange(signal.shape[1])[:, None] - np.array(at)).min(axis=1) < 8
    assert (clean[:, ~inside] == signal[:, ~inside]).all()
    assert np.abs(clean[:, inside]).max() < 1.3 * 2


@cache
def excerpt() -> Samples:
    return paced(250.0, 8, height=0.8)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 1999), max_size=60))
def test_any_split_gives_the_same(cuts: list[int]) -> None:
    clean, at = removed(excerpt(), 250.0, cuts)
    whole, spikes_of_whole = removed(excerpt(), 250.0, [])
    assert (clean == whole).all()
    assert at == spikes_of_whole


def test_sample_by_sample_the_beats_are_the_same() -> None:
    assert found(excerpt(), 250.0, 1) == found(excerpt(), 250.0)
