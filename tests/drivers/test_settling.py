"""A late answer on a bus without numbers: when the line may be asked, and which unit of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_drivers.links.settling import Settling

TIMEOUT, QUIET, PAUSE, LATEST = 1.0, 0.2, 0.004, 3.0


def rtu() -> Settling:
    settling = Settling(TIMEOUT, QUIET, PAUSE, LATEST)
    settling.hear(100.0)
    return settling


def test_between_frames_there_is_a_pause() -> None:
    settling = rtu()
    assert settling.left(100.001) == pytest.approx(0.003)
    assert settling.left(100.004) == 0


def test_after_a_time_out_the_line_must_be_quiet_and_each_octet_begins_it_anew() -> None:
    settling = rtu()
    settling.give_up(7, 100.0, 101.0)
    assert settling.left(101.0) == pytest.approx(QUIET)
    settling.hear(101.15)  # part of the late answer
    assert settling.left(101.2) == pytest.approx(0.15)
    assert settling.left(101.36) == 0
    settling.hear(101.4)
    assert settling.left(101.4) == pytest.approx(PAUSE)  # settled: only the pause again


def test_only_the_unit_that_was_late_has_to_wait_until_no_answer_can_come() -> None:
    settling = rtu()
    settling.give_up(7, 100.0, 101.0)
    assert settling.owes(7, 101.5) == pytest.approx(1.5)
    assert settling.owes(8, 101.5) == 0
    assert settling.owes(7, 103.0) == 0
    assert settling.timeout(7) == TIMEOUT  # it was not late, it was silent


def test_the_late_answer_frees_its_unit_and_says_how_long_to_wait_for_it() -> None:
    settling = rtu()
    settling.give_up(7, 100.0, 101.0)
    settling.hear(101.5, 8)
    assert settling.owes(7, 101.5)
    settling.hear(101.6, 7)
    assert settling.owes(7, 101.6) == 0
    assert settling.timeout(7) == pytest.approx(2.4)
    assert settling.timeout(8) == TIMEOUT
    settling.give_up(7, 102.0, 104.4)
    settling.hear(104.9, 7)
    assert settling.timeout(7) == LATEST


def test_where_answers_are_numbered_nothing_waits_and_nobody_owes() -> None:
    settling = Settling(TIMEOUT, 0, 0, TIMEOUT)
    settling.unsettle(100.0)
    settling.give_up(1, 99.0, 100.0)
    assert settling.left(100.0) == 0
    assert settling.owes(1, 100.0) == 0


@given(st.lists(st.floats(0, 1), max_size=20))
def test_nothing_is_asked_before_a_whole_quiet(steps: list[float]) -> None:
    settling, now = rtu(), 101.0
    settling.give_up(7, 100.0, now)
    heard = now
    for step in steps:
        now += step
        if settling.left(now) == 0:
            assert now - heard >= QUIET - 1e-9
            return
        settling.hear(now)
        heard = now


@given(st.lists(st.floats(0.01, LATEST - 0.01), min_size=1, max_size=30))
def test_an_answer_that_comes_by_latest_is_never_that_of_an_earlier_question(
    delays: list[float],
) -> None:
    """A unit that takes any time: each question is asked when no answer is on its way."""
    settling, now, under_way = rtu(), 100.0, list[float]()
    for delay in delays:
        now += settling.left(now) + settling.owes(7, now)
        assert all(moment <= now for moment in under_way)
        asked, answer = now, now + delay
        if delay <= settling.timeout(7):
            now = answer
            settling.hear(now)
            continue
        now += settling.timeout(7)
        settling.give_up(7, asked, now)
        under_way.append(answer)
        if answer - now < 1:  # somebody listens when it comes
            now = answer
            settling.hear(now, 7)
