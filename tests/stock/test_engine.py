"""Levels, consumption and warnings of a dispenser's channels."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.stock.engine import (
    EXPIRED,
    EXPIRES,
    OUT,
    SHORT,
    WRAP,
    Content,
    Level,
    State,
    heard,
    judged,
    left,
)

DAY = date(2026, 11, 22).toordinal()


def after(readings: list[tuple[int | None, int, int]]) -> State:
    """Day, level and count of channel 1, in order."""
    state = State()
    for day, level, count in readings:
        state = heard(state, {"1": Level(level, count, f"o{count}")}, day)
    return state


@pytest.mark.parametrize(
    ("before", "now", "packs"),
    [(5, 8, 3), (WRAP - 1, 1, 2), (None, 8, 0), (8, None, 0), (100, 0, 0), (0, 20_000, 0)],
)
def test_what_left_between_two_readings(before: int | None, now: int | None, packs: int) -> None:
    assert left(before, now) == packs


def test_consumption_is_what_left_and_not_what_staff_moved() -> None:
    state = after([(DAY, 20, 0), (DAY, 18, 2), (DAY, 60, 2), (DAY, 57, 5), (DAY + 1, 57, 5)])
    assert (state.channels["1"].demand.days, state.channels["1"].demand.sum) == (1, 5)


def test_what_left_while_nobody_looked_is_spread_over_the_days() -> None:
    state = after([(DAY, 60, 0), (DAY, 58, 2), (DAY + 3, 52, 8)])
    demand = state.channels["1"].demand
    assert demand.days == 3
    assert demand.sum == pytest.approx((2 + 2) * 0.95**2 + 2 * 0.95 + 2)
    assert state.channels["1"].taken == 0


def test_before_the_time_is_known_nothing_is_counted() -> None:
    state = after([(None, 20, 0), (None, 18, 2), (DAY, 17, 3), (DAY, 16, 4)])
    assert state.channels["1"].taken == 1
    assert state.channels["1"].level == 16


def test_a_shortage_is_told_once_and_again_after_a_refill() -> None:
    count, readings = 0, list[tuple[int | None, int, int]]()
    for day in range(10):
        count += 4
        readings.append((DAY + day, 100 - count, count))
    state = after(readings)  # 4 a day, 60 left
    state, said = judged(state, DAY + 10)
    assert said == ()
    state = heard(state, {"1": Level(20, count, "low")}, DAY + 10)
    state, (warn,) = judged(state, DAY + 10)
    assert (warn.kind, warn.channel, warn.evidence) == (SHORT, "1", "low")
    assert warn.said.startswith("20 packs last 4.")
    assert "at 3.7 a day over 10 days" in warn.said
    assert judged(state, DAY + 10)[1] == ()
    state = heard(state, {"1": Level(100, count, "full")}, DAY + 10)
    state, said = judged(state, DAY + 10)
    assert said == ()
    state = heard(state, {"1": Level(0, count, "none")}, DAY + 10)
    assert [one.kind for one in judged(state, DAY + 10)[1]] == [OUT]


def test_what_expires_is_told_a_month_before_and_when_it_did() -> None:
    state = msgspec.structs.replace(
        after([(DAY, 9, 0)]), contents={"1": Content("D-1", "B-7", "2026-12-31")}
    )
    assert judged(state, DAY)[1] == ()
    state, (soon,) = judged(state, DAY + 9)
    assert (soon.kind, soon.said) == (EXPIRES, "D-1, batch B-7: 9 packs expire on 2026-12-31")
    state, (gone,) = judged(state, DAY + 40)
    assert gone.kind == EXPIRED
    empty = heard(state, {"1": Level(0, 9, "o")}, DAY + 40)
    assert [one.kind for one in judged(empty, DAY + 40)[1]] == [OUT]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=60),
    st.integers(0, WRAP - 1),
)
def test_no_pack_is_counted_twice_or_forgotten(steps: list[tuple[int, int]], first: int) -> None:
    """All that left is in the days that are over or in today, whatever days are skipped."""
    state = heard(State(), {"1": Level(0, first, "o")}, DAY)
    day, count = DAY, first
    over, today = list[float](), 0.0
    for skipped, packs in steps:
        day, count = day + skipped, (count + packs) % WRAP
        state = heard(state, {"1": Level(0, count, "o")}, day)
        state = msgspec.json.decode(msgspec.json.encode(state), type=State)
        share = packs / skipped if skipped > 1 else 0.0
        if skipped:
            over += [today + share, *([share] * (skipped - 1))]
            today = 0.0
        today += packs if skipped < 2 else 0
    channel = state.channels["1"]
    assert channel.taken == today
    assert channel.demand.days == len(over)
    weighed = sum(packs * 0.95 ** (len(over) - 1 - n) for n, packs in enumerate(over))
    assert channel.demand.sum == pytest.approx(weighed)
