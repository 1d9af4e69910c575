"""Modbus TCP against pymodbus's own server: polls become frames, and come back by themselves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from decimal import Decimal

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge_agent.model.devices import LinkState
from edge_agent.model.errors import LinkLostError, LinkRefusedError, LinkUnavailableError
from edge_drivers.links.modbus import ModbusLine
from edge_drivers.links.modbus_link import ModbusLink
from edge_drivers.links.modbus_pdu import order
from edge_drivers.links.polls import Polls
from firmware_specs import catalog
from firmware_specs.spec.wires import Registers
from tests.support.gateway import Gateway, driving, until

SENSOR = catalog.find("xy-md02")


@contextlib.asynccontextmanager
async def serving(port: int) -> AsyncGenerator[ModbusTcpServer]:
    """Units 1 and 2: 27.3 °C and 48.1 % at registers 1 and 2."""
    values = SimData(0, values=[0, 273, 481, 0], datatype=DataType.REGISTERS)
    units = [SimDevice(id=unit, simdata=[values]) for unit in (1, 2)]
    server = ModbusTcpServer(units, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield server
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


async def test_polls_become_frames(gateway: Gateway, free_port: int) -> None:
    line = ModbusLine.tcp("127.0.0.1", free_port, clock=gateway.clock)
    driver = gateway.driver(SENSOR, lambda: ModbusLink(line, SENSOR, 1, "F-1"))
    async with serving(free_port), driving(driver):
        await until(lambda: len(gateway.frames) >= 2)
    await line.close()
    frame = gateway.frames[0]
    assert frame.device == "tag:F-1"
    assert frame.octets == (bytes.fromhex("0111 01e1"),)
    assert [(o.kind, o.value) for o in frame.observations] == [
        ("air-temperature", Decimal("27.3")),
        ("relative-humidity", Decimal("48.1")),
    ]
    assert gateway.states() == [LinkState.CONNECTING, LinkState.CONNECTED, LinkState.STOPPED]


async def test_a_server_that_goes_and_comes_needs_nobody(gateway: Gateway, free_port: int) -> None:
    line = ModbusLine.tcp("127.0.0.1", free_port, clock=gateway.clock, timeout=0.2)
    driver = gateway.driver(SENSOR, lambda: ModbusLink(line, SENSOR, 1, "F-1"))
    async with driving(driver):
        await until(lambda: LinkState.LOST in gateway.states())
        for _ in range(2):
            gateway.frames.clear()
            async with serving(free_port):
                await until(lambda: gateway.frames)
            gateway.statuses.clear()
            await until(lambda: LinkState.LOST in gateway.states())
    await line.close()


async def test_units_share_a_line_and_one_that_refuses_harms_no_other(
    gateway: Gateway, free_port: int
) -> None:
    line = ModbusLine.tcp("127.0.0.1", free_port, clock=gateway.clock, timeout=0.2)
    links = {unit: ModbusLink(line, SENSOR, unit, f"U-{unit}") for unit in (1, 2, 9)}
    async with serving(free_port):
        await links[1].open()
        await links[2].open()
        with pytest.raises(LinkRefusedError):
            await links[9].read("climate")
        both = await asyncio.gather(links[1].receive(), links[2].receive())
        assert [c.octets for (c,) in both] == [bytes.fromhex("0111 01e1")] * 2
        await line.close()
    with pytest.raises(LinkLostError):
        await links[1].read("climate")


async def test_nobody_there_is_said_to_be_so(gateway: Gateway, free_port: int) -> None:
    line = ModbusLine.tcp("127.0.0.1", free_port, clock=gateway.clock)
    with pytest.raises(LinkUnavailableError, match="cannot be opened"):
        await ModbusLink(line, SENSOR, 1, "F-1").open()


def test_the_grid_of_polls_does_not_drift_and_skips_what_was_missed() -> None:
    polls = Polls({"fast": 1.0, "slow": 3.0}, start=100.0)
    assert polls.next() == (100.0, "fast")
    polls.done("fast", 100.2)
    assert polls.next() == (100.0, "slow")
    polls.done("slow", 100.3)
    assert polls.next() == (101.0, "fast")
    polls.done("fast", 104.9)  # a stalled commit: 102, 103 and 104 are skipped, not queued
    assert polls.next() == (103.0, "slow")
    polls.done("slow", 105.0)
    assert polls.next() == (105.0, "fast")


def test_devices_that_came_at_any_time_are_polled_together() -> None:
    due: set[float] = set()
    for start in (100.0, 100.07, 100.249):
        polls = Polls({"points": 1.0}, start)
        assert polls.next() == (start, "points")  # the first at once
        polls.done("points", start + 0.01)
        due.add(polls.next()[0])
    assert due == {101.0}


def test_a_fast_poll_keeps_its_pace() -> None:
    polls = Polls({"fast": 0.1}, start=100.12)
    polls.done("fast", 100.12)
    assert polls.next()[0] == pytest.approx(100.2)
    polls.done("fast", 100.205)
    assert polls.next()[0] == pytest.approx(100.3)


@pytest.mark.parametrize(
    ("block", "octets"),
    [
        (Registers(function=3, address=0, count=2), b"\0\1"),  # the spec says: never
        (Registers(function=3, address=0, count=2, write=16), b"\0"),
        (Registers(function=3, address=0, count=2, write=16), bytes(6)),
        (Registers(function=3, address=0, count=2, write=6), bytes(4)),
    ],
)
def test_what_the_spec_does_not_let_be_written_is_refused(block: Registers, octets: bytes) -> None:
    with pytest.raises(LinkRefusedError):
        order(1, block, octets)
