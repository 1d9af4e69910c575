"""The forecast on data of which the answer is known."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.stock.forecast import Demand, Supply, supply


def demand(days: list[float]) -> Demand:
    found = Demand()
    for packs in days:
        found = found.after(packs)
    return found


def test_with_too_few_days_nothing_is_said() -> None:
    assert supply(demand([4, 4]), 40) is None


def test_a_steady_demand_lasts_as_long_as_division_says() -> None:
    found = supply(demand([4.0] * 30), 40)
    assert found
    assert found.likely == pytest.approx(10)
    # 4 d + 1.2816 * 2 sqrt(d) = 40
    assert 4 * found.cautious + 2.5632 * math.sqrt(found.cautious) == pytest.approx(40)


def test_nothing_taken_lasts_for_ever_and_nothing_left_lasts_not_at_all() -> None:
    assert supply(demand([0.0] * 5), 3) == Supply(math.inf, math.inf)
    assert supply(demand([2.0] * 5), 0) == Supply(0, 0)


def test_moments_are_those_of_the_weighted_definition() -> None:
    days = [3.0, 0.0, 7.0, 2.0, 5.0]
    weights = [0.95 ** (len(days) - 1 - n) for n in range(len(days))]
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, days, strict=True)) / total
    square = sum(w * (x - mean) ** 2 for w, x in zip(weights, days, strict=True)) / total
    assert demand(days).mean == pytest.approx(mean)
    assert demand(days).variance == pytest.approx(max(mean, square))


def test_a_change_of_demand_is_followed_within_weeks() -> None:
    found = demand([2.0] * 60 + [6.0] * 27)
    assert found.mean == pytest.approx(5, abs=0.05)  # two half-lives: three quarters of the way


@pytest.mark.parametrize("rate", [0.7, 3.0, 12.0])
def test_the_cautious_answer_fails_in_about_one_case_of_ten(rate: float) -> None:
    """Poisson demand: how often the stock is gone before the cautious number of whole days."""
    chance, trials, gone = Random(7), 3000, 0
    stock = round(14 * rate) + 3
    for _ in range(trials):
        known = demand([poisson(chance, rate) for _ in range(60)])
        found = supply(known, stock)
        assert found
        days = math.floor(found.cautious)
        gone += sum(poisson(chance, rate) for _ in range(days)) >= stock
    assert 0.02 < gone / trials < 0.20


def poisson(chance: Random, rate: float) -> int:
    count, product = 0, chance.random()
    while product > math.exp(-rate):
        count, product = count + 1, product * chance.random()
    return count


@given(st.lists(st.integers(0, 50), min_size=3, max_size=60), st.integers(0, 500))
def test_the_cautious_answer_is_never_beyond_the_likely_one(days: list[int], stock: int) -> None:
    found = supply(demand([float(n) for n in days]), stock)
    assert found
    assert 0 <= found.cautious <= found.likely
