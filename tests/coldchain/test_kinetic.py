"""Mean kinetic temperature against worked examples that others published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.coldchain.kinetic import Heat

USP = 83.144

PUBLISHED = [
    # systems.isopharm.co.uk/mean-kinetic-temperature: 20 C for 2 h, 2 C for 4 h, 25 1 h: 15.7
    ([(20, 2), (2, 4), (25, 1)], 15.7, 0.05),
    # tooljolt.com/tools/warehouse-mkt-calculator, USP <1079>: 22.36 C
    ([(23, 200), (28, 20), (30, 8), (21, 300)], 22.36, 0.005),
]


def mean(readings: list[tuple[float, float]]) -> float:
    heat = Heat()
    for celsius, hours in readings:
        heat = heat.suffer(celsius, 3600 * hours, USP)
    found = heat.mean(USP)
    assert found is not None
    return found


@pytest.mark.parametrize(("readings", "expected", "within"), PUBLISHED)
def test_published_examples(
    readings: list[tuple[float, float]], expected: float, within: float
) -> None:
    assert mean(readings) == pytest.approx(expected, abs=within)


def test_of_no_time_there_is_none() -> None:
    assert Heat().mean(USP) is None


@given(st.lists(st.tuples(st.floats(-80, 60), st.floats(0.01, 100)), min_size=1, max_size=30))
def test_it_lies_between_the_arithmetic_mean_and_the_highest(
    readings: list[tuple[float, float]],
) -> None:
    hours = sum(time for _, time in readings)
    arithmetic = sum(celsius * time for celsius, time in readings) / hours
    found = mean(readings)
    assert found <= max(celsius for celsius, _ in readings) + 1e-6
    assert found >= min(celsius for celsius, _ in readings) - 1e-6
    if all(celsius > -40 for celsius, _ in readings):  # exp(-E/RT) is convex up to E/2R
        assert found >= arithmetic - 1e-6
