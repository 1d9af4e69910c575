"""What the buffer may hold: the least important yields first, and a full disk still drains."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import itertools
import random
from pathlib import Path

import msgspec
import pytest

from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.errors import StoreFullError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Alarm, Lane, Priority
from edge_agent.model.waveforms import Waveform
from edge_sync.store import Limits, Store, moment
from edge_sync.store import upkeep as upkeeping
from edge_sync.store.thinning import EVERY_NS, NEAR_NS, STRIP_NS, Moment, Segment, Step, going
from edge_sync.wire import ranges
from tests.support.disks import fill
from tests.support.sync import BOOT, frame

MB = 1_000_000
SECOND = 1_000_000_000
SMALL = Limits(reserve=2 * MB, floor=2 * MB)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "buffer.sqlite"


def wave(n: int, octets: int = 4_000) -> Frame:
    """A segment of the nth second."""
    block = random.Random(n).randbytes(octets)
    made = Waveform("s", 130 * n, "130", (), 130, block)
    at = Instant(BOOT, n * SECOND)
    return msgspec.structs.replace(frame(n, name=f"wave:{n}"), waveforms=(made,), at=at)


def status(n: int) -> DeviceStatus:
    return DeviceStatus(f"status-{n}", "serial:cuff", Instant(BOOT, n), LinkState.CONNECTED)


async def gaps(store: Store) -> list[Gap]:
    rows = await store.pending(Lane.OBSERVATION, limit=100_000, octets=1 << 30)
    return [msgspec.json.decode(row.payload, type=Gap) for row in rows if row.kind == "gap"]


async def until_full(store: Store, *, points: int, first: int = 0) -> int:
    """Deliver frames until there is no room; how many there was room for."""
    for n in itertools.count():
        try:
            await store.deliver([frame(first + n, points=points)], urgent=True)
        except StoreFullError:
            return n
    return 0


async def left(store: Store, lane: Lane) -> list[int]:
    return [row.sequence for row in await store.pending(lane, limit=100_000, octets=1 << 30)]


async def test_a_lane_that_is_over_its_budget_yields_its_oldest_and_says_which(path: Path) -> None:
    limits = Limits(telemetry=50_000)
    async with await Store.open(path, limits) as store:
        for start in range(0, 2_000, 100):
            await store.deliver([status(n) for n in range(start, start + 100)], urgent=True)
        state = {one.lane: one for one in await store.state()}[Lane.TELEMETRY]
        assert state.octets <= 50_000
        rows = await left(store, Lane.TELEMETRY)
        gone = ranges.merge(pair for gap in await gaps(store) for pair in gap.sequences)
        assert gone == ((1, rows[0] - 1),)
        assert rows == list(range(rows[0], 2_001))
        assert {gap.reason for gap in await gaps(store)} == {GapReason.EVICTED}
        assert {gap.lane for gap in await gaps(store)} == {Lane.TELEMETRY}
        assert (await store.usage()).gaps == len(await gaps(store))


async def test_waveforms_are_thinned_and_what_is_near_an_alarm_goes_last(path: Path) -> None:
    async with await Store.open(path, Limits(waveform=3 * MB)) as store:
        alarm = Alarm("a", "serial:cuff", "bradycardia", Priority.HIGH, Instant(BOOT, 300 * SECOND))
        await store.deliver([alarm], urgent=True)
        for start in range(0, 2_000, 50):
            await store.deliver([wave(n) for n in range(start, start + 50)], urgent=True)
        rows = await store.pending(Lane.WAVEFORM, limit=100_000, octets=1 << 30)
        seconds = {row.at.ns // SECOND for row in rows}
        assert set(range(240, 361)) <= seconds
        assert set(range(600, 630)) <= seconds
        assert not seconds & set(range(100, 240))
        assert set(range(1_950, 2_000)) <= seconds
        gone = ranges.merge(pair for gap in await gaps(store) for pair in gap.sequences)
        assert set(ranges.expand(gone)) == set(range(1, 2_001)) - {row.sequence for row in rows}


async def test_a_gap_of_waveforms_says_of_which_device_and_when(path: Path) -> None:
    def of(n: int, device: str) -> Frame:
        lasts = (0, SECOND - 1)
        return msgspec.structs.replace(
            wave(n, 1_000), id=f"{device}{n}", device=device, offsets=lasts
        )

    one, other = "serial:ecg", "serial:oximeter"
    async with await Store.open(path, Limits(waveform=60_000)) as store:
        alarm = Alarm("a", other, "low-spo2", Priority.HIGH, Instant(BOOT, 140 * SECOND))
        await store.deliver([alarm], urgent=True)
        first = [wave for n in range(40, 240) for wave in (of(n, one), of(n, other))]
        await store.deliver(first, urgent=True)
        left_ = await store.pending(Lane.WAVEFORM, limit=1_000, octets=1 << 30)
        told = [gap for gap in await gaps(store) if gap.device]
    kept = {(row.device, row.at.ns // SECOND) for row in left_}
    missing = {(d, n) for d in (one, other) for n in range(40, 240)} - kept
    assert {(d, n) for d, n in kept if d == other} >= {(other, n) for n in range(80, 201)}
    assert {gap.part for gap in told} == {"measurement"}
    for device, n in missing:
        assert sum(_covers(gap, device, n) for gap in told) == 1
    for device, n in kept:
        assert not any(_covers(gap, device, n) for gap in told)


def _covers(gap: Gap, device: str, n: int) -> bool:
    """Whether the whole nth second of a device lies in a gap, or any of it."""
    since = gap.since.ns if gap.since else 0
    return gap.device == device and since < (n + 1) * SECOND - 1 and gap.until.ns > n * SECOND


def segments(*seconds: float) -> list[Segment]:
    return [Segment(n, "d", Instant("b", int(s * SECOND)), 1) for n, s in enumerate(seconds)]


@pytest.mark.parametrize(
    ("step", "going_"), [(Step.THIN, [1, 3]), (Step.STRIPS, [0, 1, 3]), (Step.ALL, [0, 1, 2, 3])]
)
def test_each_step_takes_more(step: Step, going_: list[int]) -> None:
    every, strip, near = (ns / SECOND for ns in (EVERY_NS, STRIP_NS, NEAR_NS))
    alarm = Moment("d", Instant("b", int((every + 2 * near) * SECOND)))
    page = segments(strip / 2, strip + 1, every + near, every + near - 1)
    assert [one.sequence for one in going(page, [alarm], step)] == going_
    others = [Moment("other", alarm.at), Moment("d", Instant("another boot", alarm.at.ns))]
    assert len(going(page, others, Step.STRIPS)) == 4


async def test_the_quota_is_kept_and_the_first_lanes_are_never_evicted(path: Path) -> None:
    limits = Limits(quota=MB)
    async with await Store.open(path, limits) as store:
        for n in range(0, 300, 10):
            await store.deliver([wave(k) for k in range(n, n + 10)], urgent=True)
        frames = await until_full(store, points=20)
        assert (await store.usage()).octets <= MB
        assert frames > 90
        kept = [
            row.kind for row in await store.pending(Lane.OBSERVATION, limit=10**6, octets=1 << 30)
        ]
        assert kept.count("frame") == frames
        assert await left(store, Lane.WAVEFORM) == []
        gone = ranges.merge(pair for gap in await gaps(store) for pair in gap.sequences)
        assert gone == ((1, 300),)
        await store.acknowledge(Lane.OBSERVATION, ((1, 50),))
        await store.deliver([frame(10_001)])
        assert (await store.check()).problems == ()


async def test_held_waveforms_yield_too_and_their_device_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeeping, "_EVERY_S", 0.0)
    async with await Store.open(path, Limits(held=100_000)) as store:
        measured = [frame(n) for n in range(1_000, 1_010)]
        await store.deliver(measured, held={one.id for one in measured})
        for n in range(50):
            await store.deliver([wave(n)], held={wave(n).id}, urgent=True)
        rows = await store.held("serial:cuff")
        assert [row.record for row in rows][:10] == [one.id for one in measured]
        assert len(rows) < 40
        told = {(gap.device, gap.part, gap.lane) for gap in await gaps(store)}
        assert told == {("serial:cuff", "measurement", "")}
        assert sum(gap.count or 0 for gap in await gaps(store)) == 60 - len(rows)
        assert (await store.usage()).held == len(rows)


async def test_what_is_too_old_yields_but_only_where_its_age_is_known(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeeping, "_EVERY_S", 0.0)
    now = moment.now()
    wall = 10**18
    hour = 3_600 * SECOND
    old = msgspec.structs.replace(wave(1), at=Instant(BOOT, 0))
    async with await Store.open(path, Limits(waveform_s=1_800.0)) as store:
        await store.deliver([old, msgspec.structs.replace(wave(2), at=now)])
        assert await left(store, Lane.WAVEFORM) == [1, 2]
        await store.deliver([ClockMapping("c1", Instant(BOOT, 0), wall - hour, 1, "ntp")])
        await store.deliver([ClockMapping("c2", now, wall, 2 * hour, "system")])
        assert await left(store, Lane.WAVEFORM) == [1, 2]
        await store.deliver([ClockMapping("c3", now, wall, 1, "ntp")])
        assert await left(store, Lane.WAVEFORM) == [2]


async def test_upkeep_that_fails_hinders_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a fault of ours")

    async with await Store.open(path) as store:
        monkeypatch.setattr(store._writer._upkeep, "_end", fail)
        await store.deliver([frame(1)])
        await store.deliver([frame(2)])
        assert await left(store, Lane.OBSERVATION) == [1, 2]
    assert caplog.text.count("within its limits failed") == 1


async def test_quarantine_journal_and_audit_are_bounded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeeping, "_EVERY_S", 0.0)
    at = moment.now()
    async with await Store.open(path, Limits(quarantine=2_000, commands=5, audit=10)) as store:
        await store.deliver([frame(n) for n in range(1, 21)])
        for n in range(1, 21):
            gap = Gap(f"g{n}", GapReason.QUARANTINED, at, lane="observation", sequences=((n, n),))
            await store.quarantine.put(Lane.OBSERVATION, n, "too large", gap)
        assert (await store.usage()).quarantine_octets <= 2_000
        for n in range(40):
            await store.audit.append({"what": "test", "n": n}, at)
        number, _ = await store.audit.verify()
        assert number > 40
        assert (await store.check()).audit < 15


async def test_a_full_disk_drains_and_a_buffer_opens_on_it(small_disk: Path) -> None:
    path = small_disk / "buffer.sqlite"
    async with await Store.open(path, SMALL) as store:
        delivered = await until_full(store, points=100)
        usage = await store.usage()
        assert usage.reserve
        assert usage.disk >= SMALL.floor // 2
        fill(small_disk)
        assert (await store.usage()).disk == 0
    async with await Store.open(path, SMALL) as store:
        assert store.damage == ""
        assert len(await left(store, Lane.OBSERVATION)) == delivered
        delivered += await until_full(store, points=100, first=delivered)
        assert await store.acknowledge(Lane.OBSERVATION, ((1, delivered // 2),)) == delivered // 2
        assert not (await store.usage()).reserve
        await store.deliver([frame(10**6, points=100)], urgent=True)
        assert (await store.check()).problems == ()
    (small_disk / "others").unlink()
    async with await Store.open(path, SMALL) as store:
        assert (await store.usage()).reserve
        await store.deliver([frame(n, points=100) for n in range(10**6, 10**6 + 20)])
        assert store.damage == ""


async def test_the_defaults_suit_a_small_disk_too(small_disk: Path) -> None:
    async with await Store.open(small_disk / "buffer.sqlite") as store:
        before = (await store.usage()).disk
        delivered = await until_full(store, points=100)
        usage = await store.usage()
        assert usage.octets > before // 2
        assert usage.reserve
        assert usage.disk > MB // 2
        await store.acknowledge(Lane.OBSERVATION, ((1, delivered // 2),))
        await store.deliver([frame(delivered + 1, points=100)])


async def test_a_reserve_that_could_not_be_laid_up_is_no_full_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr("os.posix_fallocate", fail)
    async with await Store.open(path) as store:
        await store.deliver([wave(n) for n in range(500)])
        assert not (await store.usage()).reserve
        assert len(await left(store, Lane.WAVEFORM)) == 500


async def test_free_pages_are_given_back_to_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeeping, "_EVERY_S", 0.0)
    monkeypatch.setattr(upkeeping, "_SLACK", 64)
    async with await Store.open(path) as store:
        await store.deliver([frame(n, points=20) for n in range(1, 501)])
        before = (await store.usage()).octets
        await store.acknowledge(Lane.OBSERVATION, ((1, 500),))
        for n in range(10):
            await store.deliver([frame(1_000 + n)])
        assert (await store.usage()).octets < before // 2


async def test_what_the_disk_was_given_to_write_is_counted(path: Path) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(n) for n in range(100)])
        usage = await store.usage()
        assert usage.payload == sum(
            len(row.payload) for row in await store.pending(Lane.OBSERVATION)
        )
        assert usage.written is None or usage.written >= 0
        assert usage.commit_s > 0
