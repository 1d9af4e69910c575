"""The agent as a program: a real device server, a real broker, a real region, and kill -9."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.support.agent import HEAD, Agent, Region, until
from tests.support.mosquitto import Mosquitto

MEMORY_BUDGET = 60_000_000
PATIENCE_S = 90.0
"""A broker that comes back is met again after a back-off; how fast a start is, bench/ measures."""


def device(alias: str, port: int, unit: int = 1) -> str:
    return (
        f'[[device]]\nalias = "{alias}"\nspec = "xy-md02"\nhost = "127.0.0.1:{port}"\n'
        f'unit = {unit}\nasset_tag = "{alias}"\n'
    )


@pytest.fixture
async def sensor(free_port: int) -> AsyncIterator[int]:
    """pymodbus's own server with a climate sensor; its port."""
    values = SimData(0, values=[0, 273, 481, 0], datatype=DataType.REGISTERS)
    server = ModbusTcpServer([SimDevice(id=1, simdata=[values])], address=("127.0.0.1", free_port))
    await server.serve_forever(background=True)
    yield free_port
    await server.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture
def region(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Region]:
    region = Region(mosquitto.url, tmp_path)
    region.start()
    yield region
    region.stop()


Make = Callable[..., Agent]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make agents: `make(broker, devices)`; they are ended afterwards."""
    agents: list[Agent] = []

    def write(broker: str, devices: str = "") -> Agent:
        config = tmp_path / "agent.toml"
        config.write_text(HEAD.format(broker=broker) + devices)
        agents.append(Agent(config))
        return agents[-1]

    yield write
    for agent in agents:
        agent.stop()


async def soon(look: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:  # noqa: ANN401 - passed on
    """`until`, while the servers of this process go on serving."""
    return await asyncio.to_thread(until, look, seconds)


async def ended(agent: Agent, number: int) -> int:
    return await asyncio.to_thread(agent.end, number)


def moment(instant: dict[str, Any] | None) -> tuple[str, int] | None:
    return (instant["boot"], instant["ns"]) if instant else None


async def test_from_a_register_to_the_record(
    sensor: int, mosquitto: Mosquitto, region: Region, make: Make
) -> None:
    agent = make(mosquitto.url, device("fridge", sensor))
    agent.start()
    await soon(lambda: region.payloads("frame"))
    frame = region.payloads("frame")[0]
    values = {one["kind"]: one["value"] for one in frame["observations"]}
    assert values == {"air-temperature": "27.3", "relative-humidity": "48.1"}
    status = agent.status()
    assert status
    assert (status.gateway, status.devices, status.connected) == ("gw1", 1, 1)
    await soon(lambda: region.payloads("status") and region.payloads("clock"))
    before, until = region.payloads("gap")
    assert (before["reason"], "since" in before) == ("gateway-down", False)
    assert (until["reason"], until["since"], until["until"]) == (
        "link-lost",
        before["until"],
        frame["at"],
    )


async def test_after_kill_9_all_that_was_committed_arrives_and_the_gap_is_recorded(
    sensor: int, mosquitto: Mosquitto, region: Region, make: Make
) -> None:
    agent = make(mosquitto.url, device("fridge", sensor))
    agent.start()
    await soon(lambda: agent.frames() >= 2)
    mosquitto.stop()  # so that something waits in the buffer
    waiting = agent.frames() + 2
    await soon(lambda: agent.frames() >= waiting)
    assert await ended(agent, signal.SIGKILL) == -signal.SIGKILL
    agent.start()
    await soon(lambda: agent.frames() >= 2)
    mosquitto.start()
    await soon(lambda: len(region.payloads("gap")) == 4)
    ends = moment(region.payloads("gap")[-1]["until"])
    await soon(lambda: ends in [moment(frame["at"]) for frame in region.payloads("frame")])
    await ended(agent, signal.SIGTERM)

    frames = [moment(frame["at"]) for frame in region.payloads("frame")]
    assert len(frames) == len(set(frames))
    down, link = region.payloads("gap")[-2:]
    before, after = frames.index(moment(down["since"])), frames.index(moment(link["until"]))
    assert after == before + 1  # the gaps reach from the last committed frame to the next one
    assert down["until"] == link["since"]
    assert before + 1 >= waiting
    assert (down["reason"], down["device"], down["part"]) == (
        "gateway-down",
        "tag:fridge",
        "climate",
    )
    sequences = region.sequences("observation")
    assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_the_downtime_is_on_record_although_the_device_never_returns(
    number: int, sensor: int, mosquitto: Mosquitto, region: Region, make: Make
) -> None:
    agent = make(mosquitto.url, device("fridge", sensor))
    agent.start()
    await soon(lambda: agent.frames() >= 2)
    await ended(agent, number)
    make(mosquitto.url, device("fridge", 1))  # its cable is cut meanwhile
    agent.start()
    gap = (await soon(lambda: region.payloads("gap")[2:]))[0]
    assert (gap["reason"], gap["device"]) == ("gateway-down", "tag:fridge")
    last = [frame["at"] for frame in region.payloads("frame")][-1]
    assert moment(gap["since"]) == moment(last)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_clean_stop_loses_nothing(
    number: int, sensor: int, mosquitto: Mosquitto, region: Region, make: Make
) -> None:
    agent = make(mosquitto.url, device("fridge", sensor))
    agent.start()
    await soon(lambda: agent.frames() >= 2)
    assert await ended(agent, number) == 0
    assert agent.lines()[-1]["message"] == "stopped"
    assert not (agent.state / "control.sock").exists()

    agent.start()
    await soon(lambda: len(region.payloads("gap")) == 4)
    await soon(lambda: "stopped" in {status["link"] for status in region.payloads("status")})


async def test_without_broker_and_devices_it_starts_keeps_and_stops(
    free_port: int, make: Make
) -> None:
    agent = make(f"mqtt://127.0.0.1:{free_port}", device("fridge", free_port))
    agent.start()
    status = await soon(agent.status)
    assert (status.connected, status.broker != "connected") == (0, True)
    await soon(lambda: (agent.status() or status).waiting >= 2)  # clock, reports
    assert await ended(agent, signal.SIGTERM) == 0


async def test_a_device_that_is_away_disturbs_no_other(
    sensor: int, mosquitto: Mosquitto, region: Region, make: Make
) -> None:
    away = '[[device]]\nalias = "away"\nspec = "cms50d-plus"\nport = "/dev/none"\nasset_tag = "A"\n'
    agent = make(mosquitto.url, away + device("fridge", sensor))
    agent.start()
    await soon(lambda: region.payloads("frame"))
    lost = await soon(lambda: [s for s in region.payloads("status") if s["device"] == "alias:away"])
    assert lost


async def test_systemd_hears_that_it_is_ready_alive_and_stopping(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        agent = make("mqtt://127.0.0.1:1")
        agent.start()
        heard = [await asyncio.to_thread(systemd.recv, 100) for _ in range(3)]
        assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        assert await ended(agent, signal.SIGTERM) == 0
        while (last := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"


async def test_a_second_agent_is_refused(make: Make, tmp_path: Path) -> None:
    agent = make("mqtt://127.0.0.1:1")
    agent.start()
    await soon(agent.status)
    second = Agent(tmp_path / "agent.toml")
    second.log = tmp_path / "second.log"
    second.start()
    assert await asyncio.to_thread(second.wait) == 1
    assert f"in use by process {agent.pid}; one agent at a time" in second.said
    assert agent.status()


async def test_a_bad_configuration_is_refused_before_anything_starts(
    make: Make, tmp_path: Path
) -> None:
    agent = make("mqtt:/broker", '[[device]]\nalias = "a"\nspec = "b"\n')
    agent.start()
    assert await asyncio.to_thread(agent.wait) == 2
    assert len(agent.said.splitlines()) == 2
    assert not (tmp_path / "state").exists()


async def test_a_state_folder_that_cannot_be_made(make: Make, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    agent = make("mqtt://127.0.0.1:1")
    agent.start()
    assert await asyncio.to_thread(agent.wait) == 1
    assert "cannot be used: File exists; give this user a state_dir of its own" in agent.said


async def test_the_logs_name_nobody(
    sensor: int, mosquitto: Mosquitto, region: Region, make: Make
) -> None:
    agent = make(mosquitto.url, device("fridge", sensor))
    agent.start()
    await soon(lambda: region.payloads("frame"))
    assert await ended(agent, signal.SIGTERM) == 0
    assert all(set(line) >= {"time", "level", "logger", "message"} for line in agent.lines())
    assert "tag:" not in agent.said


async def test_memory_without_an_ecg(sensor: int, mosquitto: Mosquitto, make: Make) -> None:
    agent = make(mosquitto.url, device("fridge", sensor))
    agent.start()
    await soon(lambda: agent.frames() >= 2)
    assert agent.resident() < MEMORY_BUDGET
    mapped = agent.mapped()
    assert not [name for name in ("numpy", "scipy", "cryptography") if name in mapped]
