"""One Modbus device on a line: its register blocks, polled as the spec says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import (
    DecodeError,
    EdgeError,
    LinkLostError,
    LinkRefusedError,
    LinkTimeoutError,
    LinkUnavailableError,
)
from edge_agent.model.gaps import GapReason
from edge_agent.model.seams import Capture, Clock, Missed
from edge_drivers.links.polls import Polls
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import Registers

if TYPE_CHECKING:
    from edge_drivers.links.modbus import ModbusLine

LOST_AFTER = 3
"""Answers missed in a row after which the device counts as gone."""


class ModbusLink:
    """A `Link` that asks: `receive` polls the block that is due and returns its registers.

    The poll is made by the caller's own `receive`: while the caller is busy nothing is asked and
    nothing queues up. An answer that is a refusal, is wrong or does not come is returned as
    `Missed`, with the octets that came.

    Args:
        line: the line.
        loaded: the spec; its parts with `registers` are polled, those with `every = 0` only read.
        unit: the device's address, 1-247.
        tag: the asset tag: a Modbus device says nothing of itself.
        clock: dates the captures.
    """

    def __init__(
        self, line: ModbusLine, loaded: LoadedSpec, unit: int, tag: str, clock: Clock
    ) -> None:
        self._line = line
        self._unit = unit
        self._tag = tag
        self._clock = clock
        self._ref = loaded.ref
        self._blocks = blocks(loaded)
        every = {part: float(block.every) for part, block in self._blocks.items()}
        self._every = {part: seconds for part, seconds in every.items() if seconds}
        self._polls: Polls | None = None
        self._first: Capture | Missed | None = None
        self._silent = 0

    async def open(self) -> None:
        """Reach the line and hear one answer of the device, which `receive` returns first.

        Raises:
            LinkUnavailableError: the line cannot be opened, or the device does not answer.
            LinkRefusedError: the port may not be opened, or the spec polls nothing.
        """
        if not self._every:
            raise LinkRefusedError(f"{self._ref} polls nothing: give a block of registers `every`")
        await self._line.connect()
        self._polls = Polls(self._every, asyncio.get_running_loop().time())
        try:
            first = await self._poll(self._polls)
        except LinkLostError as error:
            raise LinkUnavailableError(f"unit {self._unit}: {error}") from error
        if isinstance(first, Missed) and first.reason is GapReason.DEVICE_SILENT:
            raise LinkUnavailableError(first.detail)
        self._first = first

    async def identity(self) -> DeviceIdentity:
        """The asset tag."""
        return DeviceIdentity(asset_tag=self._tag)

    async def close(self) -> None:
        """Poll no more; the line stays for its other devices."""
        self._polls = None

    async def receive(self) -> Sequence[Capture | Missed]:
        """Wait until a block is due, read it.

        Raises:
            LinkLostError: the line went away, or several answers in a row are missing.
        """
        if self._first is not None:
            first, self._first = self._first, None
            return (first,)
        if self._polls is None:
            raise LinkLostError("the link is closed")
        return (await self._poll(self._polls),)

    async def _poll(self, polls: Polls) -> Capture | Missed:
        part = await _wait(polls)
        try:
            octets = await self._line.read(self._unit, self._blocks[part])
        except LinkTimeoutError as error:
            return self._silence(part, error)
        except (LinkRefusedError, DecodeError) as error:
            self._silent = 0
            return self._missed(part, GapReason.MALFORMED, error)
        finally:
            polls.done(part, asyncio.get_running_loop().time())
        self._silent = 0
        return Capture(part, octets, self._clock.now())

    def _silence(self, part: str, error: LinkTimeoutError) -> Missed:
        self._silent += 1
        if self._silent >= LOST_AFTER:
            raise LinkLostError(f"{self._silent} answers in a row are missing") from error
        return self._missed(part, GapReason.DEVICE_SILENT, error)

    def _missed(self, part: str, reason: GapReason, error: EdgeError) -> Missed:
        heard, at = self._line.heard, self._clock.now()
        return Missed(part, reason, at, heard, detail=str(error))

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
