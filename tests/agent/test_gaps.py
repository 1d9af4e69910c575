"""Whatever may be missing is said, from when to when: of streams, and of single readings."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.inflow.gaps import (
    MOST,
    UNSURE_NS,
    GapLedger,
    Plan,
    alive_mark,
    mark_name,
    mark_of,
    moment,
)
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record

BOOT = "boot"
DOWN, LOST, BAD = GapReason.GATEWAY_DOWN, GapReason.LINK_LOST, GapReason.MALFORMED
Told = list[tuple[GapReason, int | None, int]]


def at(ns: int) -> Instant:
    return Instant(BOOT, ns)


def frame(ns: int, *, part: str = "climate", lasts: int = 0) -> Frame:
    offsets = (lasts,) if lasts else ()
    octets = (b"",) * (2 if lasts else 1)
    return Frame(f"{part}{ns}", "tag:F", part, "s@0", f"live:{ns}", at(ns), octets, offsets)


def told(records: Sequence[Record]) -> Told:
    """The gaps as reason, since, until."""
    gaps = [record for record in records if isinstance(record, Gap)]
    return [(gap.reason, gap.since.ns if gap.since else None, gap.until.ns) for gap in gaps]


def plan(ledger: GapLedger, *frames: Frame) -> Plan:
    return ledger.plan(frames, {one.id for one in frames})


def deliver(ledger: GapLedger, *frames: Frame) -> Told:
    planned = plan(ledger, *frames)
    ledger.committed(planned)
    return told(planned.records)


def begun(*episodic: str) -> GapLedger:
    """A ledger whose first frame has come."""
    ledger = GapLedger(at(0), None, episodic)
    ledger.begin("tag:F", "climate", None)
    deliver(ledger, frame(1))
    return ledger


def test_a_start_tells_what_nobody_listened_to_and_the_first_frame_the_rest() -> None:
    last = Instant("boot before", 77)
    ledger = GapLedger(at(90))
    ledger.begin("tag:F", "climate", last)
    assert ledger.owes
    start = ledger.plan([])
    (gap,) = start.records
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.since, gap.until) == (DOWN, last, at(90))
    assert (gap.device, gap.part) == ("tag:F", "climate")
    assert start.marks == [mark_of("tag:F", "climate", at(90))]
    ledger.committed(start)
    assert ledger.plan([]).records == []
    assert deliver(ledger, frame(100)) == [(LOST, 90, 100)]
    assert deliver(ledger, frame(101)) == []


def test_what_a_link_carried_that_is_lost_again_is_told_without_another_frame() -> None:
    ledger = begun()
    ledger.broken(LOST, at(3))
    ledger.connected()
    ledger.broken(LOST, at(7))  # an answer was on its way
    assert deliver(ledger) == [(LOST, 1, 3), (LOST, 2, 7)]
    ledger.broken(LOST, at(8))
    assert deliver(ledger) == []
    assert deliver(ledger, frame(9)) == [(LOST, 6, 9)]


def test_before_the_very_first_frame_there_is_nothing() -> None:
    ledger = GapLedger(at(3))
    ledger.begin("tag:F", "climate", None)
    planned = plan(ledger, frame(5))
    assert told(planned.records) == [(DOWN, None, 3), (LOST, 3, 5)]
    assert [type(one) for one in planned.records] == [Gap, Gap, Frame]
    assert [moment(mark.value) for mark in planned.marks] == [at(3), at(5)]


def test_an_unbroken_stream_has_no_gaps() -> None:
    ledger = begun()
    assert deliver(ledger, frame(2), frame(3)) == []


def test_a_break_is_told_once_with_its_first_reason() -> None:
    ledger = begun()
    ledger.broken(BAD, at(2))
    ledger.broken(GapReason.OVERFLOW, at(3))
    assert deliver(ledger, frame(9), frame(10)) == [(BAD, 1, 9)]
    assert deliver(ledger, frame(11)) == []


def test_a_lost_link_is_told_at_once_and_the_rest_with_the_frame_that_ends_it() -> None:
    ledger = begun()
    ledger.broken(BAD, at(2))
    ledger.broken(LOST, at(3))
    ledger.broken(LOST, at(5))  # tried again in vain
    planned = ledger.plan([])
    assert told(planned.records) == [(BAD, 1, 3)]
    assert [moment(mark.value) for mark in planned.marks] == [at(3)]
    ledger.committed(planned)
    assert deliver(ledger, frame(9), frame(10)) == [(LOST, 2, 9)]
    assert deliver(ledger, frame(11)) == []


def test_a_break_between_two_frames_of_one_batch_is_told_between_them() -> None:
    ledger = begun()
    ledger.broken(BAD, at(5))
    assert deliver(ledger, frame(4), frame(6)) == [(BAD, 4, 6)]


def test_a_break_within_a_segment_is_covered_by_the_next_gap() -> None:
    ledger = begun()
    ledger.broken(BAD, at(15))
    assert deliver(ledger, frame(10, lasts=20)) == []
    assert deliver(ledger, frame(40)) == [(BAD, 14, 40)]


def test_a_commit_that_failed_leaves_the_gap_to_be_told() -> None:
    ledger = begun()
    ledger.broken(BAD, at(2))
    assert told(plan(ledger, frame(3)).records) == [(BAD, 1, 3)]
    assert deliver(ledger, frame(3)) == [(BAD, 1, 3)]


def test_a_break_while_a_commit_is_under_way_is_kept() -> None:
    ledger = begun()
    planned = plan(ledger, frame(2))
    ledger.broken(BAD, at(3))
    ledger.committed(planned)
    assert deliver(ledger, frame(4)) == [(BAD, 2, 4)]


def test_a_link_lost_while_a_commit_is_under_way_is_told_up_to_then() -> None:
    ledger = begun()
    planned = plan(ledger, frame(2))
    ledger.broken(LOST, at(3))
    ledger.committed(planned)
    assert deliver(ledger, frame(6)) == [(LOST, 1, 3), (LOST, 2, 6)]


def test_parts_are_streams_of_their_own() -> None:
    ledger = begun()
    ledger.begin("tag:F", "ecg", None)
    deliver(ledger, frame(1, part="ecg"))
    ledger.broken(BAD, at(2), "ecg")
    assert deliver(ledger, frame(3)) == []
    assert deliver(ledger, frame(4, part="ecg")) == [(BAD, 1, 4)]


def test_breaks_without_end_are_bounded() -> None:
    ledger = begun()
    for ns in range(2, 5000):
        ledger.broken(BAD, at(ns))
    assert deliver(ledger, frame(6000)) == [(BAD, 1, 6000)]


def test_the_mark_tells_the_last_octets() -> None:
    (mark,) = plan(begun(), frame(10, lasts=20)).marks
    assert (mark.device, mark.name) == ("tag:F", mark_name("climate"))
    assert moment(mark.value) == at(30)
    assert moment(None) is None
    assert moment(alive_mark(at(7)).value) == at(7)


def test_between_the_readings_of_a_cuff_nothing_is_missing() -> None:
    ledger = begun("climate")
    ledger.broken(LOST, at(2))
    assert deliver(ledger, frame(6)) == []
    ledger.broken(LOST, at(7))
    ledger.broken(GapReason.DEVICE_SILENT, at(8))
    assert not ledger.owes
    assert deliver(ledger, frame(14)) == []


def test_a_reading_of_a_cuff_that_could_not_be_read_is_owed_at_once_and_exactly() -> None:
    ledger = begun("climate")
    ledger.broken(BAD, at(50))
    ledger.broken(GapReason.OVERFLOW, at(60))
    planned = ledger.plan([])
    assert told(planned.records) == [(BAD, 49, 51), (GapReason.OVERFLOW, 59, 61)]
    assert planned.marks == []
    ledger.broken(BAD, at(70))
    ledger.committed(planned)
    assert deliver(ledger, frame(6000)) == [(BAD, 69, 71)]


HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("last", "alive", "since"),
    [
        (at(8 * HOUR), at(14 * HOUR), at(14 * HOUR - UNSURE_NS)),
        (at(14 * HOUR), at(14 * HOUR + 1), at(14 * HOUR)),
        (at(8 * HOUR), Instant("another", 2 * HOUR), Instant("another", 2 * HOUR - UNSURE_NS)),
        (at(8 * HOUR), None, at(8 * HOUR)),
        (None, at(14 * HOUR), None),
    ],
    ids=["long silent", "just committed", "another boot", "no sign of life", "never heard"],
)
def test_a_downtime_of_a_cuff_begins_with_the_last_sign_of_life(
    last: Instant | None, alive: Instant | None, since: Instant | None
) -> None:
    ledger = GapLedger(at(15 * HOUR), alive, {"climate"})
    ledger.begin("tag:F", "climate", last)
    (gap,) = ledger.plan([]).records
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.since, gap.until) == (DOWN, since, at(15 * HOUR))
    assert told(plan(ledger, frame(20 * HOUR)).records)[1:] == []


def test_gaps_that_are_owed_are_bounded_and_cover_all() -> None:
    ledger = begun("climate")
    for ns in range(10, 2010, 2):
        ledger.broken(BAD, at(ns))
    gaps = told(ledger.plan([]).records)
    assert len(gaps) == MOST
    assert all(
        any((since or 0) < ns < until for _, since, until in gaps) for ns in range(10, 2010, 2)
    )


@given(st.lists(st.sampled_from(["frame", "bad", "lost", "connected", "commit"]), max_size=40))
def test_whatever_is_missing_lies_in_a_gap(events: list[str]) -> None:
    """Frames and losses in any order, committed in any portions: each loss is within a gap."""
    ledger, waiting, losses, gaps = begun(), list[Frame](), list[int](), list[tuple[int, int]]()

    def commit() -> None:
        gaps.extend((since or 0, until) for _, since, until in deliver(ledger, *waiting))
        waiting.clear()

    for place, event in enumerate(events):
        ns = 2 + place
        if event == "frame":
            waiting.append(frame(ns))
        elif event == "connected":
            ledger.connected()
        elif event != "commit":
            ledger.broken(BAD if event == "bad" else LOST, at(ns))
            losses.append(ns)
        else:
            commit()
    waiting.append(frame(1000))
    commit()
    assert all(any(since < ns <= until for since, until in gaps) for ns in losses)
