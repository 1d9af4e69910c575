"""The waits double under full jitter, stay between their bounds and begin anew after success."""

from __future__ import annotations

from random import Random

from edge_agent.model.backoff import Backoff


def always(number: float) -> Backoff:
    return Backoff(1.0, 10.0, lambda: number)


def test_the_ceiling_doubles_to_the_most() -> None:
    backoff = always(1.0)
    assert [backoff.next() for _ in range(6)] == [2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


def test_no_wait_is_shorter_than_the_least() -> None:
    backoff = always(0.0)
    assert [backoff.next() for _ in range(6)] == [1.0] * 6


def test_waits_are_spread_over_all_that_is_allowed() -> None:
    backoff = Backoff(0.2, 30.0, Random(7).random)
    waits = [backoff.next() for _ in range(2000)][10:]
    assert 0.2 <= min(waits) < 1.0
    assert 29.0 < max(waits) <= 30.0
    assert 14.0 < sum(waits) / len(waits) < 16.5


def test_after_success_it_begins_with_short_waits() -> None:
    backoff = always(1.0)
    before = [backoff.next() for _ in range(3)]
    backoff.reset()
    assert [backoff.next() for _ in range(3)] == before


def test_where_a_person_is_needed_it_waits_the_upper_half() -> None:
    assert [always(number).longest() for number in (0.0, 0.5, 1.0)] == [5.0, 7.5, 10.0]


def test_a_wait_for_a_person_does_not_lengthen_the_others() -> None:
    backoff = always(1.0)
    backoff.longest()
    assert backoff.next() == 2.0


def test_equal_bounds_make_every_wait_the_same() -> None:
    backoff = Backoff(5.0, 5.0, Random(7).random)
    assert [backoff.next(), backoff.next(), backoff.longest() <= 5.0] == [5.0, 5.0, True]
