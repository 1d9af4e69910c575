"""A box that runs for years: what is over goes, what something still needs stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.commands import Command, CommandResult, Outcome
from edge_agent.model.devices import DeviceIdentity, PairedDevice
from edge_agent.model.errors import StoreFullError
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Lane
from edge_sync.store import Limits, Store, moment
from edge_sync.store import pruning as pruned
from edge_sync.store import upkeep as upkeeping
from tests.support.sync import frame

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEW = Limits(commands=3, bindings=4, boots=10)


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """A buffer that looks after itself with each commit, and knows the time."""
    monkeypatch.setattr(upkeeping, "_EVERY_S", 0.0)
    async with await Store.open(tmp_path / "buffer.sqlite", FEW) as opened:
        yield opened


def clock(boot: str, wall: datetime, source: str = "ntp", ns: int = 0) -> ClockMapping:
    width = 1 if source == "ntp" else 86_400 * 10**9
    return ClockMapping(
        f"c-{boot}", Instant(boot, ns), int(wall.timestamp()) * 10**9, width, source
    )


def now(source: str = "ntp") -> ClockMapping:
    at = moment.now()
    return clock(at.boot, NOW, source, at.ns)


async def commanded(store: Store, *expire: str) -> list[str]:
    """Receive and conclude commands that expire so."""
    names = [f"{n}-{when}" for n, when in enumerate(expire)]
    for name, when in zip(names, expire, strict=True):
        await store.journal.receive(name, forms.encode(Command(name, "light", when)), moment.now())
        await store.deliver([CommandResult(f"r-{name}", name, Outcome.DONE, moment.now())])
    return names


async def remembered(store: Store, names: list[str]) -> list[str]:
    return [name for name in names if await store.journal.entry(name)]


async def test_a_command_is_forgotten_when_no_copy_of_it_could_act_any_more(store: Store) -> None:
    long_ago, soon, later = ((NOW + n * DAY).isoformat() for n in (-32, -30, 30))
    names = await commanded(store, long_ago, soon, later, "never", long_ago, long_ago, long_ago)
    assert await remembered(store, names) == names
    await store.deliver([now("system")])
    assert await remembered(store, names) == names
    await store.deliver([now()])
    assert await remembered(store, names) == [names[1], names[2], *names[4:]]


async def test_a_command_without_a_result_is_never_forgotten(store: Store) -> None:
    await store.deliver([now()])
    open_ = Command("open", "light", (NOW - 90 * DAY).isoformat())
    await store.journal.receive("open", forms.encode(open_), moment.now())
    await commanded(store, *(["2030-01-01T00:00:00Z"] * 5))
    assert await remembered(store, ["open", "0-2030-01-01T00:00:00Z"]) == ["open"]


async def test_pages_are_looked_at_by_turns(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruned, "_PAGE", 2)
    later, ago = (NOW + DAY).isoformat(), (NOW - 40 * DAY).isoformat()
    names = await commanded(store, later, later, later, ago, later, ago, later, later, later)
    for _ in range(6):
        await store.deliver([now()])
    assert await remembered(store, names) == [name for name in names if later in name]


def bound(name: str, until: datetime | None, revision: int = 0) -> Binding:
    since = (NOW - 400 * DAY).isoformat()
    end = until.isoformat() if until else ""
    return Binding(name, "serial:cuff", "s", since, moment.now(), until=end, revision=revision)


async def test_a_binding_is_forgotten_a_month_after_its_end(store: Store) -> None:
    made = [
        bound("over", None),
        bound("over", NOW - 40 * DAY, 1),
        bound("recent", NOW - 30 * DAY),
        bound("open again", NOW - 40 * DAY),
        bound("open again", None, 1),
        *(bound(f"last {n}", NOW - 40 * DAY) for n in range(4)),
    ]
    await store.deliver([now(), *made])
    assert await store.bindings() == made[2:]


@pytest.mark.parametrize("held", [False, True])
async def test_what_waits_keeps_its_binding(store: Store, held: bool) -> None:
    waits = frame(1)
    last = [bound(f"last {n}", None) for n in range(4)]
    old, older = bound("old", NOW - 40 * DAY), bound("older", NOW - 60 * DAY)
    came = clock(waits.at.boot, NOW - 50 * DAY)
    await store.deliver([came, waits], held={waits.id} if held else ())
    await store.deliver([now(), old, older, *last])
    assert await store.bindings() == [old, *last]


async def test_the_clocks_of_boots_long_over_go(store: Store) -> None:
    waits = frame(1)
    await store.deliver([clock(waits.at.boot, NOW - 20 * DAY), waits])
    boots = [clock(f"boot {n}", NOW - (40 - n) * DAY) for n in range(40)]
    await store.deliver([now(), *boots])
    await store.deliver([])
    kept = {one.at.boot for one in await store.clocks()}
    assert kept == {moment.now().boot, waits.at.boot, *(f"boot {n}" for n in range(20, 40))}
    await store.acknowledge(Lane.OBSERVATION, ((1, 100),))
    assert len(await store.clocks()) == FEW.boots


def read_on(days_ago: int) -> Frame:
    """A frame of another boot, which began so many days ago."""
    found = frame(1000 - days_ago, device="serial:cuff")
    return msgspec.structs.replace(found, at=Instant(f"boot-{days_ago}", 0))


async def stayed(store: Store, device: str = "serial:cuff") -> list[str]:
    return [row.record for row in await store.past(device)]


async def test_copies_of_readings_stay_for_90_days(store: Store) -> None:
    days = (100, 91, 89, 1)
    frames = {ago: read_on(ago) for ago in days}
    for ago in days:
        boot = clock(f"boot-{ago}", NOW - ago * DAY)
        await store.deliver([boot, frames[ago]], kept=[frames[ago].id])
    assert len(await stayed(store)) == 4  # nobody vouches for what day it is
    await store.deliver([now()])
    assert await stayed(store) == [frames[89].id, frames[1].id]


async def test_copies_of_readings_stay_when_the_region_has_them_and_once(store: Store) -> None:
    await store.deliver([now()])
    one, other = frame(1), frame(2)
    await store.deliver([one, other], kept=[one.id])
    await store.deliver([one], kept=[one.id])
    lanes = {state.lane: state for state in await store.state()}
    await store.acknowledge(Lane.OBSERVATION, ((1, lanes[Lane.OBSERVATION].last),))
    (row,) = await store.past("serial:cuff")
    assert forms.decode(row.payload) == one
    assert row.intact
    assert await store.past("serial:cuff", row.sequence) == []


async def test_no_more_copies_than_their_number(tmp_path: Path, store: Store) -> None:
    async with await Store.open(tmp_path / "few.sqlite", Limits(past=3)) as few:
        for n in range(5):
            await few.deliver([frame(n)], kept=[frame(n).id])
        await few.deliver([frame(9)])
        assert await stayed(few) == [frame(n).id for n in (2, 3, 4)]


async def test_who_unpairs_a_device_takes_its_readings_along(store: Store) -> None:
    identity = DeviceIdentity(serial="cuff")
    assert identity.key == "serial:cuff"
    await store.devices.save(PairedDevice("cuff", "blood-pressure", identity))
    await store.deliver([frame(1), frame(2, device="other")], kept=[frame(1).id, "x"])
    assert await stayed(store) == [frame(1).id]
    await store.devices.forget("cuff")
    assert await stayed(store) == []


async def test_copies_yield_first_on_a_full_disk(tmp_path: Path) -> None:
    """What waits for the region is whole; copies of it are gone."""
    limits = Limits(quota=1_000_000)
    async with await Store.open(tmp_path / "small.sqlite", limits) as small:
        told = [frame(n, octets=n.to_bytes(4, "big") * 8_000) for n in range(80)]
        await small.deliver(told[:8], kept=[one.id for one in told[:8]])
        before = len(await stayed(small))
        with pytest.raises(StoreFullError):
            await _fill(small, told[8:])
        assert before == 8
        assert await stayed(small) == []
        assert await small.gaps(10) == []


async def _fill(store: Store, frames: list[Frame]) -> None:
    for one in frames:
        await store.deliver([one])
