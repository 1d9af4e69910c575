"""Modbus RTU against pymodbus's own server, over a pair of pseudo terminals."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from decimal import Decimal

import msgspec
import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge_agent.model.devices import LinkState
from edge_agent.model.errors import (
    LinkLostError,
    LinkRefusedError,
    LinkTimeoutError,
    LinkUnavailableError,
)
from edge_agent.model.gaps import GapReason
from edge_agent.model.seams import Capture, Missed
from edge_drivers.links.modbus import ModbusLine
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Registers
from tests.support.gateway import Gateway, driving, until
from tests.support.ptys import Cable

SENSOR = catalog.find("xy-md02")
CLIMATE = Registers(function=4, address=1, count=2)
OTHER = Registers(function=4, address=3, count=2)


def yes(_: str) -> bool:
    return True


def polling(**blocks: Registers) -> LoadedSpec:
    """The sensor with these blocks for parts."""
    climate = SENSOR.spec.parts["climate"]
    parts = {name: msgspec.structs.replace(climate, registers=b) for name, b in blocks.items()}
    spec = msgspec.structs.replace(SENSOR.spec, parts={**SENSOR.spec.parts, **parts})
    return msgspec.structs.replace(SENSOR, spec=spec)


@contextlib.asynccontextmanager
async def serving(port: str) -> AsyncGenerator[ModbusSerialServer]:
    """Units 1 and 2: 27.3 °C and 48.1 % at registers 1 and 2; 7 and 8 behind them."""
    values = SimData(0, values=[0, 273, 481, 7, 8], datatype=DataType.REGISTERS)
    units = [SimDevice(id=unit, simdata=[values]) for unit in (1, 2)]
    server = ModbusSerialServer(units, framer=FramerType.RTU, port=port, baudrate=9600)
    await server.serve_forever(background=True)
    try:
        yield server
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture
async def cable() -> AsyncGenerator[Cable]:
    cable = Cable()
    yield cable
    cable.unplug()


@pytest.fixture
async def line(cable: Cable, gateway: Gateway) -> AsyncGenerator[ModbusLine]:
    async with serving(cable.far):
        line = ModbusLine.rtu(cable.near, clock=gateway.clock, timeout=0.2, quiet=0.1)
        await line.connect()
        yield line
        await line.close()


async def test_polls_become_frames(line: ModbusLine, gateway: Gateway) -> None:
    driver = gateway.driver(SENSOR, lambda: line.link(SENSOR, 1, "S-1"))
    async with driving(driver):
        await until(lambda: gateway.frames)
    assert gateway.frames[0].octets == (bytes.fromhex("0111 01e1"),)


async def test_a_late_answer_in_the_quiet_is_drained(line: ModbusLine, cable: Cable) -> None:
    cable.delay = 0.25  # past the time-out of 0.2 s, within the quiet that follows
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    cable.delay = 0.0
    assert await line.read(1, OTHER) == bytes.fromhex("0007 0008")


async def test_a_late_answer_after_the_quiet_is_not_believed(
    line: ModbusLine, cable: Cable
) -> None:
    cable.delay = 0.35  # past time-out and quiet: it comes in while the next answer is awaited
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    cable.delay = 0.06
    with pytest.raises(LinkTimeoutError, match="earlier question"):
        await line.read(1, OTHER)
    assert await line.read(1, OTHER) == bytes.fromhex("0007 0008")


async def test_a_late_answer_is_not_taken_for_that_of_another_unit(
    line: ModbusLine, cable: Cable
) -> None:
    cable.delay = 0.33
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    cable.delay = 0.0
    with contextlib.suppress(LinkTimeoutError):
        assert await line.read(2, OTHER) == bytes.fromhex("0007 0008")


async def test_a_single_miss_is_counted_and_several_are_a_loss(
    line: ModbusLine, cable: Cable
) -> None:
    link = line.link(SENSOR, 1, "S-1")
    await link.open()
    assert (await link.receive())[0].part == "climate"
    cable.cut = True
    missed = await link.receive()
    assert [(one.part, one.octets, getattr(one, "reason", "")) for one in missed] == [
        ("climate", b"", GapReason.DEVICE_SILENT)
    ]
    await link.receive()
    with pytest.raises(LinkLostError, match="3 answers"):
        await link.receive()


async def test_a_refused_block_is_its_own_gap_and_the_others_go_on(
    line: ModbusLine, gateway: Gateway
) -> None:
    loaded = polling(absent=Registers(function=4, address=900, count=1, every=Decimal("0.1")))
    driver = gateway.driver(loaded, lambda: line.link(loaded, 1, "S-1"))
    async with driving(driver):
        await until(lambda: len(gateway.missed) >= 3 and gateway.frames)
    assert set(gateway.missed) == {("absent", GapReason.MALFORMED)}
    assert {frame.part for frame in gateway.frames} == {"climate"}
    refused = driver.diagnostics.recent[0]
    assert refused.capture.part == "absent"
    assert refused.capture.octets == bytes.fromhex("01 84 02 c2 c1")  # Modbus 1.1b3, 7, and CRC
    assert refused.reason == "function 4: exception 2"


async def test_an_answer_with_damage_is_kept_as_it_came(line: ModbusLine, cable: Cable) -> None:
    link = line.link(SENSOR, 1, "S-1")
    await link.open()
    assert isinstance((await link.receive())[0], Capture)
    cable.garble = True
    (missed,) = await link.receive()
    assert isinstance(missed, Missed)
    assert (missed.part, missed.reason) == ("climate", GapReason.DEVICE_SILENT)
    assert missed.octets[:3] == bytes.fromhex("01 04 04")
    assert missed.detail == "unit 1 answered what cannot be read"


async def test_a_spec_that_polls_nothing_is_refused(line: ModbusLine) -> None:
    part = SENSOR.spec.parts["climate"]
    assert part.registers
    still = msgspec.structs.replace(part.registers, every=Decimal(0))
    loaded = polling(climate=still)
    with pytest.raises(LinkRefusedError, match="polls nothing"):
        await line.link(loaded, 1, "S-1").open()


async def test_an_unplugged_adapter_is_a_loss(line: ModbusLine, cable: Cable) -> None:
    cable.unplug()
    await asyncio.sleep(0.05)
    with pytest.raises((LinkLostError, LinkTimeoutError)):
        await line.read(1, CLIMATE)
    with pytest.raises(LinkLostError):
        await line.read(1, CLIMATE)


async def test_a_terminal_that_refuses_parity_cannot_be_opened(
    cable: Cable, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_drivers.links.modbus.has_parity", yes)
    refused = ModbusLine.rtu(cable.near, clock=gateway.clock, parity="odd")
    for _ in range(2):
        with pytest.raises(LinkUnavailableError, match="cannot be opened"):
            await refused.connect()


async def test_an_exception_is_a_refusal(line: ModbusLine) -> None:
    with pytest.raises(LinkRefusedError, match="exception 2"):
        await line.read(1, Registers(function=4, address=900, count=1))


async def test_a_write_is_carried_out_once_and_never_again(line: ModbusLine, cable: Cable) -> None:
    block = Registers(function=3, address=3, count=1, write=6)
    await line.write(1, block, b"\x00\x2a")
    assert await line.read(1, block) == b"\x00\x2a"
    cable.cut = True
    with pytest.raises(LinkTimeoutError):
        await line.write(1, block, b"\x00\x2b")
    cable.cut = False
    await asyncio.sleep(0.3)
    assert await line.read(1, block) == b"\x00\x2b"  # *unknown* was right: it did arrive


async def test_the_line_comes_back_by_itself(cable: Cable, gateway: Gateway) -> None:
    line = ModbusLine.rtu(cable.near, clock=gateway.clock, timeout=0.1, quiet=0.05)
    async with driving(gateway.driver(SENSOR, lambda: line.link(SENSOR, 1, "S-1"))):
        await until(lambda: LinkState.LOST in gateway.states())
        async with serving(cable.far):
            await until(lambda: gateway.frames)
    await line.close()
