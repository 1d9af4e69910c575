"""The robot that a technician starts: reached, hurt, and asked by the driver."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Outcome
from edge_drivers.codec.wwks2_values import Message, Output
from edge_drivers.links.wwks2 import Robot
from edge_drivers.procedures.robot import RobotStation
from edge_simulators.device import Place
from edge_simulators.faults import Fault, FaultError
from edge_simulators.robot_device import SHELVES, RobotDevice
from tests.support.gateway import until


async def nobody(_: Message) -> None:
    pass


async def test_it_is_reached_jams_and_comes_back_with_its_orders(tmp_path: Path) -> None:
    device = RobotDevice(Place(alias="robot"), "ROBOT-1", tmp_path / "memory" / "robot.json")
    await device.start()
    reach = device.reach()
    assert (reach.key, reach.link["type"]) == ("tag:ROBOT-1", "wwks2")
    robot = Robot(
        str(reach.link["host"]),
        int(reach.link["port"]),
        now=lambda: datetime.now(UTC),
        backoff=Backoff(0.01, 0.05, Random(1).random),
        listen=nobody,
        answer=0.5,
    )
    station = RobotStation(robot, ask=0.1, patience=10)
    running = asyncio.create_task(robot.run())
    article = next(iter(SHELVES))
    try:
        await robot.up()
        await device.inflict(Fault("jam", 5))
        await asyncio.sleep(0)
        order = Output(article=article, quantity=1)
        jammed = await station.dispense("o-1", order)
        assert jammed.outcome is Outcome.NOT_DONE
        await device.inflict(Fault("drop", 0.05))
        await until(lambda: not vars(robot)["_up"].is_set())
        await robot.up()
        assert await station.recover("o-1", order) == jammed
        with pytest.raises(FaultError, match="battery"):
            await device.inflict(Fault("battery", 1))
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await device.stop()
