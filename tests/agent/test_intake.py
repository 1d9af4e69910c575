"""What a driver delivers becomes durable together with its gap, its mark and what is derived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_agent.inflow.gaps import ALIVE, UNSURE_NS, alive_mark, moment
from edge_agent.inflow.intake import Intake
from edge_agent.inflow.roster import DeviceState, Reports
from edge_agent.inflow.signals import MARK, Derive, Signals, signals_for
from edge_agent.model import forms, ids
from edge_agent.model.devices import DeviceIdentity, DeviceStatus, LinkState
from edge_agent.model.errors import StoreFullError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_agent.model.records import Lane, Record
from edge_agent.model.seams import Mark
from edge_agent.model.waveforms import Channel, Waveform, pack
from edge_agent.process.clock import BootClock
from edge_signal.frames import EcgAnalysis
from edge_sync.store import Store
from firmware_specs import catalog

KEY = "tag:F-1"
CLOCK = BootClock()
POLAR = catalog.find("polar-pmd").spec


class Shop:
    """A real store, and the intake of one device before it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.state = DeviceState("fridge", "xy-md02")
        self.met: list[DeviceState] = []
        self.reports = Reports(store.deliver, self._meet, self._nothing)

    async def _meet(self, state: DeviceState) -> None:
        self.met.append(state)

    async def _nothing(self) -> None:
        """Nobody waits for a device's clock here."""

    async def intake(
        self,
        derive: Derive = lambda frame: frame,
        spec: str = "xy-md02",
        signals: Signals | None = None,
    ) -> Intake:
        loaded = catalog.find(spec)
        return Intake(
            self.store,
            loaded.spec,
            self.state,
            self.reports,
            began=CLOCK.now(),
            alive=moment(await self.store.mark("", ALIVE)),
            signals=signals or Signals(derive),
        )

    async def records(self) -> list[Record]:
        rows = [row for lane in Lane for row in await self.store.pending(lane)]
        return [forms.decode(row.payload) for row in rows]

    async def gaps(self) -> list[Gap]:
        return [one for one in await self.records() if isinstance(one, Gap)]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        yield Shop(store)


def frame(part: str = "climate", at: Instant | None = None) -> Frame:
    moment = at or CLOCK.now()
    name = ids.live_name("epoch", moment)
    return Frame(
        ids.frame_id(KEY, part, name, ""), KEY, part, "xy-md02@0", name, moment, (b"\0\1",)
    )


def status(link: LinkState, identity: DeviceIdentity | None = None) -> DeviceStatus:
    now = CLOCK.now()
    return DeviceStatus(f"status{now.ns}", KEY, now, link, identity=identity, malformed=2)


async def test_the_gap_of_a_start_is_in_the_first_frames_commit(shop: Shop) -> None:
    for _ in range(2):
        intake = await shop.intake()
        await intake.deliver([frame()])
    kinds = [type(one) for one in await shop.records()]
    assert kinds == [Gap, Gap, Frame, Gap, Gap, Frame]
    frames = [one.at for one in await shop.records() if isinstance(one, Frame)]
    gaps = await shop.gaps()
    assert [gap.reason for gap in gaps] == [GapReason.GATEWAY_DOWN, GapReason.LINK_LOST] * 2
    begins = [gap.until for gap in gaps[::2]]
    assert [gap.since for gap in gaps] == [None, begins[0], frames[0], begins[1]]
    assert [gap.until for gap in gaps[1::2]] == frames


async def test_a_start_tells_the_downtime_of_a_device_that_never_returns(shop: Shop) -> None:
    intake, last = await shop.intake(), frame()
    await intake.deliver([last])
    for _ in range(2):
        intake = await shop.intake()
        await intake.resume(KEY)
    gaps = (await shop.gaps())[2:]
    assert [gap.reason for gap in gaps] == [GapReason.GATEWAY_DOWN] * 2
    assert gaps[0].since == last.at
    assert gaps[1].since == gaps[0].until
    await (await shop.intake()).resume("tag:never-met")
    assert len(await shop.gaps()) == 4


async def test_a_cuff_that_comes_and_goes_misses_nothing(shop: Shop) -> None:
    intake = await shop.intake(spec="blood-pressure")
    await intake.deliver([frame("measurement")])
    known = await shop.gaps()
    for _ in range(2):
        intake.report(status(LinkState.LOST))
        await intake.deliver([frame("measurement")])
    assert await shop.gaps() == known
    assert [gap.reason for gap in known] == [GapReason.GATEWAY_DOWN]


