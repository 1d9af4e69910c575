"""Orders of the region to a robot: the agent's handler, its alarms, and its table in the file."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.config.parse import parse
from edge_agent.dispensing.robots import ByDevice, Robots, Shelves, connected
from edge_agent.model import forms
from edge_agent.model.commands import Command, Outcome
from edge_agent.model.errors import CommandError, ConfigError
from edge_agent.model.records import Alarm, Lane
from edge_drivers.codec.wwks2_values import Article, Message, Stock
from edge_simulators.wwks2_robot import Mishaps, RobotSimulator
from edge_sync.store import Store
from firmware_specs import catalog
from tests.support.gateway import BootClock

KEY = "tag:R-1"


def command(order: str, amount: int = 2, device: str = KEY) -> Command:
    arguments: dict[str, str | int] = {
        "prescription": "rx-7",
        "subject": "resident-1",
        "drug": "1690510",
        "channel": 1,
        "amount": amount,
    }
    return Command(order, "dispense", "2030-01-01T00:00:00Z", device, arguments)


class Shop:
    """A robot, a store, and the handler between them."""

    def __init__(self, robot: RobotSimulator, store: Store) -> None:
        self.robot = robot
        self.store = store
        shelves = Shelves(store, BootClock(), KEY, lambda: "2026-11-22")
        place = f"127.0.0.1:{robot.port}"
        self.link, station = connected(place, lambda: datetime.now(UTC), shelves)
        robots = Robots(store, BootClock(), {KEY: station})
        self.handler = ByDevice({KEY: robots}, None)

    async def alarms(self) -> list[Alarm]:
        rows = [forms.decode(row.payload) for row in await self.store.pending(Lane.ALARM)]
        return [row for row in rows if isinstance(row, Alarm)]


@contextlib.asynccontextmanager
async def opened(folder: Path, mishaps: Mishaps | None = None) -> AsyncGenerator[Shop]:
    robot = RobotSimulator(mishaps=mishaps)
    robot.stock = {"1690510": 3}
    await robot.start()
    async with await Store.open(folder / "buffer.sqlite") as store:
        shop = Shop(robot, store)
        running = asyncio.create_task(shop.link.run())
        try:
            async with asyncio.timeout(60):
                await shop.link.up()
            yield shop
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await robot.stop()


async def test_an_order_becomes_packs_and_a_result_that_stands_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        end = await shop.handler.act(command("6f1d2e3c-0000-4000-8000-000000000001"))
        assert (end.outcome, end.count, end.reason) == (Outcome.DONE, 2, "")
        assert end.dispensed
        told = (end.dispensed.device, end.dispensed.drug, end.dispensed.ordered)
        assert told == (KEY, "1690510", 2)
        assert await shop.alarms() == []
        part = await shop.handler.act(command("o-2"))
        assert (part.outcome, part.count) == (Outcome.PARTIAL, 1)
        async with asyncio.timeout(60):
            while len(await shop.alarms()) < 2:
                await asyncio.sleep(0.01)
        short, out = sorted(await shop.alarms(), key=lambda alarm: alarm.kind)
        assert (short.kind, out.kind) == ("order-partial", "stock-out")
        assert (out.device, out.basis) == (KEY, "article 1690510 is out of stock 2026-11-22")


async def test_after_a_crash_the_robot_says_what_became_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        doing = asyncio.create_task(shop.handler.act(command("o-1")))
        while "o-1" not in shop.robot.orders:
            await asyncio.sleep(0.001)
        doing.cancel()
        await asyncio.wait((doing,))
        end = await shop.handler.recover(command("o-1"))
        assert (end.outcome, end.count, len(shop.robot.journal["o-1"])) == (Outcome.DONE, 2, 2)


async def test_an_order_that_the_robot_does_not_know_is_shown_to_a_person(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        end = await shop.handler.recover(command("lost"))
        assert (end.outcome, end.count) == (Outcome.UNKNOWN, None)
        assert [alarm.kind for alarm in await shop.alarms()] == ["order-unknown"]


async def test_nobody_else_is_given_medicine(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        with pytest.raises(CommandError, match="no dispenser of that name"):
            await shop.handler.act(command("o-1", device="tag:other"))
        with pytest.raises(CommandError, match="amount begin at 1"):
            await shop.handler.act(command("o-1", amount=0))
        assert shop.robot.journal == {}


def stock(level: int) -> Message:
    return Message("StockInfoMessage", "1", 777, 100, Stock((Article("A", "", level),)))


async def test_an_article_that_runs_out_is_told_once_until_it_is_there_again(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as shop:
        days = iter(["2026-11-22", "2026-11-23"])
        shelves = Shelves(shop.store, BootClock(), KEY, lambda: next(days))
        for level in (3, 0, 0, 5, 0):
            await shelves.listen(stock(level))
        told = [alarm.basis for alarm in await shop.alarms()]
        assert told == [f"article A is out of stock 2026-11-2{n}" for n in (2, 3)]


HEAD = """\
[gateway]
name = "gw1"
zone = "Asia/Shanghai"
[region]
site = "clinic-1"
[broker]
url = "mqtt://broker"
"""
ROBOT = '[[robot]]\nalias = "robot"\nhost = "10.0.0.9:6050"\nasset_tag = "R-1"\n'
BOX = '[[device]]\nalias = "robot"\nspec = "xy-md02"\nhost = "10.0.0.7:502"\nasset_tag = "F-1"\n'


def test_a_robot_in_the_file() -> None:
    (robot,) = parse(HEAD + ROBOT, Path("agent.toml"), catalog.find_all).robots
    assert (robot.alias, robot.host, robot.asset_tag) == ("robot", "10.0.0.9:6050", "R-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROBOT + ROBOT, "is that of [[robot]] 1 already"),
        (ROBOT + BOX, "'robot' is that of a [[device]] already"),
        (ROBOT.replace("6050", "0"), "there is no port 0"),
        (ROBOT.replace("R-1", ""), "asset_tag"),
    ],
)
def test_a_robot_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        parse(HEAD + text, Path("agent.toml"), catalog.find_all)
    assert all(isinstance(one, ConfigError) for one in caught.value.exceptions)
    assert any(said in str(one) for one in caught.value.exceptions)
