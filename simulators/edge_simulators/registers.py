"""Modbus devices on a line: their registers, their journals, what can happen to them."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Protocol

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.device import Place, Reach, cannot
from edge_simulators.faults import Fault, Tampering
from edge_simulators.journal import Entry, Journal
from edge_simulators.modbus import ILLEGAL_ADDRESS, RefusalError, Request
from edge_simulators.specdata import Block, blocks, modbus_link


class Line(Protocol):
    """What a Modbus device is attached to."""

    tampering: Tampering
    muted: bool

    async def open(self) -> None:
        """Attach it."""
        ...

    async def close(self) -> None:
        """Detach it."""
        ...


class ModbusDevice(ABC):
    """A device with registers; subclasses say what is in them.

    Args:
        place: where it is in the clinic.
        spec: the firmware spec that describes it.
        asset_tag: what a person wrote on it.
        now: seconds, for its physiology and physics.
        known: the parts that are journalled; those of the packaged spec if not given.
    """

    def __init__(
        self,
        place: Place,
        spec: str,
        asset_tag: str,
        now: Callable[[], float] = time.monotonic,
        known: tuple[Block, ...] | None = None,
    ) -> None:
        self.place = place
        self.spec = spec
        self.asset_tag = asset_tag
        self.key = DeviceIdentity(asset_tag=asset_tag).key
        self.journal = Journal(place.journals, place.alias, self.key)
        self.now = now
        self._blocks = blocks(spec) if known is None else known

    @property
    def baud(self) -> int:
        """Bits a second of its serial line."""
        return modbus_link(self.spec).baud

    @abstractmethod
    def registers(self, function: int) -> dict[int, int]:
        """All registers of a function code, address to value, as they are now."""

    @abstractmethod
    def summary(self, part: str) -> str:
        """What the registers of a part say, for people."""

    def read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        """Values of registers; exception 2 where there is none."""
        registers = self.registers(function)
        try:
            return tuple(registers[at] for at in range(address, address + count))
        except KeyError:
            raise RefusalError(ILLEGAL_ADDRESS) from None

    def write(self, address: int, values: tuple[int, ...]) -> None:
        """Nothing can be written unless a subclass allows it."""
        raise RefusalError(ILLEGAL_ADDRESS)

    def sent(self, request: Request, registers: bytes, fault: str | None) -> None:
        """Journal every part that an answer holds."""
        for block in self._blocks:
            octets = block.within(request.function, request.address, registers)
            if octets is not None:
                entry = Entry(block.part, "live", value=self.summary(block.part))
                self.journal.made(entry, octets, fault)

    async def switch_on(self) -> None:  # noqa: B027 - a hook
        """Begin to live; most have nothing to do."""

    async def switch_off(self) -> None:  # noqa: B027 - a hook
        """Cease to."""

    def inflict(self, fault: Fault) -> None:
        """What can happen to the device itself, not to its line.

        Raises:
            FaultError: it cannot happen to it.
        """
        raise cannot(self.place, fault)


class LineDevice:
    """A Modbus device alone on its line.

    Args:
        device: the device.
        line: what it is attached to.
        reach: how it is reached, known once the line is open.
    """

    def __init__(
        self, device: ModbusDevice, line: Line, link: Callable[[], dict[str, str | int]]
    ) -> None:
        self.device = device
        self._line = line
        self._link = link
        self._absence: asyncio.Task[None] | None = None

    @property
    def place(self) -> Place:
        """Where it is in the clinic."""
        return self.device.place

    def reach(self) -> Reach:
        """Its line and its address on it."""
        link = self._link()
        return Reach(
            spec=self.device.spec,
            key=self.device.key,
            asset_tag=self.device.asset_tag,
            link=link,
            line=_line_for_people(link),
        )

    async def start(self) -> None:
        """Switch it on and attach it to its line."""
        self.device.journal.open()
        await self.device.switch_on()
        await self._line.open()

    async def stop(self) -> None:
        """Detach it."""
        if self._absence:
            self._absence.cancel()
        await self._line.close()
        await self.device.switch_off()
        self.device.journal.close()

    async def inflict(self, fault: Fault) -> None:
        """Faults of the line, and those of the device."""
        if self._line.tampering.inflict(fault):
            return
        match fault.kind:
            case "drop":
                self._go(self._drop, fault.amount)
            case "vanish":
                self._go(self._vanish, fault.amount)
            case "restart":
                self._go(self._restart, fault.amount)
            case _:
                self.device.inflict(fault)

    def _go(self, away: Callable[[float], Awaitable[None]], seconds: float) -> None:
        self._absence = asyncio.ensure_future(self._after(self._absence, away, seconds))

    async def _after(
        self,
        earlier: asyncio.Task[None] | None,
        away: Callable[[float], Awaitable[None]],
        seconds: float,
    ) -> None:
        """One absence after the other: one that is cut off would leave it away for ever."""
        if earlier:
            await earlier
        await away(seconds)

    async def _restart(self, seconds: float) -> None:
        await self.device.switch_off()
        await self._line.close()
        await asyncio.sleep(seconds)
        await self.device.switch_on()
        await self._line.open()

    async def _drop(self, seconds: float) -> None:
        await self._line.close()
        await asyncio.sleep(seconds)
        await self._line.open()

    async def _vanish(self, seconds: float) -> None:
        self._line.muted = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._line.muted = False


def _line_for_people(link: dict[str, str | int]) -> str:
    where = link.get("port") if link["type"] == "modbus-rtu" else f"{link['host']}:{link['port']}"
    return f"{str(link['type']).replace('-', ' ')} {where} unit {link['unit']}"
