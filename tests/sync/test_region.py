"""The region's record: deduplication, receipts, subjects and true times."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Lane, Record
from edge_sync.region import schema
from edge_sync.region.book import Book
from edge_sync.region.recorder import Recorder
from edge_sync.wire import ranges
from edge_sync.wire.context import Context
from edge_sync.wire.forms import form
from edge_sync.wire.messages import Batch, Receipt
from tests.support.sync import ADDRESS, BOOT, frame


def batch(
    first: int, *records: Record | bytes, lane: Lane = Lane.OBSERVATION, named: str = "compact"
) -> Batch:
    """Records with consecutive sequences."""
    context = Context(ADDRESS.path)
    payloads = [
        r if isinstance(r, bytes) else form(named)(forms.encode(r), context) for r in records
    ]
    return Batch(
        version=1,
        gateway=ADDRESS.path,
        epoch="e",
        boot=BOOT,
        lane=lane,
        sequences=ranges.of(range(first, first + len(payloads))),
        form=named,
        records=tuple(map(msgspec.Raw, payloads)),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "region.sqlite"


@pytest.fixture
def recorder(path: Path) -> Recorder:
    return Recorder(schema.connect(path))


def test_a_frame_is_recorded_once_with_all_that_it_holds(recorder: Recorder, path: Path) -> None:
    sent = frame(1, points=3)
    (receipt,) = recorder.record([batch(1, sent)])
    assert receipt == Receipt(1, ADDRESS.path, "e", Lane.OBSERVATION, 1)
    with Book(path) as book:
        assert list(book.frames()) == [sent]
        assert [entry.observation for entry in book.entries()] == list(sent.observations)


def test_what_comes_again_is_counted_and_receipted_again(recorder: Recorder, path: Path) -> None:
    first = recorder.record([batch(1, frame(1, points=2))])
    again = recorder.record([batch(1, frame(1, points=2)), batch(1, frame(1, points=2))])
    assert again == first
    with Book(path) as book:
        assert [entry.repeats for entry in book.entries()] == [2, 2]
        assert book.counts()["frame"] == 1


def test_a_reading_read_again_under_another_number_is_the_same(
    recorder: Recorder, path: Path
) -> None:
    recorder.record([batch(1, frame(1)), batch(2, frame(1))])
    with Book(path) as book:
        assert len(list(book.entries())) == 1


def test_same_name_other_octets_keeps_both_and_says_so(recorder: Recorder, path: Path) -> None:
    one, other = frame(1, octets=b"one"), frame(1, octets=b"other")
    recorder.record([batch(1, one, other, frame(2))])
    recorder.record([batch(1, one, other)])
    with Book(path) as book:
        assert [entry.conflict for entry in book.entries()] == [True, True, False]
    assert recorder.tally.conflicts == 1


def test_live_readings_never_conflict(recorder: Recorder, path: Path) -> None:
    name = f"live:e:{BOOT}:5"
    recorder.record([batch(1, frame(1, name=name, octets=b"1"), frame(1, name=name, octets=b"2"))])
    with Book(path) as book:
        assert [entry.conflict for entry in book.entries()] == [False, False]


def test_a_receipt_says_what_is_there_and_where_the_holes_are(recorder: Recorder) -> None:
    (receipt,) = recorder.record([batch(3, frame(3), frame(4))])
    assert (receipt.up_to, receipt.ranges) == (0, ((3, 4),))
    (receipt,) = recorder.record([batch(1, frame(1)), batch(7, frame(7))])
    assert (receipt.up_to, receipt.ranges) == (1, ((3, 4), (7, 7)))
    (receipt,) = recorder.record([batch(2, frame(2))])
    assert (receipt.up_to, receipt.ranges) == (4, ((7, 7),))


def test_a_gap_record_closes_the_hole_that_it_names(recorder: Recorder, path: Path) -> None:
    gap = Gap(
        "g", GapReason.EVICTED, Instant(BOOT, 9), lane=Lane.WAVEFORM, sequences=((1, 5), (8, 8))
    )
    receipts = recorder.record([batch(1, gap), batch(6, frame(6), lane=Lane.WAVEFORM)])
    assert {(r.lane, r.up_to, r.ranges) for r in receipts} == {
        (Lane.OBSERVATION, 1, ()),
        (Lane.WAVEFORM, 6, ((8, 8),)),
    }
    with Book(path) as book:
        assert book.gaps() == [gap]


def test_unknown_fields_and_unknown_kinds_are_kept_whole(recorder: Recorder, path: Path) -> None:
    later = forms.encode(frame(1))[:-1] + b',"later":{"a":1.50}}'
    recorder.record([batch(1, later, b'{"type":"mood","id":"m","of":"weather"}')])
    rows = recorder._db.execute("SELECT kind, payload FROM record ORDER BY n").fetchall()
    assert rows == [
        ("frame", later.decode()),
        ("mood", '{"type":"mood","id":"m","of":"weather"}'),
    ]


def test_a_name_that_does_not_fit_hides_and_doubles_nothing(recorder: Recorder, path: Path) -> None:
    one, other = frame(1, points=2), frame(2, points=2)
    names = [each.id for each in one.observations]
    pairs = zip(other.observations, names, strict=True)
    wrong = tuple(msgspec.structs.replace(each, id=name) for each, name in pairs)
    hiding = msgspec.structs.replace(other, id=one.id, observations=wrong)
    doubling = msgspec.structs.replace(one, id="f" * 32)
    recorder.record([batch(1, one, hiding, doubling, other)])
    with Book(path) as book:
        assert list(book.frames()) == [one, hiding]
        assert [entry.repeats for entry in book.entries()] == [1, 1, 1, 1]
    found = set(recorder._db.execute("SELECT given, derived FROM misnamed"))
    wrong_names = zip(names, (each.id for each in other.observations), strict=True)
    assert found == {(one.id, other.id), *wrong_names}
    assert (recorder.tally.misnamed, recorder.tally.malformed) == (3, 0)


@pytest.mark.parametrize(
    "octets", [b"1", b"{}", b'{"type":"frame","id":"x"}', b'{"type":"mood"}', b'{"id":"\\ud800"}']
)
def test_a_record_that_is_none_is_kept_apart_and_receipted(
    recorder: Recorder, path: Path, octets: bytes
) -> None:
    (receipt,) = recorder.record([batch(1, octets, frame(2))])
    assert receipt.up_to == 2
    with Book(path) as book:
        assert book.counts() == {"frame": 1, "quarantine": 1, "repeats": 0}


def test_the_quarantine_is_bounded(recorder: Recorder, path: Path) -> None:
    recorder.record([], [("t", "why", b"x")] * 1_100)
    with Book(path) as book:
        assert book.counts()["quarantine"] == 1_000
    assert recorder.tally.malformed == 1_100


def test_a_failed_commit_gives_no_receipt_and_leaves_nothing(recorder: Recorder) -> None:
    recorder._db.execute("CREATE TRIGGER full BEFORE INSERT ON waveform BEGIN SELECT 1; END")
    recorder._db.execute("ALTER TABLE observation RENAME TO elsewhere")
    with pytest.raises(Exception, match="observation"):
        recorder.record([batch(1, frame(1))])
    recorder._db.execute("ALTER TABLE elsewhere RENAME TO observation")
    assert recorder._db.execute("SELECT count(*) FROM record").fetchone() == (0,)
    (receipt,) = recorder.record([batch(2, frame(2))])
    assert (receipt.up_to, receipt.ranges) == (0, ((2, 2),))


def test_another_epoch_counts_from_its_own_beginning(recorder: Recorder) -> None:
    recorder.record([batch(1, frame(1))])
    other = msgspec.structs.replace(batch(1, frame(9)), epoch="f")
    (receipt,) = recorder.record([other])
    assert (receipt.epoch, receipt.up_to) == ("f", 1)


def test_the_fhir_form_is_deduplicated_by_the_same_ids(recorder: Recorder) -> None:
    recorder.record([batch(1, frame(1, points=2), named="fhir")])
    recorder.record([batch(1, frame(1, points=2))])
    (row,) = recorder._db.execute("SELECT id, kind, device, repeats FROM record").fetchall()
    assert row == (frame(1).id, "frame", "serial:cuff", 1)
    found = recorder._db.execute("SELECT id, kind, channel, name FROM observation").fetchall()
    assert sorted(found) == sorted(
        (o.id, o.kind, o.channel, "seq:1") for o in frame(1, points=2).observations
    )


NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1e9)


def test_two_residents_share_a_cuff_and_each_gets_the_right_readings(
    recorder: Recorder, path: Path
) -> None:
    minute = 60 * 10**9
    readings = [
        msgspec.structs.replace(frame(n), at=Instant(BOOT, n * minute)) for n in (1, 3, 5, 9)
    ]
    at = Instant(BOOT, 0)
    bound = [
        Binding("1", "serial:cuff", "wang", "2026-11-22T12:00:00Z", at, "2026-11-22T12:02:00Z"),
        Binding("2", "serial:cuff", "li", "2026-11-22T12:02:00Z", at),
        Binding(
            "2", "serial:cuff", "li", "2026-11-22T12:02:00Z", at, "2026-11-22T12:08:00Z", revision=1
        ),
    ]
    recorder.record([batch(1, *readings), batch(5, *bound, ClockMapping("c", at, NOON, 1, "ntp"))])
    with Book(path) as book:
        assert [entry.subject for entry in book.entries()] == ["wang", "li", "li", None]
        assert [entry.when.minute for entry in book.entries() if entry.when] == [1, 3, 5, 9]


def test_a_wrong_device_clock_is_corrected_by_its_reading(recorder: Recorder, path: Path) -> None:
    at = Instant(BOOT, 10**9)
    stored = msgspec.structs.replace(
        frame(1),
        at=Instant(BOOT, 2 * 10**9),
        device_time="2020-01-01T00:10:00",
        zone="Asia/Shanghai",
    )
    unknown = msgspec.structs.replace(frame(2), device_time="2020-00-00T00:00:00")
    read = DeviceStatus(
        "s", "serial:cuff", at, LinkState.CONNECTED, device_time="2020-01-01T01:00:00"
    )
    other = msgspec.structs.replace(
        frame(3, device="serial:b"), device_time="2026-11-22T20:00:00", zone="Asia/Shanghai"
    )
    clock = ClockMapping("c", at, NOON, 1, "ntp")
    recorder.record([batch(1, stored, unknown, read, other, clock)])
    with Book(path) as book:
        assert [entry.when for entry in book.entries()] == [
            datetime(2026, 11, 22, 11, 10, tzinfo=UTC),
            None,
            datetime(2026, 11, 22, 12, tzinfo=UTC),
        ]


def content(recorder: Recorder) -> list[object]:
    return [
        recorder._db.execute(sql).fetchall()
        for sql in (
            "SELECT id, kind, lane, sequence, device, payload FROM record ORDER BY id",
            "SELECT id, device, kind, channel, name FROM observation ORDER BY id",
            "SELECT device, kind, channel, name FROM conflict ORDER BY 1, 2, 3, 4",
            "SELECT lane, first, last FROM recorded ORDER BY 1, 2",
        )
    ]


MESSAGES = [
    batch(1, frame(1), frame(2)),
    batch(3, frame(3, points=2)),
    batch(4, frame(1, octets=b"other")),
    batch(6, frame(6), frame(7)),
    batch(1, frame(11), lane=Lane.WAVEFORM),
    batch(
        5, Gap("g", GapReason.EVICTED, Instant(BOOT, 1), lane=Lane.WAVEFORM, sequences=((2, 4),))
    ),
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations(range(len(MESSAGES))),
    st.lists(st.integers(0, len(MESSAGES) - 1), max_size=6),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_any_order_and_any_repetition_leave_the_same_record_and_receipts(
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    more: list[int],
    size: int,
    chance: random.Random,
) -> None:
    folder = tmp_path_factory.mktemp("region")
    straight, shuffled = (Recorder(schema.connect(folder / name)) for name in "ab")
    straight.record(MESSAGES)
    numbers = [*order, *more]
    chance.shuffle(numbers)
    last: dict[Lane, Receipt] = {}
    for at in range(0, len(numbers), size):
        for receipt in shuffled.record([MESSAGES[n] for n in numbers[at : at + size]]):
            last[receipt.lane] = receipt
    assert content(shuffled) == content(straight)
    assert {lane: (r.up_to, r.ranges) for lane, r in last.items()} == {
        Lane.OBSERVATION: (7, ()),
        Lane.WAVEFORM: (4, ()),
    }
    for recorder in (straight, shuffled):
        recorder._db.close()
