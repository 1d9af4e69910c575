"""What is asked of a device, as pymodbus's own server sees it: few requests, none in vain."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge_agent.model.errors import LinkLostError
from edge_agent.model.gaps import GapReason
from edge_agent.model.seams import Capture, Missed
from edge_drivers.driver import Driver
from edge_drivers.links.modbus import ModbusLine
from edge_drivers.links.modbus_link import ModbusLink
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.modbus_rtu import RtuLine
from edge_simulators.xy_md02 import ClimateSensor
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import ModbusWire, Registers
from tests.support.gateway import Gateway, driving, until

SENSOR = catalog.find("xy-md02")


class Asked:
    """Requests as the server sees them, and the exceptions that it answers with."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, int]] = []
        self.busy = 0
        self.absent: range = range(0)

    async def act(
        self, _function: int, _start: int, address: int, count: int, *_: object
    ) -> ExcCodes | None:
        self.requests.append((address, count))
        if self.busy:
            self.busy -= 1
            return ExcCodes.DEVICE_BUSY
        if any(at in self.absent for at in range(address, address + count)):
            return ExcCodes.ILLEGAL_ADDRESS
        return None


def parts(gap: int = 0, **blocks: Registers) -> LoadedSpec:
    """A device with these blocks for parts."""
    climate = SENSOR.spec.parts["climate"]
    made = {name: msgspec.structs.replace(climate, registers=b) for name, b in blocks.items()}
    wire = ModbusWire(gap=gap)
    spec = msgspec.structs.replace(SENSOR.spec, parts=made, link=wire)
    return msgspec.structs.replace(SENSOR, spec=spec)


def block(address: int, every: str = "0.2") -> Registers:
    return Registers(function=3, address=address, count=2, every=Decimal(every))


@contextlib.asynccontextmanager
async def linked(
    asked: Asked, loaded: LoadedSpec, gateway: Gateway, port: int
) -> AsyncGenerator[ModbusLink]:
    """An open link to pymodbus's server: register N holds N."""
    values = SimData(0, values=list(range(64)), datatype=DataType.REGISTERS)
    server = ModbusTcpServer(
        [SimDevice(id=1, simdata=[values], action=asked.act)], address=("127.0.0.1", port)
    )
    await server.serve_forever(background=True)
    line = ModbusLine.tcp("127.0.0.1", port, clock=gateway.clock)
    link = ModbusLink(line, loaded, 1, "S-1")
    try:
        await link.open()
        yield link
    finally:
        await link.close()
        await line.close()
        await server.shutdown()  # type: ignore[no-untyped-call]


def read(found: Sequence[Capture | Missed]) -> dict[str, list[int]]:
    """The registers of each part."""
    return {
        one.part: [int.from_bytes(one.octets[at : at + 2]) for at in range(0, len(one.octets), 2)]
        for one in found
        if isinstance(one, Capture)
    }


async def test_what_is_due_together_and_near_takes_one_request(
    gateway: Gateway, free_port: int
) -> None:
    asked, loaded = Asked(), parts(gap=3, a=block(0), b=block(5), c=block(40))
    async with linked(asked, loaded, gateway, free_port) as link:
        first, second = await link.receive(), await link.receive()
    assert read(first) | read(second) == {"a": [0, 1], "b": [5, 6], "c": [40, 41]}
    assert asked.requests[:2] == [(0, 7), (40, 2)]


async def test_a_part_that_is_not_there_is_told_once_and_hinders_no_other(
    gateway: Gateway, free_port: int
) -> None:
    asked, loaded = Asked(), parts(a=block(0), b=block(2), c=block(4))
    asked.absent = range(2, 4)
    async with linked(asked, loaded, gateway, free_port) as link:
        found = [one for _ in range(7) for one in await link.receive()]
    missed = [one for one in found if isinstance(one, Missed)]
    assert [(one.part, one.reason, one.kind) for one in missed] == [
        ("b", GapReason.MALFORMED, "exception-2")
    ]
    assert asked.requests[:4] == [(0, 6), (0, 2), (2, 2), (4, 2)]  # together, then each by itself
    assert (2, 2) not in asked.requests[4:]
    assert set(read(found)) == {"a", "c"}


async def test_an_answer_that_comes_as_its_waiter_gives_up_is_kept_for_the_next(
    gateway: Gateway, free_port: int
) -> None:
    asked, loaded = Asked(), parts(a=block(0, "0.05"))
    async with linked(asked, loaded, gateway, free_port) as link:
        await link.receive()
        waiter = asyncio.create_task(link.receive())
        while link._asked is None:
            await asyncio.sleep(0)
        link._asked.add_done_callback(lambda _: waiter.cancel())
        with pytest.raises(asyncio.CancelledError):
            await waiter
        before = len(asked.requests)
        assert read(await link.receive()) == {"a": [0, 1]}
        assert len(asked.requests) == before == 2


async def test_a_busy_device_is_given_time(gateway: Gateway, free_port: int) -> None:
    asked, loaded = Asked(), parts(a=block(0, "0.1"))
    asked.busy = 2
    async with linked(asked, loaded, gateway, free_port) as link:
        found = [one for _ in range(4) for one in await link.receive()]
    kinds = [one.kind if isinstance(one, Missed) else "" for one in found]
    assert kinds == ["exception-6", "exception-6", "", ""]
    waits = [(b.at.ns - a.at.ns) / 1e9 for a, b in pairwise(found)]
    assert waits[1] > waits[0] > 0.15
    assert waits[2] < 0.4


async def test_noise_on_a_line_at_the_pace_of_the_wire_is_counted_and_nobody_starves(
    gateway: Gateway, tmp_path: Path
) -> None:
    """Three sensors at 9600 baud; a fourth is configured and not there."""
    sensors = {
        unit: ClimateSensor(Place(alias=f"s{unit}", seed=unit), f"S{unit}") for unit in (1, 2, 3)
    }
    line = RtuLine(sensors, tmp_path / "line", 9600)
    await line.open()
    wire = ModbusLine.rtu(str(line.path), clock=gateway.clock, timeout=0.2, quiet=0.02, latest=0.4)
    often = msgspec.structs.replace(
        SENSOR.spec.parts["climate"],
        registers=Registers(function=4, address=1, count=2, every=Decimal("0.1")),
    )
    loaded = msgspec.structs.replace(
        SENSOR, spec=msgspec.structs.replace(SENSOR.spec, parts={"climate": often})
    )

    def driver(unit: int) -> Driver:
        return gateway.driver(loaded, lambda: ModbusLink(wire, loaded, unit, f"S{unit}"))

    drivers = [driver(unit) for unit in (1, 2, 3, 4)]
    async with contextlib.AsyncExitStack() as running:
        for one in drivers:
            await running.enter_async_context(driving(one))
        await until(lambda: len(gateway.frames) >= 10)
        line.tampering.inflict(Fault("garble", 3))
        await until(lambda: sum(counted(d.diagnostics.counts) for d in drivers) == 3)
        before = len(gateway.frames)
        await until(lambda: len(gateway.frames) >= before + 15)
    await wire.close()
    await line.close()
    served = [frame.device for frame in gateway.frames[before:]]
    assert set(served) == {"tag:S1", "tag:S2", "tag:S3"}
    assert min(map(served.count, set(served))) >= 3
    with pytest.raises(LinkLostError):
        await wire.read(1, Registers(function=4, address=1, count=2))


def counted(counts: object) -> int:
    return msgspec.convert(counts, dict[str, int]).get("ChecksumError", 0)
