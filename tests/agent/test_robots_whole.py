"""A signed order to a robot, through the agent as a program: killed meanwhile, it is still one."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge_agent.model.commands import Outcome
from edge_simulators.wwks2_robot import RobotSimulator
from edge_sync.broker import Broker
from edge_sync.keys import make_signer
from edge_sync.region import ordering
from edge_sync.wire.topics import Address
from tests.support.agent import HEAD, Agent, until
from tests.support.mosquitto import Mosquitto

ADDRESS = Address("51", "00", "00", "000", "000", "clinic-1", "gw1")


async def test_after_kill_9_the_robot_is_asked_and_the_order_is_done_once(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    robot = RobotSimulator(tmp_path / "robot.json", pace=1.0)
    robot.stock = {"1690510": 50}
    await robot.start()
    signer = make_signer(tmp_path / "region.pem")
    keys = tmp_path / "keys"
    keys.write_text(signer.public_line + "\n")
    head = HEAD.format(broker=mosquitto.url)
    config = tmp_path / "agent.toml"
    config.write_text(
        head.replace("[region]", f'[region]\ncommand_keys_file = "{keys}"')
        + f'[[robot]]\nalias = "robot"\nhost = "127.0.0.1:{robot.port}"\nasset_tag = "R-1"\n'
    )
    arguments: dict[str, str | int] = {
        "prescription": "rx-7",
        "subject": "resident-1",
        "drug": "1690510",
        "channel": 1,
        "amount": 4,
    }
    expires = datetime.now(UTC) + timedelta(days=3)
    command = ordering.order("dispense", ADDRESS, expires, arguments, device="tag:R-1")
    broker = Broker(mosquitto.url, client_id="orders")
    agent = Agent(config)
    try:
        agent.start()
        await asyncio.to_thread(until, lambda: "robot: connected" in agent.said)
        await asyncio.to_thread(until, lambda: "Sending SUBACK" in mosquitto.log)
        await ordering.send(broker, "edge", command, signer, 0)
        await asyncio.to_thread(until, lambda: robot.journal)
        await asyncio.to_thread(agent.end, signal.SIGKILL)
        agent.start()
        result = await ordering.send(broker, "edge", command, signer, 60)
        again = await ordering.send(broker, "edge", command, signer, 60)
    finally:
        agent.stop()
        await robot.stop()
    assert result
    assert (result.outcome, result.count) == (Outcome.DONE, 4)
    assert again == result
    assert {name: len(packs) for name, packs in robot.journal.items()} == {command.id: 4}
