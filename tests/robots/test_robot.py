"""Orders on a robot with mishaps: none twice, and every outcome is true by the robot's journal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Outcome
from edge_agent.model.errors import LinkTimeoutError, LinkUnavailableError
from edge_drivers.codec.wwks2_values import Article, Message, Output, Pack, Standing
from edge_drivers.links.wwks2 import Robot
from edge_drivers.procedures.robot import Ended, RobotStation, ended
from edge_simulators.wwks2_robot import Mishaps, RobotSimulator
from tests.support.gateway import until


class Pharmacy:
    """A station, its link, and what was journalled."""

    def __init__(self, robot: RobotSimulator, answer: float = 0.3) -> None:
        self.journal: dict[str, Output] = {}
        self.heard: list[Message] = []
        self.link = Robot(
            "127.0.0.1",
            robot.port,
            now=lambda: datetime.now(UTC),
            backoff=Backoff(0.01, 0.05, Random(1).random),
            listen=self._listen,
            answer=answer,
            quiet=0.2,
        )
        self.station = RobotStation(self.link, ask=0.15, patience=20)

    async def _listen(self, message: Message) -> None:
        self.heard.append(message)
        await self.station.listen(message)

    async def dispense(self, order: str, output: Output) -> Ended:
        """Journal an order, then carry it out."""
        assert order not in self.journal
        self.journal[order] = output
        return await self.station.dispense(order, output)


@contextlib.asynccontextmanager
async def opened(robot: RobotSimulator, answer: float = 0.3) -> AsyncGenerator[Pharmacy]:
    """A pharmacy beside a robot that is on."""
    pharmacy = Pharmacy(robot, answer)
    task = asyncio.create_task(pharmacy.link.run())
    try:
        async with asyncio.timeout(60):
            await pharmacy.link.up()
        yield pharmacy
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def robot() -> AsyncGenerator[RobotSimulator]:
    robot = RobotSimulator()
    robot.stock = {"A": 100}
    await robot.start()
    yield robot
    await robot.stop()


def is_true(said: Ended, moved: int, wanted: int) -> bool:
    """Whether an outcome is what the robot did."""
    match said.outcome:
        case Outcome.DONE:
            return said.count == moved == wanted
        case Outcome.PARTIAL:
            return said.count == moved and 0 < moved < wanted
        case Outcome.NOT_DONE | Outcome.REFUSED:
            return moved == 0
        case _:
            return moved <= wanted


async def test_an_order_is_done_and_its_packs_are_named(robot: RobotSimulator) -> None:
    async with opened(robot) as pharmacy:
        found = await pharmacy.dispense("o1", Output(article="A", quantity=3))
        packs = tuple(map(Pack, robot.journal["o1"]))
        assert found == Ended(Outcome.DONE, 3, "", packs)
        assert await pharmacy.link.status() == "Ready"
        assert (await pharmacy.link.stock("A")).articles == (Article("A", "", 97),)
        kinds = {message.kind for message in pharmacy.heard}
        assert kinds == {"OutputMessage", "StockInfoMessage"}


async def test_what_is_not_in_stock_does_not_come(robot: RobotSimulator) -> None:
    robot.stock = {"A": 2}
    async with opened(robot) as pharmacy:
        some = await pharmacy.dispense("o1", Output(article="A", quantity=3))
        none = await pharmacy.dispense("o2", Output(article="A", quantity=1))
    assert (some.outcome, some.count) == (Outcome.PARTIAL, 2)
    assert (none.outcome, none.count) == (Outcome.NOT_DONE, 0)


async def test_outcomes_come_in_any_order(robot: RobotSimulator) -> None:
    robot.mishaps = Mishaps(lose_answer=0.3)
    async with opened(robot) as pharmacy:
        orders = {f"o{n}": Output(article="A", quantity=1 + n % 4) for n in range(12)}
        found = await asyncio.gather(*(pharmacy.dispense(*one) for one in orders.items()))
    assert [one.count for one in found] == [one.quantity for one in orders.values()]
    told = [one.id for one in pharmacy.heard if one.kind == "OutputMessage"]
    assert told != sorted(told)


async def test_a_robot_that_is_away_is_not_asked_and_nothing_is_sent(robot: RobotSimulator) -> None:
    async with opened(robot) as pharmacy:
        await robot.stop()
        await until(lambda: not vars(pharmacy.link)["_up"].is_set())
        found = await pharmacy.dispense("o1", Output(article="A", quantity=1))
        assert (found.outcome, found.reason) == (Outcome.NOT_DONE, "the robot is not connected")
        with pytest.raises(LinkUnavailableError):
            await pharmacy.link.query("o1")
        await robot.start()
        await pharmacy.link.up()
        assert await pharmacy.link.query("o1") is None
    assert robot.journal == {}


async def test_an_answer_that_does_not_come_is_a_time_out(robot: RobotSimulator) -> None:
    robot.mishaps = Mishaps(lose_answer=1.0)
    async with opened(robot, answer=0.1) as pharmacy:
        with pytest.raises(LinkTimeoutError, match="did not answer OutputRequest o1"):
            await pharmacy.link.submit("o1", Output(article="A", quantity=1))


async def test_after_a_crash_the_robot_is_asked_and_nothing_is_sent_again(
    robot: RobotSimulator,
) -> None:
    order = Output(article="A", quantity=5)
    async with opened(robot) as before:
        doing = asyncio.create_task(before.dispense("o1", order))
        while "o1" not in robot.orders:
            await asyncio.sleep(0.001)
        doing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await doing
    async with opened(robot) as after:
        found = await after.station.recover("o1", order)
        nobody = await after.station.recover("never sent", order)
    assert (found.outcome, found.count, len(robot.journal["o1"])) == (Outcome.DONE, 5, 5)
    assert (nobody.outcome, nobody.count) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize(
    ("standing", "packs", "outcome", "count"),
    [
        (Standing.COMPLETED, 2, Outcome.DONE, 2),
        (Standing.COMPLETED, 1, Outcome.UNKNOWN, None),  # it contradicts itself
        (Standing.COMPLETED, 3, Outcome.UNKNOWN, None),
        (Standing.INCOMPLETE, 1, Outcome.PARTIAL, 1),
        (Standing.INCOMPLETE, 2, Outcome.UNKNOWN, None),
        (Standing.ABORTED, 0, Outcome.NOT_DONE, 0),
        (Standing.REJECTED, 0, Outcome.REFUSED, 0),
        (Standing.REJECTED, 1, Outcome.UNKNOWN, None),
        (Standing.UNKNOWN, 0, Outcome.UNKNOWN, None),
    ],
)
def test_what_a_standing_means(
    standing: Standing, packs: int, outcome: Outcome, count: int | None
) -> None:
    articles = (Article("A", packs=tuple(Pack(str(n)) for n in range(packs))),)
    found = ended(standing, articles, Output(article="A", quantity=2))
    assert (found.outcome, found.count) == (outcome, count)


async def test_with_mishaps_at_every_step_no_pack_is_given_twice_and_every_outcome_is_true(
    tmp_path: Path,
) -> None:
    mishaps = Mishaps(0.1, 0.1, 0.3, 0.05, 0.1, 0.05)
    robot = RobotSimulator(tmp_path / "memory.json", mishaps, seed=7, pace=0.01)
    robot.stock = {"A": 10_000}
    await robot.start()
    chance, found = Random(7), dict[str, Ended]()

    async def order(name: str, pharmacy: Pharmacy) -> None:
        output = Output(article="A", quantity=chance.randint(1, 4))
        async with asyncio.timeout(60):
            await pharmacy.link.up()
            found[name] = await pharmacy.dispense(name, output)

    async def restarts() -> None:
        for _ in range(3):
            await asyncio.sleep(0.5)
            await robot.stop()
            await robot.start()

    async with opened(robot) as pharmacy:
        power = asyncio.create_task(restarts())
        wanted = {Outcome.DONE, Outcome.PARTIAL, Outcome.UNKNOWN}
        for batch in range(60):
            await asyncio.gather(*(order(f"o{batch}-{n}", pharmacy) for n in range(8)))
            if power.done() and wanted <= {one.outcome for one in found.values()}:
                break
        await power
        orders = pharmacy.journal
    await robot.stop()
    assert set(found) == set(orders)
    moved = {name: len(robot.journal.get(name, ())) for name in orders}
    assert set(robot.journal) <= set(orders)
    assert all(moved[name] <= orders[name].quantity for name in orders)
    wrong = {
        n: (one, moved[n])
        for n, one in found.items()
        if not is_true(one, moved[n], orders[n].quantity)
    }
    assert not wrong
    assert {one.outcome for one in found.values()} >= wanted
    unknown = sum(one.outcome is Outcome.UNKNOWN for one in found.values())
    assert unknown < len(found) / 2  # those whose request was lost, for nobody can know that
