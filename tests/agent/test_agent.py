"""The composition in this process: a device task that fails of a bug takes nobody with it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from edge_agent.agent import Agent, begin
from edge_agent.config.settings import Device
from edge_agent.control.answered import DevicesReply, StatusReply
from edge_agent.control.asked import Devices, Status
from edge_agent.devices.links import Links, MakeLink
from edge_agent.model.bindings import Binding
from edge_agent.model.devices import DeviceIdentity, PairedDevice
from edge_agent.model.frames import Frame
from edge_agent.model.seams import Link
from edge_agent.process import clock
from edge_sync.store import Store
from tests.support.agent import Configure

CAPTURE: list[dict[str, object]] = [
    {"format": 1, "spec": "xy-md02@0", "identity": {}},
    *({"ns": n * 50_000_000, "part": "climate", "hex": "011101e1"} for n in range(100)),
]


class Box:
    """A running agent and its store.

    Attributes:
        agent: to be asked.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    async def frames(self, alias: str) -> int:
        reply = await self.agent.answers(Devices())
        assert isinstance(reply, DevicesReply)
        return next(one.frames for one in reply.devices if one.alias == alias)

    async def status(self) -> StatusReply:
        reply = await self.agent.answers(Status())
        assert isinstance(reply, StatusReply)
        return reply


@pytest.fixture
async def box(
    tmp_path: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Box]:
    """Two replayed sensors; a bug is in the way of the one in the `room`."""
    (tmp_path / "climate.jsonl").write_text("\n".join(map(json.dumps, CAPTURE)) + "\n")
    devices = "".join(
        f'[[device]]\nalias = "{alias}"\nspec = "xy-md02"\nreplay = "climate.jsonl"\n'
        f'asset_tag = "{alias}"\n'
        for alias in ("fridge", "room")
    )
    loaded = configure(devices)
    of = Links.of

    def broken(self: Links, one: Device, _passkey: object = None) -> MakeLink:
        return of(self, one) if one.alias == "fridge" else lambda: cast("Link", 1 / 0)

    monkeypatch.setattr(Links, "of", broken)
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        agent = await begin(loaded.config, loaded.specs, store)
        yield Box(agent)
        await agent.stop()
    assert audited(tmp_path / "buffer.sqlite") == ["clock", "start", "stop"]


def audited(path: Path) -> list[str]:
    database = sqlite3.connect(path)
    rows = database.execute("SELECT entry FROM audit ORDER BY sequence").fetchall()
    database.close()
    return [json.loads(entry)["event"]["what"] for (entry,) in rows]


async def test_what_was_bound_before_a_kill_and_not_released_goes_up_at_the_start(
    tmp_path: Path, configure: Configure
) -> None:
    (tmp_path / "climate.jsonl").write_text(json.dumps(CAPTURE[0]) + "\n")
    loaded = configure(
        '[[device]]\nalias = "fridge"\nspec = "xy-md02"\nreplay = "climate.jsonl"\n'
        'asset_tag = "F-1"\n'
    )
    now, key = clock.BootClock().now(), "tag:F-1"
    frame = Frame("f", key, "climate", "xy-md02@0", "live:1", now, (b"",))
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        identity = DeviceIdentity(asset_tag="F-1")
        await store.devices.save(PairedDevice("fridge", "xy-md02", identity))
        await store.deliver([clock.measure(clock.BootClock())])
        await store.deliver([frame], held=["f"])
        await store.deliver([Binding("b", key, "s-1", "2020-01-01T00:00:00Z", now)])
        assert await store.held(key, 0)
        agent = await begin(loaded.config, loaded.specs, store)
        assert not await store.held(key, 0)
        await agent.stop()


async def test_one_device_task_that_raises_does_not_disturb_another(box: Box) -> None:
    while await box.frames("fridge") < 5:
        await asyncio.sleep(0.05)
    assert await box.frames("room") == 0
    tasks = {task.name: task for task in (await box.status()).tasks}
    assert tasks["room"].failure == "ZeroDivisionError"
    assert (tasks["fridge"].failure, tasks["fridge"].restarts) == ("", 0)
