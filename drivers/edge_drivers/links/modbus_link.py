"""One Modbus device on a line: its register blocks, polled as the spec says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import (
    DecodeError,
    LinkLostError,
    LinkRefusedError,
    LinkTimeoutError,
    LinkUnavailableError,
)
from edge_agent.model.seams import Capture, Clock
from edge_drivers.links.captures import NOISE
from edge_drivers.links.polls import Polls
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Registers

LOST_AFTER = 3
"""Answers missed in a row after which the device counts as gone."""


class Line(Protocol):
    """What a device needs of the line that it shares."""

    async def connect(self) -> None:
        """See `ModbusLine.connect`."""
        ...

    async def read(self, unit: int, block: Registers) -> bytes:
        """See `ModbusLine.read`."""
        ...

    async def write(self, unit: int, block: Registers, octets: bytes) -> None:
        """See `ModbusLine.write`."""
        ...


class ModbusLink:
    """A `Link` that asks: `receive` polls the block that is due and returns its registers.

    The poll is made by the caller's own `receive`: while the caller is busy nothing is asked and
    nothing queues up. A missed, refused or wrong answer is returned as `NOISE` (the exception's
    octets, or none), so that it is counted.

    Args:
        line: the line.
        loaded: the spec; its parts with `registers` are polled, those with `every = 0` only read.
        unit: the device's address, 1-247.
        tag: the asset tag: a Modbus device says nothing of itself.
        clock: dates the captures.
    """

    def __init__(self, line: Line, loaded: LoadedSpec, unit: int, tag: str, clock: Clock) -> None:
        self._line = line
        self._unit = unit
        self._tag = tag
        self._clock = clock
        self._blocks = blocks(loaded)
        every = {part: float(block.every) for part, block in self._blocks.items()}
        self._every = {part: seconds for part, seconds in every.items() if seconds}
        self._polls: Polls | None = None
        self._heard: Capture | None = None
        self._missed = 0

    async def open(self) -> None:
        """Reach the line and hear one answer of the device, which `receive` returns first.

        Raises:
            LinkUnavailableError: the line cannot be opened, or the device does not answer.
            LinkRefusedError: the port may not be opened.
        """
        await self._line.connect()
        self._polls = Polls(self._every, asyncio.get_running_loop().time())
        try:
            part, octets = await self._poll()
        except (LinkLostError, LinkTimeoutError) as error:
            raise LinkUnavailableError(f"unit {self._unit}: {error}") from error
        self._heard = Capture(part, octets, self._clock.now())

    async def identity(self) -> DeviceIdentity:
        """The asset tag."""
        return DeviceIdentity(asset_tag=self._tag)

    async def close(self) -> None:
        """Poll no more; the line stays for its other devices."""
        self._polls = None

    async def receive(self) -> Sequence[Capture]:
        """Wait until a block is due, read it.

        Raises:
            LinkLostError: the line went away, or several answers in a row are missing.
        """
        if self._heard is not None:
            heard, self._heard = self._heard, None
            return (heard,)
        try:
            part, octets = await self._poll()
        except LinkTimeoutError as error:
            return (Capture(NOISE, self._miss(error), self._clock.now()),)
        return (Capture(part, octets, self._clock.now()),)

    async def _poll(self) -> tuple[str, bytes]:
        polls = self._polls
        if polls is None:
            raise LinkLostError("the link is closed")
        part = await _wait(polls)
        try:
            octets = await self._line.read(self._unit, self._blocks[part])
        except (LinkRefusedError, DecodeError) as error:
            self._missed = 0
            return NOISE, str(error).encode()
        finally:
            polls.done(part, asyncio.get_running_loop().time())
        self._missed = 0
        return part, octets

    def _miss(self, error: LinkTimeoutError) -> bytes:
        self._missed += 1
        if self._missed >= LOST_AFTER:
            raise LinkLostError(f"{self._missed} answers in a row are missing") from error
        return b""

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Nothing: Modbus has no words for it."""

    async def read(self, part: str) -> bytes:
        """Read one block now; errors as `ModbusLine.read`."""
        return await self._line.read(self._unit, self._blocks[part])

    async def write(self, part: str, octets: bytes) -> None:
        """Write one block, once; errors as `ModbusLine.write`."""
        await self._line.write(self._unit, self._blocks[part], octets)


def blocks(loaded: LoadedSpec) -> Mapping[str, Registers]:
    """The register block of each part that has one."""
    parts = loaded.spec.parts.items()
    return {name: part.registers for name, part in parts if part.registers is not None}


async def _wait(polls: Polls) -> str:
    due, part = polls.next()
    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
    return part
