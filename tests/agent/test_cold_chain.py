"""A real agent, a simulated refrigerator on Modbus TCP, a real region: warm, killed, cold again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edge_agent.control import channel
from edge_agent.control.answered import DevicesReply
from edge_agent.control.asked import Devices
from edge_simulators.device import Place
from edge_simulators.orders import Order
from edge_simulators.refrigerator import VACCINE, Refrigerator
from edge_simulators.registers import LineDevice
from edge_simulators.workshop import on_tcp
from firmware_specs import catalog
from tests.support.agent import HEAD, PATIENCE, Agent, Region, until
from tests.support.mosquitto import Mosquitto


class Box(Refrigerator):
    """A refrigerator whose temperature a test says."""

    def __init__(self) -> None:
        super().__init__(Place(alias="box"), "BOX-1", spec=VACCINE)
        self.warm = 5.0

    def celsius(self) -> float:
        return self.warm


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
async def line(box: Box, tmp_path: Path) -> AsyncIterator[LineDevice]:
    line = on_tcp(box, Order(folder=tmp_path))
    await line.start()
    yield line
    await line.stop()


@pytest.fixture
def region(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Region]:
    region = Region(mosquitto.url, tmp_path)
    region.start()
    yield region
    region.stop()


@pytest.fixture
def agent(line: LineDevice, mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Agent]:
    """Guards the box, which it reads five times a second."""
    specs = tmp_path / "specs"
    specs.mkdir()
    text = Path(catalog.find(VACCINE).origin).read_text()
    (specs / f"{VACCINE}.toml").write_text(text.replace("every = 30", "every = 0.2"))
    link = line.reach().link
    head = HEAD.format(broker=mosquitto.url).replace("[region]", 'specs_dir = "specs"\n[region]')
    config = tmp_path / "agent.toml"
    config.write_text(
        f'{head}[[device]]\nalias = "box"\nspec = "{VACCINE}"\nasset_tag = "BOX-1"\n'
        f'host = "{link["host"]}:{link["port"]}"\ncold_chain = "vaccine"\n'
    )
    agent = Agent(config)
    yield agent
    agent.stop()


async def soon(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:  # noqa: ANN401 - passed on
    return await asyncio.to_thread(until, look, seconds)


def told(agent: Agent) -> tuple[str, ...]:
    """What goes on, as a technician sees it."""
    return channel.ask(agent.state, Devices(), DevicesReply).devices[0].told


async def test_one_excursion_is_one_alarm_and_one_record_although_the_agent_is_killed(
    box: Box, agent: Agent, region: Region
) -> None:
    agent.start()
    await soon(lambda: region.payloads("frame"))
    box.warm = 9.3
    (alarm,) = await soon(lambda: region.payloads("alarm"))
    assert alarm["kind"] == "cold-chain-temperature-high"
    assert told(agent) == ("temperature-high",)
    box.warm = 11.2
    known = len(region.payloads("frame"))
    await soon(lambda: len(region.payloads("frame")) > known + 2)
    await asyncio.to_thread(agent.end, signal.SIGKILL)
    agent.start()
    await soon(lambda: agent.frames() >= 2)
    box.warm = 5.0
    (excursion,) = await soon(lambda: region.payloads("excursion"))
    assert told(agent) == ()
    assert excursion["since"] == alarm["at"]
    assert Decimal(excursion["extreme"]) == Decimal("11.2")
    assert Decimal("9.3") < Decimal(excursion["mean_kinetic"]) < Decimal("11.2")
    assert (excursion["profile"], excursion["unit"]) == ("vaccine", "Cel")
    observations = {one["id"] for f in region.payloads("frame") for one in f["observations"]}
    assert {*alarm["evidence"], *excursion["evidence"]} <= observations
    await asyncio.to_thread(agent.end, signal.SIGTERM)
    assert len(region.payloads("alarm")) == len(region.payloads("excursion")) == 1
