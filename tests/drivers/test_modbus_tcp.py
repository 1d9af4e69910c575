"""Modbus TCP against pymodbus's own server: polls become frames, and come back by themselves."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from decimal import Decimal

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge_agent.model.devices import LinkState
from edge_drivers.links.modbus import ModbusLine
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until


@contextlib.asynccontextmanager
async def server(port: int, units: int = 1) -> AsyncIterator[ModbusTcpServer]:
    """XY-MD02s: 27.3 °C and 48.1 % at each unit."""
    values = SimData(0, values=[0, 273, 481, 0], datatype=DataType.REGISTERS)
    devices = [SimDevice(id=unit, simdata=[values]) for unit in range(1, units + 1)]
    made = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await made.serve_forever(background=True)
    try:
        yield made
    finally:
        await made.shutdown()


async def test_polls_become_frames(gateway: Gateway, free_port: int) -> None:
    loaded = catalog.find("xy-md02")
    line = ModbusLine.tcp("127.0.0.1", free_port, clock=gateway.clock)
    driver = gateway.driver(loaded, lambda: line.link(loaded, 1, "F-1"))
    async with server(free_port), driving(driver):
        await until(lambda: len(gateway.frames) >= 2)
    frame = gateway.frames[0]
    assert frame.device == "tag:F-1"
    assert frame.octets == (bytes.fromhex("0111 01e1"),)
    assert [(o.kind, o.value) for o in frame.observations] == [
        ("air-temperature", Decimal("27.3")),
        ("relative-humidity", Decimal("48.1")),
    ]
    assert gateway.states() == [LinkState.CONNECTING, LinkState.CONNECTED, LinkState.STOPPED]
