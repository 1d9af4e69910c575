"""A late answer on a bus without numbers: when it may be asked again, and what may be believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_drivers.links.settling import Settling

QUIET, PAUSE = 0.2, 0.004


def rtu() -> Settling:
    settling = Settling(QUIET, PAUSE)
    settling.hear(100.0)
    return settling


def test_between_frames_there_is_a_pause() -> None:
    settling = rtu()
    assert settling.left(100.001) == pytest.approx(0.003)
    assert settling.left(100.004) == 0


def test_after_a_time_out_the_line_must_be_quiet_and_each_octet_begins_it_anew() -> None:
    settling = rtu()
    settling.give_up(7, 101.0)
    assert settling.left(101.0) == pytest.approx(QUIET)
    settling.hear(101.15)  # the late answer
    assert settling.left(101.2) == pytest.approx(0.15)
    assert settling.left(101.36) == 0
    settling.hear(101.4)
    assert settling.left(101.4) == pytest.approx(PAUSE)  # settled: only the pause again


def test_only_the_unit_that_was_late_is_doubted_until_an_answer_stands_alone() -> None:
    settling = rtu()
    settling.give_up(7, 101.0)
    assert settling.doubts(7)
    assert not settling.doubts(8)
    settling.hear(102.0)
    assert settling.judge(7, 102.0)
    assert not settling.doubts(7)


def test_an_answer_that_octets_follow_was_the_old_one() -> None:
    settling = rtu()
    settling.give_up(7, 101.0)
    settling.hear(102.0)
    settling.hear(102.1)
    assert not settling.judge(7, 102.0)
    assert settling.doubts(7)  # the next one is no better
    assert settling.left(102.2) == pytest.approx(0.1)  # what follows is thrown away


def test_where_answers_are_numbered_nothing_waits_and_nobody_is_doubted() -> None:
    settling = Settling(0, 0)
    settling.hear(100.0)
    settling.give_up(1, 100.0)
    assert settling.left(100.0) == 0
    assert not settling.doubts(1)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_nothing_is_asked_before_a_whole_quiet(steps: list[float]) -> None:
    settling, now = rtu(), 101.0
    settling.give_up(7, now)
    heard = now
    for step in steps:
        now += step
        if settling.left(now) == 0:
            assert now - heard >= QUIET - 1e-9
            return
        settling.hear(now)
        heard = now
