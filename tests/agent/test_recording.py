"""`record` in a device's table: what a simulated device said is played again, value for value."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from edge_agent.agent import begin
from edge_agent.devices.links import Links, MakeLink
from edge_agent.model.observations import Observation
from edge_drivers.links.capture_file import load
from edge_simulators.device import Place
from edge_simulators.modbus_tcp import TcpLine
from edge_simulators.xy_md02 import ClimateSensor
from edge_sync.store import Store
from firmware_specs import catalog
from tests.support.agent import Configure
from tests.support.gateway import BootClock, Gateway, driving, until

SENSOR = catalog.find("xy-md02")
DEVICE = '[[device]]\nalias = "fridge"\nspec = "xy-md02"\nasset_tag = "F-1"\n'


async def driven(make: MakeLink, frames: int) -> list[tuple[str, str]]:
    """Kind and value of every observation of so many frames."""
    gateway = Gateway()
    async with driving(gateway.driver(SENSOR, make, "F-1")):
        await until(lambda: len(gateway.frames) >= frames)
    return [named(one) for frame in gateway.frames for one in frame.observations]


def named(one: Observation) -> tuple[str, str]:
    return one.kind, str(one.value)


async def test_what_was_recorded_is_played_with_the_same_values(
    configure: Configure, tmp_path: Path
) -> None:
    place = Place(alias="fridge", seed=3, journals=tmp_path)
    line = TcpLine({1: ClimateSensor(place, "F-1", lambda: 600 * time.monotonic())})
    await line.open()
    loaded = configure(f'{DEVICE}host = "127.0.0.1:{line.address[1]}"\nrecord = "fridge.jsonl"\n')
    links = Links(loaded.config, loaded.specs, BootClock())
    live = await driven(links.of(loaded.config.devices[0]), 3)
    await links.close()
    await line.close()
    header, lines = load(tmp_path / "fridge.jsonl")
    assert header.identity.asset_tag == "F-1"

    loaded = configure(f'{DEVICE}replay = "fridge.jsonl"\n')
    links = Links(loaded.config, loaded.specs, BootClock())
    again = await driven(links.of(loaded.config.devices[0]), len(lines))
    assert again[: len(live)] == live
    assert len(live) >= 6


async def test_the_running_agent_records(configure: Configure, tmp_path: Path) -> None:
    played = tmp_path / "played.jsonl"
    played.write_text(
        '{"format": 1, "spec": "xy-md02@0", "identity": {}}\n'
        '{"ns": 0, "part": "climate", "hex": "011101e1"}\n'
    )
    loaded = configure(f'{DEVICE}replay = "played.jsonl"\nrecord = "again.jsonl"\n')
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        agent = await begin(loaded.config, loaded.specs, store)
        async with asyncio.timeout(60):
            while not (tmp_path / "again.jsonl").exists() or not load(tmp_path / "again.jsonl")[1]:
                await asyncio.sleep(0.02)
        await agent.stop()
    assert [line.hex for line in load(tmp_path / "again.jsonl")[1]][:1] == ["011101e1"]


def test_a_file_that_is_played_is_not_written_over(configure: Configure) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        configure(f'{DEVICE}replay = "fridge.jsonl"\nrecord = "fridge.jsonl"\n')
    (error,) = caught.value.exceptions
    assert "device[1].record: 'fridge.jsonl' is played, and would be written over" in str(error)
