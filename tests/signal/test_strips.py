"""The class of a strip, on strips that are made to be of it; real ones are scored by the bench."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_signal.ecg import ecg_chain
from edge_signal.strip_weights import NAMES
from edge_signal.strips import Strip, StripClass, classify
from edge_signal.values import Block, Finding

RATE = 250.0
SECONDS = 20.0
Lead = NDArray[np.float64]


def bells(at: Lead, parts: tuple[tuple[float, float, float], ...]) -> Lead:
    """Height mV, seconds after the R peak, width s."""
    t = np.arange(round(SECONDS * RATE)) / RATE
    rows = [
        h * np.exp(-((t - one - after) ** 2) / (2 * w**2)) for one in at for h, after, w in parts
    ]
    whole: Lead = np.sum(rows, axis=0)
    return whole


QRS = ((-0.1, -0.03, 0.01), (1.0, 0.0, 0.012), (-0.2, 0.03, 0.012))
T = (0.25, 0.28, 0.045)
P = (0.15, -0.16, 0.022)


def chance() -> np.random.Generator:
    return np.random.default_rng(5)


def lead(seconds: Lead, *waves: tuple[float, float, float], noise: float = 0.01) -> Lead:
    """An ECG with these intervals, no end of it without a beat."""
    at = np.array([one for one in accumulate(seconds.tolist()) if one < SECONDS + 1])
    return bells(at, (*QRS, *waves)) + noise * chance().normal(size=round(SECONDS * RATE))


def steady() -> Lead:
    return lead(0.8 + 0.02 * chance().normal(size=60), P, T)


def fibrillating() -> Lead:
    t = np.arange(round(SECONDS * RATE)) / RATE
    waves = 0.05 * np.sin(2 * np.pi * (6 * t + 0.6 * np.sin(2 * np.pi * 0.4 * t)))
    return lead(np.clip(0.6 + 0.15 * chance().normal(size=90), 0.35, 1.2), T) + waves


def ectopic() -> Lead:
    return lead(np.tile([0.85, 0.85, 0.85, 0.5, 1.2], 20), P, T)


def noise() -> Lead:
    return np.cumsum(chance().normal(size=round(SECONDS * RATE))) * 0.05


def found(signal: Lead, sizes: tuple[int, ...] = (10**6,)) -> list[Finding]:
    chain, at, said = ecg_chain(RATE), 0, list[Finding]()
    while at < signal.shape[-1]:
        for size in sizes:
            part = signal[..., at : at + size]
            if part.shape[-1]:
                said += chain.push(Block(at, part))
            at += size
    return [*said, *chain.flush()]


def told(signal: Lead) -> Strip:
    strip = classify(signal, RATE, found(signal))
    assert strip is not None
    return strip


@pytest.mark.parametrize(
    ("signal", "likeliest"),
    [
        (steady(), StripClass.NORMAL),
        (fibrillating(), StripClass.FIBRILLATION),
        (ectopic(), StripClass.OTHER),
        (noise(), StripClass.NOISY),
    ],
)
def test_a_strip_is_what_it_was_made_to_be(signal: Lead, likeliest: StripClass) -> None:
    strip = told(signal)
    assert strip.likeliest is likeliest
    assert strip.chances[likeliest] == max(strip.chances.values())
    assert sum(strip.chances.values()) == pytest.approx(1)
    assert {name for name, _ in strip.evidence} <= set(NAMES)
    assert all(odds > 0 for _, odds in strip.evidence)


def test_an_irregular_rhythm_with_p_waves_is_less_fibrillation_than_one_without() -> None:
    seconds = np.clip(0.8 + 0.1 * chance().normal(size=60), 0.6, 1.2)
    with_p, without = told(lead(seconds, P, T)), told(lead(seconds, T))
    fibrillation = StripClass.FIBRILLATION
    assert with_p.chances[fibrillation] < without.chances[fibrillation] / 2


@pytest.mark.parametrize("signal", [steady(), fibrillating()])
def test_a_strip_upside_down_is_of_the_same_class(signal: Lead) -> None:
    up, down = told(signal), told(-signal)
    assert up.likeliest is down.likeliest
    assert list(up.chances.values()) == pytest.approx(list(down.chances.values()), abs=0.1)


@settings(max_examples=3, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_any_split_of_the_signal_gives_the_same_class(sizes: list[int]) -> None:
    signal = steady()[: round(10 * RATE)]
    whole = classify(signal, RATE, found(signal))
    assert classify(signal, RATE, found(signal, tuple(sizes))) == whole


def test_like_leads_say_what_one_says_and_a_lost_one_says_nothing() -> None:
    one = steady()
    flat = np.zeros_like(one)
    assert told(np.array([one, one, flat])).likeliest is StripClass.NORMAL


def test_a_hole_is_no_pause() -> None:
    signal = steady()
    signal[round(10 * RATE) : round(14 * RATE)] = np.nan
    assert told(signal).likeliest is StripClass.NORMAL


def test_silence_is_of_no_class() -> None:
    signal = np.zeros(round(SECONDS * RATE))
    assert classify(signal, RATE, found(signal)) is None
    signal[:] = np.nan
    assert classify(signal, RATE, found(signal)) is None


@pytest.mark.parametrize("seconds", [8.9, 61.1])
def test_a_strip_too_short_or_too_long_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"9 to 61 s, not"):
        classify(np.zeros(round(seconds * RATE)), RATE, ())


def test_the_rate_does_not_matter() -> None:
    t = np.arange(round(SECONDS * RATE)) / RATE
    fine = np.interp(np.arange(round(SECONDS * 500)) / 500, t, steady())
    chain = ecg_chain(500.0)
    strip = classify(fine, 500.0, (*chain.push(Block(0, fine)), *chain.flush()))
    assert strip is not None
    assert strip.likeliest is StripClass.NORMAL
