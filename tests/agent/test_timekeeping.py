"""What time it is: kernel, region, steps, drift, and the floor that outlives a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model.commands import Outcome
from edge_agent.model.errors import CommandError
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.process import clock as clocks
from edge_agent.process.clock import BootClock, is_better, measured
from edge_agent.remote.timekeeping import RELEASED, Timekeeper, Told, opened
from edge_sync.broker import Broker
from edge_sync.commands import Terms
from edge_sync.keys import make_signer, read_keyring
from edge_sync.publisher import Publisher
from edge_sync.region import schema
from edge_sync.region.ordering import order
from edge_sync.region.receiver import Receiver
from edge_sync.region.recorder import Recorder
from edge_sync.region.telling import Teller, knows
from edge_sync.settings import Settings
from edge_sync.store import Store
from edge_sync.wire.messages import Batch
from tests.support.mosquitto import Mosquitto
from tests.support.sync import ADDRESS, until

YEARS = 7 * 365 * 86_400
MINUTE = timedelta(minutes=1)


class Machine:
    """The machine's clock, as far off as a test wants it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        self.error_ns: int | None = None
        real, real_ns = time.time, time.time_ns
        monkeypatch.setattr(clocks, "kernel_error_ns", lambda: self.error_ns)
        monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(self.ahead * 1e9))
        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "buffer.sqlite") as made:
        yield made


async def nothing() -> None:
    return


async def sources(store: Store) -> list[str]:
    rows = await store._reader.all("SELECT entry ->> '$.event.source' FROM audit ORDER BY sequence")  # pyright: ignore[reportPrivateUsage]
    return [source for (source,) in rows if source]


async def test_steps_are_on_record_and_a_vouched_clock_is_not_displaced(
    store: Store, machine: Machine
) -> None:
    machine.ahead = -YEARS
    keeper = await opened(store, BootClock(), nothing)
    await keeper.look()  # nothing happened
    machine.ahead = -YEARS + 3600
    await keeper.look()  # a person set it
    machine.ahead, machine.error_ns = 0.0, 20_000_000
    await keeper.look()  # NTP has it
    assert abs(keeper.now().at - datetime.now(UTC)) < MINUTE
    assert keeper.now().uncertainty < MINUTE
    machine.ahead, machine.error_ns = YEARS, None
    await keeper.look()  # the machine's clock jumps and nobody vouches for it any more
    assert await sources(store) == ["system", "system", "ntp", "system"]
    assert abs(keeper.now().at.timestamp() - (time.time() - YEARS)) < 60
    (best,) = await store.clocks()
    assert best.source == "ntp"  # so all that this boot has measured is dated by it


@pytest.mark.parametrize("ahead", [-YEARS, 0.0])
async def test_the_floor_outlives_a_restart_and_a_clock_of_1970(
    store: Store, machine: Machine, ahead: float
) -> None:
    machine.error_ns = 20_000_000
    machine.ahead = YEARS
    keeper = await opened(store, BootClock(), nothing)
    mark, certain = keeper.mark(), keeper.floor()
    await store.deliver([], marks=[mark])
    machine.ahead, machine.error_ns = ahead, None
    again = await opened(store, BootClock(), nothing)
    assert certain - MINUTE < again.floor() <= certain


async def test_without_anything_known_the_release_is_the_floor(
    store: Store, machine: Machine
) -> None:
    machine.ahead = -time.time() + 5.0  # 1970
    assert (await opened(store, BootClock(), nothing)).floor() == RELEASED


@pytest.fixture
async def lost(store: Store, machine: Machine) -> Timekeeper:
    """A keeper on a machine that thinks it is seven years ago."""
    machine.ahead = -YEARS
    return await opened(store, BootClock(), nothing)


async def test_the_regions_answer_dates_the_boot(lost: Timekeeper, store: Store) -> None:
    clock = BootClock()
    sent = clock.now().later(-2_000_000_000)
    true = time.time_ns() + YEARS * 1_000_000_000
    command = order("time", ADDRESS, datetime.now(UTC), _arguments(sent, true - 1_000_000_000))
    found = await Told(lost, clock).act(command)
    assert found.outcome is Outcome.DONE
    now = lost.now()
    assert abs(now.at.timestamp() - time.time() - YEARS) <= now.uncertainty.total_seconds() < 60
    assert (await store.clocks())[0].source == "region"
    assert lost.floor() > datetime.fromtimestamp(true / 1e9 - 3, UTC)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"boot": "another"}, "answers nothing"),
        ({"sent": 1 << 62}, "answers nothing"),
        ({"sent": "soon"}, "sent is no number"),
        ({"wall_ns": -1}, "wall_ns is no number"),
        ({"wall_ns": 10**18}, "certainly past"),
    ],
)
async def test_an_answer_to_nothing_tells_nothing(
    lost: Timekeeper, change: dict[str, str | int], said: str
) -> None:
    arguments = _arguments(BootClock().now(), time.time_ns()) | change
    known = lost.mapping
    with pytest.raises(CommandError, match=said):
        await Told(lost, BootClock()).act(order("time", ADDRESS, RELEASED, arguments))
    assert lost.mapping is known


