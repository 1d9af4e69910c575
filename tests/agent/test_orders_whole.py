"""An order from the region to the medicine and back, through the agent as a program and kill -9."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.control import channel
from edge_agent.control.answered import OrdersReply
from edge_agent.control.asked import LoadChannel
from edge_agent.model.commands import Command, CommandResult, Outcome
from edge_sync.broker import Broker
from edge_sync.keys import Signer, make_signer
from edge_sync.region import ordering
from edge_sync.wire.topics import Address
from tests.support.agent import HEAD, Agent, until
from tests.support.dispensing import Bench, dispensing
from tests.support.mosquitto import Mosquitto

ADDRESS = Address("51", "00", "00", "000", "000", "clinic-1", "gw1")


class Region:
    """Gives orders to an agent and waits for what became of them."""

    def __init__(self, agent: Agent, broker: Mosquitto, signer: Signer, bench: Bench) -> None:
        self.agent = agent
        self.bench = bench
        self._mosquitto = broker
        self._broker = Broker(broker.url, client_id="orders")
        self._signer = signer

    def order(self, amount: int = 2) -> Command:
        arguments: dict[str, str | int] = {
            "prescription": "rx-7",
            "subject": "resident-1",
            "drug": "amlodipine-5",
            "channel": 1,
            "amount": amount,
        }
        life = timedelta(days=3)  # a clock that nobody vouches for may be wrong by one
        return ordering.order(
            "dispense", ADDRESS, datetime.now(UTC) + life, arguments, device="tag:D-1"
        )

    async def send(self, command: Command, patience: float = 60) -> CommandResult | None:
        return await ordering.send(self._broker, "edge", command, self._signer, patience)

    async def start(self) -> None:
        self.agent.start()
        await asyncio.to_thread(until, self.agent.status)
        await asyncio.to_thread(until, lambda: "Sending SUBACK" in self._mosquitto.log)

    def load(self) -> OrdersReply:
        asked = LoadChannel("pills", 1, "amlodipine-5", "B7", "2099-12-31", "nurse-1")
        return channel.ask(self.agent.state, asked, OrdersReply)


@pytest.fixture
async def region(tmp_path: Path, mosquitto: Mosquitto) -> AsyncGenerator[Region]:
    signer = make_signer(tmp_path / "region.pem")
    keys = tmp_path / "keys"
    keys.write_text(signer.public_line + "\n")
    async with dispensing(tmp_path) as bench:
        port = bench.attached.reach().link["port"]
        config = tmp_path / "agent.toml"
        config.write_text(
            HEAD.format(broker=mosquitto.url).replace(
                "[region]", f'[region]\ncommand_keys_file = "{keys}"'
            )
            + '[[device]]\nalias = "pills"\nspec = "dispenser"\nasset_tag = "D-1"\n'
            + f'host = "127.0.0.1:{port}"\n'
        )
        agent = Agent(config)
        one = Region(agent, mosquitto, signer, bench)
        await one.start()
        await asyncio.to_thread(one.load)
        yield one
        agent.stop()


async def soon(look: Callable[[], object]) -> None:
    await asyncio.to_thread(until, look)


async def test_an_order_is_done_once_however_often_it_comes(region: Region) -> None:
    command = region.order()
    first = await region.send(command)
    assert first
    assert (first.outcome, first.count) == (Outcome.DONE, 2)
    assert first.dispensed
    assert first.dispensed.batch == "B7"
    assert await region.send(command) == first
    assert len(region.bench.fallen()) == 2
    assert region.agent.frames(), "its polls go on"


async def test_after_kill_9_the_agent_says_what_became_of_the_order(region: Region) -> None:
    region.bench.device.motor.pace = 0.3
    command = region.order(3)
    await region.send(command, patience=0)
    await soon(region.bench.fallen)
    await asyncio.to_thread(region.agent.end, signal.SIGKILL)
    await region.start()
    result = await region.send(command)
    assert result
    assert (result.outcome, result.count) == (Outcome.DONE, 3)
    assert len(region.bench.fallen()) == 3
