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
from edge_drivers.links.modbus_link import ModbusLink
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Registers
from tests.support.gateway import Gateway, driving, until
from tests.support.ptys import Cable

SENSOR = catalog.find("xy-md02")
CLIMATE = Registers(function=4, address=1, count=2)
OTHER = Registers(function=4, address=3, count=2)


def fast() -> LoadedSpec:
    """The sensor, polled ten times a second."""
    return polling(climate=msgspec.structs.replace(CLIMATE, every=Decimal("0.1")))


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
        line = ModbusLine.rtu(cable.near, clock=gateway.clock, timeout=0.2, quiet=0.1, latest=0.6)
        await line.connect()
        yield line
        await line.close()


async def test_polls_become_frames(line: ModbusLine, gateway: Gateway) -> None:
    driver = gateway.driver(SENSOR, lambda: ModbusLink(line, SENSOR, 1, "S-1"))
    async with driving(driver):
        await until(lambda: gateway.frames)
    assert gateway.frames[0].octets == (bytes.fromhex("0111 01e1"),)


async def test_a_late_answer_in_the_quiet_is_drained(line: ModbusLine, cable: Cable) -> None:
    cable.delay = 0.25  # past the time-out of 0.2 s, within the quiet that follows
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    cable.delay = 0.0
    assert await line.read(1, OTHER) == bytes.fromhex("0007 0008")


async def test_a_unit_that_is_always_later_than_its_time_out_misleads_nobody(
    line: ModbusLine, cable: Cable
) -> None:
    cable.delay = 0.45  # past time-out and twice the quiet
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    for _ in range(2):  # it is waited for now as long as it takes
        assert await line.read(1, OTHER) == bytes.fromhex("0007 0008")
        assert await line.read(1, CLIMATE) == bytes.fromhex("0111 01e1")


async def test_a_late_answer_is_not_taken_for_that_of_another_unit(
    line: ModbusLine, cable: Cable
) -> None:
    cable.delay = 0.33
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    cable.delay = 0.0
    assert await line.read(2, OTHER) == bytes.fromhex("0007 0008")
    assert await line.read(1, OTHER) == bytes.fromhex("0007 0008")


async def test_after_a_lost_answer_the_unit_is_asked_when_none_can_come_any_more(
    line: ModbusLine, cable: Cable
) -> None:
    cable.cut = True
    began = asyncio.get_running_loop().time()
    with pytest.raises(LinkTimeoutError):
        await line.read(1, CLIMATE)
    cable.cut = False
    assert await line.read(2, OTHER) == bytes.fromhex("0007 0008")
    assert asyncio.get_running_loop().time() - began < 0.6  # others need not wait
    assert await line.read(1, OTHER) == bytes.fromhex("0007 0008")
    assert asyncio.get_running_loop().time() - began >= 0.6


async def test_a_single_miss_is_counted_and_several_are_a_loss(
    line: ModbusLine, cable: Cable
) -> None:
    link = ModbusLink(line, fast(), 1, "S-1")
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
    driver = gateway.driver(loaded, lambda: ModbusLink(line, loaded, 1, "S-1"))
    async with driving(driver):
        await until(lambda: len(gateway.frames) >= 2)
    assert gateway.missed == [("absent", GapReason.MALFORMED)]  # asked once, though every 0.1 s
    assert {frame.part for frame in gateway.frames} == {"climate"}
    assert driver.diagnostics.summary == "1 exception-2"
    refused = driver.diagnostics.recent[0]
    assert refused.capture.part == "absent"
    assert refused.capture.octets == bytes.fromhex("01 84 02 c2 c1")  # Modbus 1.1b3, 7, and CRC
    assert refused.reason == "function 4: exception 2 (illegal data address)"


async def test_an_answer_with_damage_is_kept_as_it_came(line: ModbusLine, cable: Cable) -> None:
    link = ModbusLink(line, fast(), 1, "S-1")
    await link.open()
    assert isinstance((await link.receive())[0], Capture)
    cable.garble = True
    began = asyncio.get_running_loop().time()
    for _ in range(4):  # it is no silence, so the device is not gone
        (missed,) = await link.receive()
        assert isinstance(missed, Missed)
        assert (missed.part, missed.reason) == ("climate", GapReason.MALFORMED)
        assert missed.kind == "ChecksumError"
        assert missed.octets[:3] == bytes.fromhex("01 04 04")
        assert missed.detail.startswith("unit 1 answered what cannot be read: the CRC is 0x")
    cable.garble = False
    assert isinstance((await link.receive())[0], Capture)
    assert asyncio.get_running_loop().time() - began < 0.9  # nobody waited for a better answer


async def test_a_poll_is_not_cancelled_by_whoever_stops_waiting_for_it(
    line: ModbusLine, cable: Cable
) -> None:
    link = ModbusLink(line, fast(), 1, "S-1")
    await link.open()
    await link.receive()
    cable.delay = 0.15
    await asyncio.sleep(0.1)  # the next poll is due
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await link.receive()
    (found,) = await link.receive()
    assert isinstance(found, Capture)
    await link.close()
    with pytest.raises(LinkLostError):
        await link.receive()


async def test_what_is_asked_when_the_link_is_closed_is_still_heard(
    line: ModbusLine, cable: Cable
) -> None:
    link = ModbusLink(line, fast(), 1, "S-1")
    await link.open()
    await link.receive()
    cable.delay = 0.1
    await asyncio.sleep(0.1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await link.receive()
    await link.close()
    assert [type(one) for one in await link.receive()] == [Capture]


async def test_a_spec_that_polls_nothing_is_refused(line: ModbusLine) -> None:
    part = SENSOR.spec.parts["climate"]
    assert part.registers
    still = msgspec.structs.replace(part.registers, every=Decimal(0))
    loaded = polling(climate=still)
    with pytest.raises(LinkRefusedError, match="polls nothing"):
        await ModbusLink(line, loaded, 1, "S-1").open()


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
    monkeypatch.setattr("edge_drivers.links.modbus_dial.has_parity", yes)
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
    line = ModbusLine.rtu(cable.near, clock=gateway.clock, timeout=0.1, quiet=0.05, latest=0.2)
    async with driving(gateway.driver(SENSOR, lambda: ModbusLink(line, SENSOR, 1, "S-1"))):
        await until(lambda: LinkState.LOST in gateway.states())
        async with serving(cable.far):
            await until(lambda: gateway.frames)
    await line.close()