async def test_after_a_kill_a_cuff_misses_what_came_after_the_last_sign_of_life(shop: Shop) -> None:
    intake, last = await shop.intake(spec="blood-pressure"), frame("measurement")
    await intake.deliver([last])
    alive = last.at.later(3600 * 10**9)
    await shop.store.deliver([], marks=[alive_mark(alive)])
    intake = await shop.intake(spec="blood-pressure")
    await intake.resume(KEY)
    gap = (await shop.gaps())[-1]
    assert (gap.reason, gap.since) == (GapReason.GATEWAY_DOWN, alive.later(-UNSURE_NS))
    await intake.deliver([frame("measurement")])
    assert (await shop.gaps())[-1] == gap


async def test_a_malformed_reading_of_a_cuff_is_told_soon_and_exactly(shop: Shop) -> None:
    intake, at = await shop.intake(spec="blood-pressure"), CLOCK.now()
    intake.missed("measurement", at, GapReason.MALFORMED)  # before anybody knows who it is
    await shop.reports.finish()
    assert await shop.gaps() == []
    intake.report(status(LinkState.CONNECTED, DeviceIdentity(asset_tag="F-1")))
    later = CLOCK.now()
    intake.missed("measurement", later, GapReason.MALFORMED)
    await shop.reports.finish()
    gaps = (await shop.gaps())[1:]
    assert [(gap.reason, gap.since, gap.until) for gap in gaps] == [
        (GapReason.MALFORMED, one.later(-1), one.later(1)) for one in (at, later)
    ]


async def test_gaps_that_the_store_refuses_are_told_when_it_takes_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await shop.intake(spec="blood-pressure")).deliver([frame("measurement")])
    known, intake = await shop.gaps(), await shop.intake(spec="blood-pressure")
    with monkeypatch.context() as patch:
        patch.setattr(shop.store, "deliver", full)
        await intake.resume(KEY)
        await shop.reports.finish()
    assert await shop.gaps() == known
    await shop.reports.finish()
    assert len(await shop.gaps()) == len(known) + 1


async def test_stored_records_have_no_gaps_and_no_marks(shop: Shop) -> None:
    intake = await shop.intake(spec="glucose")
    await intake.deliver([frame(part="measurement")], marks=[Mark(KEY, "racp", "7")])
    assert await shop.gaps() == []
    assert await shop.store.mark(KEY, "live:measurement") is None
    assert await shop.store.mark(KEY, "racp") == "7"


@pytest.mark.parametrize("link", [LinkState.LOST, LinkState.REFUSED])
async def test_a_lost_link_breaks_the_stream(shop: Shop, link: LinkState) -> None:
    intake, first = await shop.intake(), frame()
    await intake.deliver([first])
    lost = status(link)
    intake.report(lost)
    await shop.reports.finish()
    gap = (await shop.gaps())[-1]
    assert (gap.reason, gap.since, gap.until) == (GapReason.LINK_LOST, first.at, lost.at)
    last = frame()
    await intake.deliver([last])
    gap = (await shop.gaps())[-1]
    assert (gap.reason, gap.since, gap.until) == (GapReason.LINK_LOST, lost.at.later(-1), last.at)


async def test_what_could_not_be_read_breaks_the_stream(shop: Shop) -> None:
    intake = await shop.intake()
    await intake.deliver([frame()])
    before, missed, after = frame(), CLOCK.now(), frame()
    intake.missed("", missed, GapReason.MALFORMED)
    await intake.deliver([before, after])
    gap = (await shop.gaps())[-1]
    assert (gap.reason, gap.since, gap.until) == (GapReason.MALFORMED, before.at, after.at)


async def test_what_could_not_be_read_in_the_very_first_segment_is_told(shop: Shop) -> None:
    intake = await shop.intake()
    intake.report(status(LinkState.CONNECTED, DeviceIdentity(asset_tag="F-1")))
    first, missed = frame(), CLOCK.now()
    segment = msgspec.structs.replace(first, octets=(b"", b""), offsets=(0, 10**9))
    intake.missed("climate", missed, GapReason.MALFORMED)
    await intake.deliver([segment])
    last = frame(at=first.at.later(2 * 10**9))
    await intake.deliver([last])
    gap = (await shop.gaps())[-1]
    assert gap.reason is GapReason.MALFORMED
    assert gap.since
    assert gap.since < missed < gap.until


async def full(records: Sequence[Record], **_: object) -> None:
    raise StoreFullError("full")


