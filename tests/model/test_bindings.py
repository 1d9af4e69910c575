"""Whose reading it is: by slot before device, by time, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge_agent.model.bindings import Binding, subject_of
from edge_agent.model.instants import ClockMapping, Instant, best_mapping

AT = Instant("boot", 0)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def bound(name: str, subject: str, slot: str = "", **changes: object) -> Binding:
    fields = {"since": "2026-11-22T11:00:00Z"} | changes
    return Binding(id=name, device="cuff", subject=subject, slot=slot, at=AT, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bindings", "slot", "subject"),
    [
        ([], "1", None),
        ([bound("a", "R1")], "1", "R1"),
        ([bound("a", "R1", "1"), bound("b", "R2", "2")], "2", "R2"),
        ([bound("a", "R1", "1"), bound("b", "R2", "2")], "", None),
        ([bound("a", "R1"), bound("b", "R2", "2")], "2", "R2"),
        ([bound("a", "R1"), bound("b", "R2")], "1", None),
        ([bound("a", "R1"), bound("a", "R1", until="2026-11-22T11:30:00Z", revision=1)], "1", None),
        ([bound("a", "R1", until="2026-11-22T12:00:00Z")], "1", None),
        ([bound("a", "R1", since="2026-11-22T12:00:00Z")], "1", "R1"),
    ],
    ids=[
        "nobody",
        "device",
        "slot",
        "no slot given",
        "slot first",
        "disagree",
        "ended",
        "until is exclusive",
        "since is inclusive",
    ],
)
def test_subject(bindings: list[Binding], slot: str, subject: str | None) -> None:
    assert subject_of(bindings, "cuff", slot, NOON) == subject


def test_another_device_is_nobodys_business() -> None:
    assert subject_of([bound("a", "R1")], "meter", "", NOON) is None


def test_the_surest_clock_of_the_boot_counts_and_the_latest_of_equals() -> None:
    sure = ClockMapping("2", Instant("b", 5), 10, 1, "ntp")
    later = ClockMapping("3", Instant("b", 9), 10, 1, "ntp")
    unsure = ClockMapping("1", Instant("b", 1), 10, 86_400_000_000_000, "system")
    other = ClockMapping("4", Instant("c", 1), 10, 0, "ntp")
    assert best_mapping([unsure, sure, later, other], Instant("b", 2)) == later
    assert best_mapping([other], Instant("b", 2)) is None


def test_in_a_long_boot_without_discipline_the_nearest_comparison_counts() -> None:
    hour = 3_600_000_000_000
    first = ClockMapping("1", Instant("b", 0), 0, 600_000_000, "region")
    second = ClockMapping("2", Instant("b", 10 * hour), 10 * hour, 700_000_000, "region")
    told = [best_mapping([first, second], Instant("b", n * hour)) for n in (1, 4, 6, 9, 11)]
    assert told == [first, first, second, second, second]
    assert first.width_ns(Instant("b", 10 * hour)) == 600_000_000 + 3_600_000_000


def test_wall_time_reaches_backwards_over_what_was_buffered() -> None:
    mapping = ClockMapping("1", Instant("b", 10_000_000_000), 1_795_348_800_000_000_000, 1, "ntp")
    assert mapping.wall(Instant("b", 4_000_000_000)) == datetime(
        2026, 11, 22, 11, 59, 54, tzinfo=UTC
    )
