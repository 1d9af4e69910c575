"""After whatever broke a stream, the first frame that comes says from when to when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gaps import GapLedger, mark_name, mark_of, moment
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record

BOOT = "boot"


def at(ns: int) -> Instant:
    return Instant(BOOT, ns)


def frame(ns: int, *, part: str = "climate", lasts: int = 0) -> Frame:
    offsets = (lasts,) if lasts else ()
    octets = (b"",) * (2 if lasts else 1)
    return Frame(f"{part}{ns}", "tag:F", part, "s@0", f"live:{ns}", at(ns), octets, offsets)


def told(records: list[Record]) -> list[tuple[GapReason, int | None, int]]:
    """The gaps as reason, since, until."""
    gaps = [record for record in records if isinstance(record, Gap)]
    return [(gap.reason, gap.since.ns if gap.since else None, gap.until.ns) for gap in gaps]


def deliver(ledger: GapLedger, *frames: Frame) -> list[tuple[GapReason, int | None, int]]:
    ids = {one.id for one in frames}
    records = ledger.with_gaps(frames, ids)
    ledger.committed(frames)
    return told(records)


def begun(last: Instant | None = None) -> GapLedger:
    """A ledger whose first frame has come."""
    ledger = GapLedger()
    ledger.begin(frame(1), last)
    deliver(ledger, frame(1))
    return ledger


def test_after_a_start_the_gap_reaches_back_to_the_last_frame_before_it() -> None:
    ledger = GapLedger()
    last = Instant("boot before", 77)
    ledger.begin(frame(100), last)
    (gap, first) = ledger.with_gaps([frame(100)], {frame(100).id})
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.since, gap.until) == (GapReason.GATEWAY_DOWN, last, at(100))
    assert (gap.device, gap.part) == ("tag:F", "climate")
    assert first == frame(100)


def test_before_the_very_first_frame_there_is_nothing() -> None:
    ledger = GapLedger()
    ledger.begin(frame(5), None)
    assert deliver(ledger, frame(5)) == [(GapReason.GATEWAY_DOWN, None, 5)]


def test_an_unbroken_stream_has_no_gaps() -> None:
    ledger = begun()
    assert deliver(ledger, frame(2), frame(3)) == []


def test_a_break_is_told_once_with_its_first_reason() -> None:
    ledger = begun()
    ledger.broken(GapReason.MALFORMED, at(2))
    ledger.broken(GapReason.LINK_LOST, at(3))
    assert deliver(ledger, frame(9), frame(10)) == [(GapReason.MALFORMED, 1, 9)]
    assert deliver(ledger, frame(11)) == []


def test_a_break_between_two_frames_of_one_batch_is_told_between_them() -> None:
    ledger = begun()
    ledger.broken(GapReason.MALFORMED, at(5))
    assert deliver(ledger, frame(4), frame(6)) == [(GapReason.MALFORMED, 4, 6)]


def test_a_break_within_a_segment_is_covered_by_the_next_gap() -> None:
    ledger = begun()
    ledger.broken(GapReason.MALFORMED, at(15))
    assert deliver(ledger, frame(10, lasts=20)) == []
    assert deliver(ledger, frame(40)) == [(GapReason.MALFORMED, 14, 40)]


def test_a_commit_that_failed_leaves_the_gap_to_be_told() -> None:
    ledger = begun()
    ledger.broken(GapReason.LINK_LOST, at(2))
    assert told(ledger.with_gaps([frame(3)], {frame(3).id})) == [(GapReason.LINK_LOST, 1, 3)]
    assert deliver(ledger, frame(3)) == [(GapReason.LINK_LOST, 1, 3)]


def test_a_break_while_a_commit_is_under_way_is_kept() -> None:
    ledger = begun()
    ledger.with_gaps([frame(2)], {frame(2).id})
    ledger.broken(GapReason.LINK_LOST, at(3))
    ledger.committed([frame(2)])
    assert deliver(ledger, frame(4)) == [(GapReason.LINK_LOST, 2, 4)]


def test_parts_are_streams_of_their_own() -> None:
    ledger = begun()
    ledger.begin(frame(1, part="ecg"), at(0))
    deliver(ledger, frame(1, part="ecg"))
    ledger.broken(GapReason.MALFORMED, at(2), "ecg")
    assert deliver(ledger, frame(3)) == []
    assert deliver(ledger, frame(4, part="ecg")) == [(GapReason.MALFORMED, 1, 4)]


def test_breaks_without_end_are_bounded() -> None:
    ledger = begun()
    for ns in range(2, 5000):
        ledger.broken(GapReason.MALFORMED, at(ns))
    assert deliver(ledger, frame(6000)) == [(GapReason.MALFORMED, 1, 6000)]


def test_the_mark_tells_the_last_octets() -> None:
    mark = mark_of(frame(10, lasts=20))
    assert (mark.device, mark.name) == ("tag:F", mark_name("climate"))
    assert moment(mark.value) == at(30)
    assert moment(None) is None


@given(st.lists(st.sampled_from(["frame", "lost", "commit"]), max_size=40))
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
        elif event == "lost":
            ledger.broken(GapReason.MALFORMED, at(ns))
            losses.append(ns)
        else:
            commit()
    waiting.append(frame(1000))
    commit()
    assert all(any(since < ns < until for since, until in gaps) for ns in losses)