async def test_what_the_store_had_no_room_for_is_a_gap(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake, first = await shop.intake(), frame()
    await intake.deliver([first])
    with monkeypatch.context() as patch:
        patch.setattr(shop.store, "deliver", full)
        with pytest.raises(StoreFullError):
            await intake.deliver([frame()])
    last = frame()
    await intake.deliver([last])
    gap = (await shop.gaps())[-1]
    assert (gap.reason, gap.since, gap.until) == (GapReason.OVERFLOW, first.at, last.at)


async def test_derived_observations_are_in_the_frames_commit(shop: Shop) -> None:
    rate = Observation("id", "heart-rate", value=Decimal(72), unit="/min")
    intake = await shop.intake(lambda one: msgspec.structs.replace(one, observations=(rate,)))
    await intake.deliver([frame()])
    frames = [one for one in await shop.records() if isinstance(one, Frame)]
    assert frames[0].observations == (rate,)


async def test_many_deliveries_at_once_tell_one_gap(shop: Shop) -> None:
    intake = await shop.intake()
    await asyncio.gather(*(intake.deliver([frame()]) for _ in range(20)))
    assert len(await shop.gaps()) == 2  # until the start, and until the first frame
    assert shop.state.frames == 20


async def test_reports_are_seen_at_once_and_durable_soon(shop: Shop) -> None:
    identity = DeviceIdentity(asset_tag="F-1")
    (await shop.intake()).report(status(LinkState.CONNECTED, identity))
    assert (shop.state.link, shop.state.malformed) == (LinkState.CONNECTED, 2)
    assert shop.state.key == KEY
    await shop.reports.flush()
    assert [type(one) for one in await shop.records()] == [DeviceStatus]
    assert shop.met == [shop.state]


async def test_a_reading_of_the_devices_clock_is_durable_before_what_it_dates(shop: Shop) -> None:
    intake = await shop.intake(spec="glucose")
    read = msgspec.structs.replace(status(LinkState.CONNECTED), device_time="2026-11-22T08:00:00")
    intake.report(read)
    record = frame(part="measurement")
    await intake.deliver([record])
    rows = await shop.store.pending(Lane.OBSERVATION)
    assert [row.record for row in rows] == [read.id, record.id]
    assert await shop.store.readings() == [read]


async def test_reports_without_end_are_bounded(shop: Shop) -> None:
    intake = await shop.intake()
    for _ in range(1000):
        intake.report(status(LinkState.LOST))
    await shop.reports.flush()
    assert len(await shop.records()) == 256


ECG = Channel("ecg-lead-i", "mV", Decimal("0.005"), Decimal("-5.12"))


def heart(second: int, stream: str, first: int, began: Instant) -> Frame:
    """A second of the packaged recording, at its moment, as part of a stream."""
    with np.load(Path(__file__).parents[1] / "data" / "ecg" / "119.npz") as kept:
        part = [int(one) for one in kept["samples"][0][second * 360 : (second + 1) * 360]]
    wave = Waveform(stream, first, "360", (ECG,), 360, pack([part]))
    return msgspec.structs.replace(
        frame("data", began.later(second * 1_000_000_000)), waveforms=(wave,)
    )


async def rates_of_a_second_run(shop: Shop, began: Instant) -> list[Observation]:
    """Of the recording from its 25th second on, by an intake that was started just then."""
    intake = await shop.intake(spec="polar-pmd", signals=signals_for(POLAR, 50))
    for second in range(25, 33):
        await intake.deliver([heart(second, "t", (second - 25) * 360, began)])
    frames = [one for one in await shop.records() if isinstance(one, Frame)]
    mine = [one for one in frames if one.waveforms[0].stream == "t"]
    return [one for made in mine for one in made.observations]


@pytest.mark.parametrize("stop", ["clean", "killed", "damaged", "fresh"])
async def test_what_was_learnt_of_a_heart_outlives_the_process(
    shop: Shop, stop: str, caplog: pytest.LogCaptureFixture
) -> None:
    """After a kill it goes on from what the last commit held; what is damaged is not taken up."""
    began, memory = CLOCK.now(), EcgAnalysis()
    signals = Signals(memory.process, memory)
    intake = await shop.intake(spec="polar-pmd", signals=signals)
    for second in range(20 if stop != "fresh" else 0):
        if second == 15 and stop == "killed":
            await shop.store.deliver([], marks=signals.last())
        await intake.deliver([heart(second, "s", second * 360, began)])
    if stop == "clean":
        await intake.finish()
    if stop == "damaged":
        await shop.store.deliver([], marks=[Mark(KEY, MARK, "AAAA")])
    found = await rates_of_a_second_run(shop, began)
    alone = EcgAnalysis()
    fresh = [
        observation
        for second in range(25, 33)
        for observation in alone.process(
            heart(second, "t", (second - 25) * 360, began)
        ).observations
    ]
    goes_on = stop in ("clean", "killed")
    assert (found != fresh) is goes_on
    assert ("not taken up" in caplog.text) is (stop == "damaged")
    if goes_on:
        whole = [
            one
            for second in range(25, 33)
            for one in memory.process(heart(second, "t", (second - 25) * 360, began)).observations
        ]
        assert stop == "killed" or found == whole
