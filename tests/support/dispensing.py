"""A dispenser on a real wire, and a journal in memory, for tests of orders."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from edge_drivers.dispensing.interlocks import Known
from edge_drivers.dispensing.registers import Profile
from edge_drivers.dispensing.steps import State
from edge_drivers.dispensing.values import Task
from edge_drivers.links.modbus import ModbusLine
from edge_drivers.links.modbus_link import ModbusLink
from edge_drivers.procedures.dispense import Station
from edge_simulators.device import Place
from edge_simulators.dispenser import Dispenser
from edge_simulators.dispenser_plc import PlcDispenser
from edge_simulators.orders import Order
from edge_simulators.registers import LineDevice
from edge_simulators.workshop import on_rtu, on_tcp
from firmware_specs import catalog
from tests.support.gateway import BootClock


@dataclass
class Notebook:
    """A journal that is durable at once."""

    states: dict[str, list[State]] = field(default_factory=dict[str, list[State]])
    registers: Known | None = None

    async def keep(self, order: str, state: State) -> None:
        self.states.setdefault(order, []).append(state)

    async def known(self) -> Known | None:
        return self.registers

    async def learn(self, known: Known | None) -> None:
        self.registers = known


@dataclass
class Bench:
    """A dispenser, its line, and the station that gives it orders."""

    device: Dispenser | PlcDispenser
    attached: LineDevice
    line: ModbusLine
    link: ModbusLink
    station: Station
    notes: Notebook
    folder: Path

    def fallen(self) -> list[dict[str, int]]:
        """What truly fell out."""
        truth = self.folder / "kept.drops.jsonl"
        return (
            [json.loads(line) for line in truth.read_text().splitlines()] if truth.exists() else []
        )

    def task(self, tag: int, channel: int = 1, amount: int = 2) -> Task:
        return self.station.profile.task(tag, channel, amount)


def profile(name: str, settle: float = 0.3, patience: float = 5.0) -> Profile:
    """A packaged profile that is less patient."""
    spec = catalog.find(name).spec
    assert spec.dispensing
    quick = {"patience": msgspec.convert(patience, type=type(spec.dispensing.patience))}
    if spec.dispensing.sequence is None:
        quick["settle"] = msgspec.convert(settle, type=type(spec.dispensing.settle))
    changed = msgspec.structs.replace(spec.dispensing, **quick)
    return Profile(msgspec.structs.replace(spec, dispensing=changed))


@contextlib.asynccontextmanager
async def dispensing(
    folder: Path, name: str = "dispenser", patience: float = 5.0, *, rtu: bool = False
) -> AsyncGenerator[Bench]:
    """A dispenser over Modbus TCP, or on a serial line at 9600 baud."""
    place = Place(alias="d", journals=None)
    memory, now = folder / "kept.json", asyncio.get_running_loop().time
    if name == "dispenser":
        device: Dispenser | PlcDispenser = Dispenser(place, "D-1", memory, every=0, now=now)
    else:
        device = PlcDispenser(place, "D-1", memory, now=now)
    device.motor.pace = 0.01
    attached = (on_rtu if rtu else on_tcp)(device, Order(folder=folder))
    await attached.start()
    port = str(attached.reach().link["port"])
    if rtu:
        line = ModbusLine.rtu(port, clock=BootClock(), timeout=0.3, quiet=0.05, latest=0.5)
    else:
        line = ModbusLine.tcp("127.0.0.1", int(port), clock=BootClock(), timeout=0.1)
    notes = Notebook()
    link = ModbusLink(line, catalog.find(name), 1, "D-1")
    station = Station(profile(name, patience=patience), link, notes, later=0.02, patience=0.5)
    try:
        yield Bench(device, attached, line, link, station, notes, folder)
    finally:
        await line.close()
        await attached.stop()