def _arguments(sent: Instant, wall_ns: int) -> dict[str, str | int]:
    return {
        "boot": sent.boot,
        "sent": sent.ns,
        "wall_ns": wall_ns,
        "uncertainty_ns": 500_000_000,
    }


MAPPINGS = st.builds(
    ClockMapping,
    id=st.just("c"),
    at=st.builds(Instant, st.just("b"), st.integers(0, 10**15)),
    wall_ns=st.integers(0, 10**15),
    uncertainty_ns=st.integers(0, 10**14),
    source=st.sampled_from(["system", "ntp", "region"]),
)


@given(MAPPINGS, MAPPINGS)
def test_nobodys_word_never_displaces_somebodys(one: ClockMapping, other: ClockMapping) -> None:
    now = Instant("b", 10**15)
    if clocks.is_vouched(one) and not clocks.is_vouched(other):
        assert is_better(one, other, now)
        assert not is_better(other, one, now)


@given(MAPPINGS, st.integers(0, 10**15))
def test_what_nobody_disciplines_grows_wider(mapping: ClockMapping, ns: int) -> None:
    undisciplined = msgspec.structs.replace(mapping, source="region")
    wide = measured(undisciplined, mapping.at.later(ns)).uncertainty
    assert wide >= timedelta(microseconds=int(mapping.uncertainty_ns / 1000 + ns * 1e-7) - 1)


def test_the_region_answers_who_does_not_know_and_not_too_often() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    unsure = ClockMapping("c", Instant("b", 0), 0, 86_400_000_000_000, "system")
    sure = msgspec.structs.replace(unsure, uncertainty_ns=1_000_000_000, source="region")
    batch = Batch(1, ADDRESS.path, "e", "b", "alarm", (), clock=(unsure,), sent=5)  # type: ignore[arg-type]
    teller = Teller()
    told = teller.answer(batch, now)
    assert told
    assert told.arguments["sent"] == 5
    assert told.arguments["wall_ns"] == int(now.timestamp()) * 10**9
    assert teller.answer(batch, now + timedelta(seconds=59)) is None
    assert teller.answer(batch, now + timedelta(seconds=60))
    answered = [n for n in range(61, 8_000) if teller.answer(batch, now + timedelta(seconds=n))]
    assert answered == [180, 420, 900, 1860, 3780, 7620]  # it does not listen
    assert teller.answer(msgspec.structs.replace(batch, clock=(sure,)), now) is None
    assert teller.answer(batch, now)  # but once it did, it is told soon again
    assert knows(msgspec.structs.replace(batch, clock=(sure,)))
    assert not knows(msgspec.structs.replace(batch, clock=(sure,), sent=10**14))  # a day later
    assert not knows(msgspec.structs.replace(batch, boot="c", clock=(sure,)))
    assert Teller().answer(msgspec.structs.replace(batch, sent=0), now) is None


async def test_a_gateway_that_lost_the_time_is_told_it(
    lost: Timekeeper, store: Store, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    signer = make_signer(tmp_path / "region-1.pem")
    (tmp_path / "keys").write_text(signer.public_line)
    clock = BootClock()
    handlers = {"time": Told(lost, clock)}
    terms = Terms(ADDRESS.path, read_keyring(tmp_path / "keys"), handlers, lost.now)
    publisher = Publisher(store, Settings(Broker(mosquitto.url, "gw1"), ADDRESS), clock, terms)
    connection = schema.connect(tmp_path / "region.sqlite")
    receiver = Receiver(Recorder(connection), Broker(mosquitto.url, "region"), signer=signer)
    running = [asyncio.create_task(receiver.run())]
    await receiver.ready.wait()
    running.append(asyncio.create_task(publisher.run()))
    await until(lambda: lost.mapping.source == "region")
    now = lost.now()
    assert abs(now.at.timestamp() - time.time() - YEARS) <= now.uncertainty.total_seconds() < 60
    for task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    connection.close()
