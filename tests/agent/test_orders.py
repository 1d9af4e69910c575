"""Orders from the region to the dispenser and back: the handler, the store, and what people say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import msgspec
import pytest

from edge_agent.answering.desk import Desk
from edge_agent.cli.common import Loaded as LoadedConfig
from edge_agent.control.answered import OrdersReply
from edge_agent.control.asked import LoadChannel, Orders, SettleOrder, TrustRegisters
from edge_agent.dispensing.dispensary import Dispensary, Journal
from edge_agent.dispensing.shelf import Shelf
from edge_agent.model import forms
from edge_agent.model.commands import Command, CommandResult, Conclusion, Outcome
from edge_agent.model.errors import CommandError, StoreFullError
from edge_agent.model.records import Alarm, Lane
from edge_drivers.dispensing.interlocks import Known
from edge_drivers.procedures.dispense import Station
from edge_simulators.faults import Fault
from edge_sync.store import Store
from tests.support.dispensing import Bench, dispensing
from tests.support.gateway import BootClock, until

KEY = "tag:D-1"
Changes = dict[str, str | int]
ORDER: Changes = {
    "prescription": "rx-7",
    "subject": "resident-1",
    "drug": "amlodipine-5",
    "channel": 1,
    "amount": 2,
}
CONFIG = """\
[[device]]
alias = "pills"
spec = "dispenser"
host = "127.0.0.1:1"
asset_tag = "D-1"
"""


class Pharmacy:
    """A dispenser, a store and the two who work with them."""

    def __init__(self, bench: Bench, store: Store, config: LoadedConfig) -> None:
        self.bench = bench
        self.store = store
        self.clock = BootClock()
        self.desk = Desk(store, config.config, self.clock)
        station = bench.station
        station.notes = Journal(store, Shelf(store, KEY))
        self.handler = Dispensary(store, self.clock, lambda: "2026-11-22", {KEY: station})

    async def load(self, channel: int = 1, expires: str = "2026-11-22") -> None:
        await self.desk(LoadChannel("pills", channel, "amlodipine-5", "B7", expires, "nurse-1"))

    async def act(self, order: str = "o-1", changes: Changes | None = None) -> Conclusion:
        return await self.handler.act(command(order, changes))

    async def orders(self) -> OrdersReply:
        reply = await self.desk(Orders())
        assert isinstance(reply, OrdersReply)
        return reply

    async def sent(self) -> list[object]:
        """Records that are on their way up."""
        rows = [row for lane in Lane for row in await self.store.pending(lane)]
        return [forms.decode(row.payload) for row in rows]


def command(order: str = "o-1", changes: Changes | None = None) -> Command:
    return Command(order, "dispense", "2030-01-01T00:00:00Z", KEY, ORDER | (changes or {}))


@contextlib.asynccontextmanager
async def pharmacy(
    folder: Path, configure: Callable[..., LoadedConfig], patience: float = 5.0
) -> AsyncGenerator[Pharmacy]:
    async with (
        dispensing(folder, patience=patience) as bench,
        await Store.open(folder / "buffer.sqlite") as store,
    ):
        yield Pharmacy(bench, store, configure(CONFIG))


async def test_an_order_becomes_medicine_and_a_result_that_stands_alone(
    tmp_path: Path, configure: Callable[..., LoadedConfig]
) -> None:
    async with pharmacy(tmp_path, configure) as shop:
        await shop.load()
        end = await shop.act()
        assert (end.outcome, end.count) == (Outcome.DONE, 2)
        assert end.dispensed is not None
        assert (end.dispensed.batch, end.dispensed.prescription) == ("B7", "rx-7")
        assert len(shop.bench.fallen()) == 2


REFUSED: dict[str, Changes] = {
    "channel-not-loaded": {"channel": 2},
    "no-such-channel": {"channel": 5},
    "other-drug-in-channel": {"drug": "metformin-500"},
    "other-batch-in-channel": {"batch": "B8"},
    "amount-over-limit": {"amount": 21},
    "no order: Expected": {"amount": "two"},
    "unknown field": {"dose": 2},
    "subject is empty": {"subject": ""},
    "begin at 1": {"amount": 0},
}


async def test_what_does_not_fit_is_refused_before_the_device_is_asked(
    tmp_path: Path, configure: Callable[..., LoadedConfig]
) -> None:
    async with pharmacy(tmp_path, configure) as shop:
        await shop.load()
        for reason, changes in REFUSED.items():
            with pytest.raises(CommandError, match=reason):
                await shop.act(changes=changes)
        await shop.load(expires="2026-11-21")
        with pytest.raises(CommandError, match="batch-expired"):
            await shop.act()
        with pytest.raises(CommandError, match="no dispenser of that name"):
            await shop.handler.act(msgspec.structs.replace(command(), device="tag:other"))
        assert not shop.bench.fallen()
        assert await Shelf(shop.store, KEY).noted() is None


async def test_what_nobody_knows_bars_the_channel_until_a_person_settles_it(
    tmp_path: Path, configure: Callable[..., LoadedConfig]
) -> None:
    async with pharmacy(tmp_path, configure, patience=1.2) as shop:
        await shop.load()
        shop.bench.device.motor.pace = 0.3
        order = asyncio.create_task(shop.act())
        while not shop.bench.device.motor.is_turning:
            await asyncio.sleep(0.01)
        await shop.bench.attached.inflict(Fault("vanish", 600))
        assert (await order).outcome is Outcome.UNKNOWN
        alarms = [one for one in await shop.sent() if isinstance(one, Alarm)]
        assert [alarm.kind for alarm in alarms] == ["order-unknown"]
        await until(lambda: len(shop.bench.fallen()) == 2)
        vars(shop.bench.attached)["_absence"].cancel()  # it is back
        with pytest.raises(CommandError, match="order-open-on-channel"):
            await shop.act("o-2")
        assert [one.order for one in (await shop.orders()).channels] == ["o-1"]
        for bad in (
            SettleOrder("o-9", "done", "nurse-1"),
            SettleOrder("o-1", "unknown", "nurse-1"),
            SettleOrder("o-1", "partial", "nurse-1", 2),
            SettleOrder("o-1", "done", " "),
        ):
            with pytest.raises(CommandError):
                await shop.desk(bad)
        await shop.desk(SettleOrder("o-1", "done", "nurse-1"))
        results = [one for one in await shop.sent() if isinstance(one, CommandResult)]
        assert [(one.command, one.outcome, one.count) for one in results] == [
            ("o-1", Outcome.DONE, 2)
        ]
        assert [one.order for one in (await shop.orders()).channels] == [""]
        shop.bench.device.motor.pace = 0.01
        assert (await shop.act("o-3")).outcome is Outcome.DONE


async def test_a_reset_memory_is_an_alarm_until_a_person_trusts_it(
    tmp_path: Path, configure: Callable[..., LoadedConfig]
) -> None:
    async with pharmacy(tmp_path, configure) as shop:
        await shop.load()
        await shop.act("o-1")
        (tmp_path / "kept.json").write_text(
            '{"restarts": 0, "stock": [9, 9, 9, 9], "dispensed": [0, 0, 0, 0]}'
        )
        await shop.bench.device.switch_off()
        await shop.bench.device.switch_on()
        end = await shop.act("o-2")
        assert (end.outcome, end.reason) == (Outcome.REFUSED, "counter-not-as-left")
        alarms = [one for one in await shop.sent() if isinstance(one, Alarm)]
        assert [alarm.kind for alarm in alarms] == ["dispenser-counter"]
        await shop.desk(TrustRegisters("pills", "technician-1"))
        assert (await shop.act("o-3")).outcome is Outcome.DONE
        assert (await shop.store.audit.verify())[0] >= 2


async def test_an_agent_that_ended_before_anything_was_sent_says_so(
    tmp_path: Path, configure: Callable[..., LoadedConfig]
) -> None:
    async with pharmacy(tmp_path, configure) as shop:
        await shop.load()
        end = await shop.handler.recover(command())
        assert (end.outcome, end.count) == (Outcome.NOT_DONE, 0)


async def test_an_agent_that_ended_in_between_reads_what_became_of_it(
    tmp_path: Path, configure: Callable[..., LoadedConfig]
) -> None:
    async with pharmacy(tmp_path, configure) as shop:
        await shop.load()
        shop.bench.device.motor.pace = 0.1
        order = asyncio.create_task(shop.act())
        while not shop.bench.device.motor.is_turning:
            await asyncio.sleep(0.01)
        order.cancel()
        await asyncio.wait((order,))
        old = shop.bench.station
        again = Station(old.profile, shop.bench.link, old.notes)
        handler = Dispensary(shop.store, shop.clock, lambda: "2026-11-22", {KEY: again})
        end = await handler.recover(command())
        assert (end.outcome, end.count) == (Outcome.DONE, 2)
        assert len(shop.bench.fallen()) == 2


class Failing(Journal):
    """A journal whose disk is full for a while."""

    failures = 3

    async def learn(self, known: Known | None) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreFullError("full")
        await super().learn(known)


async def test_a_full_disk_delays_an_outcome_and_changes_none(
    tmp_path: Path, configure: Callable[..., LoadedConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.dispensing.dispensary.AGAIN_S", 0.01)
    async with pharmacy(tmp_path, configure) as shop:
        await shop.load()
        shop.bench.station.notes = Failing(shop.store, Shelf(shop.store, KEY))
        with pytest.raises(StoreFullError):
            await shop.act()
        end = await shop.handler.recover(command())
        assert (end.outcome, end.count) == (Outcome.DONE, 2)
        assert len(shop.bench.fallen()) == 2
