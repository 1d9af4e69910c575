"""Figures: budgets, percentiles, what is printed and what is JSON."""

from __future__ import annotations

import json
import math

import pytest

from figures import Figure, Outcome, percentile, rounded, spread, table


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("memory", 60.0, "MB", 60.0), True),
        (Figure("memory", 60.1, "MB", 60.0), False),
        (Figure("rows", 4_999, "rows/s", 5_000, least=True), False),
        (Figure("rows", 5_000, "rows/s", 5_000, least=True), True),
        (Figure("rows", 1, "rows/s"), None),
    ],
)
def test_a_budget_is_kept_or_not(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_percentiles_are_of_the_nearest_rank() -> None:
    ordered = [float(n) for n in range(1, 101)]
    assert [percentile(ordered, p) for p in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7.0], 50) == 7
    assert math.isnan(percentile([], 50))


def test_a_spread_orders_its_values_and_carries_its_budgets() -> None:
    figures = spread("late", [30.0, 10.0, 20.0], "ms", p50=15, p99=30)
    assert [(f.name, f.value, f.met) for f in figures] == [
        ("late, p50", 20, False),
        ("late, p90", 30, None),
        ("late, p99", 30, True),
        ("late, largest", 30, None),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.333333, "0.333"),
        (41.26, "41.3"),
        (50.0, "50"),
        (10_369.2, "10,369"),
        (999.8, "1,000"),
        (0.0, "0"),
    ],
)
def test_three_digits_are_enough(value: float, text: str) -> None:
    assert rounded(value) == text


def test_people_and_machines_are_told_the_same() -> None:
    figures = (Figure("memory", 61.0, "MB", 60.0), Figure("payload", 128.0, "octets"))
    outcome = Outcome("footprint", "idle", figures, void="nothing arrived")
    assert list(table(outcome)) == [
        "footprint: idle",
        "  VOID: nothing arrived",
        "  memory          61 MB  (budget <= 60: MISSED)",
        "  payload        128 octets",
    ]
    told = json.loads(json.dumps(outcome.as_json()))
    assert told["void"] == "nothing arrived"
    assert told["figures"] == [
        {
            "name": "memory", "value": 61, "unit": "MB", "budget": 60, "least": False, "met": False,
        },
        {"name": "payload", "value": 128, "unit": "octets", "least": False},
    ]  # fmt: skip
