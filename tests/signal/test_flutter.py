"""Whether a window of signal swings without beats."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_signal.flutter import flutter

RATE = 250.0
TIME = np.arange(round(4 * RATE)) / RATE
Lead = NDArray[np.float64]


def beats(bpm: float, width_s: float) -> Lead:
    away: Lead = (TIME + 0.2) % (60 / bpm) - 0.2
    lead: Lead = np.exp(-(away**2) / (2 * width_s**2))
    return lead


def moved(seed: int) -> Lead:
    """An electrode that is moved: a wandering baseline with steps, beats in it."""
    chance = np.random.default_rng(seed)
    steps = np.cumsum(chance.normal(size=len(TIME)) * (chance.random(len(TIME)) < 0.01))
    whole: Lead = beats(75, 0.012) + 0.5 * (steps - steps.mean()) + np.sin(2 * np.pi * 0.7 * TIME)
    return whole


@pytest.mark.parametrize("hertz", [3.0, 4.5, 6.0])
@pytest.mark.parametrize("rate", [125.0, 250.0, 500.0])
def test_what_swings_is_suspected_either_way_up(hertz: float, rate: float) -> None:
    t = np.arange(round(4 * rate)) / rate
    swing = 0.6 * np.sin(2 * np.pi * (hertz * t + 0.3 * np.sin(2 * np.pi * 0.4 * t)))
    chance = flutter(swing, rate)
    assert chance is not None
    assert chance > 0.9
    assert flutter(-swing, rate) == pytest.approx(chance)


@pytest.mark.parametrize("lead", [beats(75, 0.012), beats(150, 0.012), *map(moved, range(6))])
def test_beats_are_not_nor_is_movement(lead: Lead) -> None:
    chance = flutter(lead - lead.mean(), RATE)
    assert chance is not None
    assert chance < 0.1


def test_where_there_is_next_to_nothing_nothing_is_said() -> None:
    assert flutter(0.01 * np.sin(30 * TIME), RATE) is None
