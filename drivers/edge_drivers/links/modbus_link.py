"""One Modbus device on a line: its register blocks, polled as the spec says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

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
from edge_agent.model.seams import Capture, Missed
from edge_drivers.links.modbus import LOST_AFTER, ModbusLine
from edge_drivers.links.modbus_pdu import ACKNOWLEDGE, BUSY, ILLEGAL_ADDRESS, ExceptionReplyError
from edge_drivers.links.modbus_plan import Request, requests, split
from edge_drivers.links.polls import Polls
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import ModbusWire, Registers

LAST_ANSWER_S = 1.0
"""How long the answer to a question that is on the line is waited for at the end."""
LATER = (ACKNOWLEDGE, BUSY)
"""Exceptions of a device that asks for time."""


class ModbusLink:
    """A `Link` that asks: `receive` polls what is due and returns its registers, part by part.

    The poll is made by the caller's own `receive`: while the caller is busy nothing is asked and
    nothing queues up. A question that is on the line is never cancelled: if `receive` is, the next
    one returns its answer. An answer that is a refusal, is wrong or does not come is returned as
    `Missed`, with the octets that came. A busy device is asked less often, a part that it does not
    have hardly ever; the others go on.

    Args:
        line: the line; its clock dates the captures.
        loaded: the spec; its parts with `registers` are polled, those with `every = 0` only read.
        unit: the device's address, 1-247.
        tag: the asset tag: a Modbus device says nothing of itself.
    """

    def __init__(self, line: ModbusLine, loaded: LoadedSpec, unit: int, tag: str) -> None:
        self._line = line
        self._unit = unit
        self._tag = tag
        self._clock = line.clock
        self._ref = loaded.ref
        self._wire = loaded.spec.link if isinstance(loaded.spec.link, ModbusWire) else ModbusWire()
        self._blocks = blocks(loaded)
        every = {part: float(block.every) for part, block in self._blocks.items()}
        self._every = {part: seconds for part, seconds in every.items() if seconds}
        self._polls: Polls | None = None
        self._alone: set[str] = set()
        self._asked: asyncio.Task[Sequence[Capture | Missed]] | None = None
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
        self._asked = self._ask(self._polls)
        try:
            (first, *_) = await asyncio.shield(self._asked)
        except LinkLostError as error:
            raise LinkUnavailableError(f"unit {self._unit}: {error}") from error
        if isinstance(first, Missed) and first.reason is GapReason.DEVICE_SILENT:
            raise LinkUnavailableError(first.detail)

    async def identity(self) -> DeviceIdentity:
        """The asset tag."""
        return DeviceIdentity(asset_tag=self._tag)

    async def close(self) -> None:
        """Ask nothing more, hear what is asked; the line stays for its other devices."""
        self._polls = None
        if self._asked is not None:
            await asyncio.wait((self._asked,), timeout=LAST_ANSWER_S)
            if not self._asked.done():
                self._asked.cancel()
            elif not self._asked.cancelled():
                self._asked.exception()  # told by `receive`, if anybody calls it

    async def receive(self) -> Sequence[Capture | Missed]:
        """Wait until something is due, read it; what comes as the waiter gives up is for the next.

        Raises:
            LinkLostError: the line went away, or several answers in a row are missing.
        """
        if self._asked is None:
            if self._polls is None:
                raise LinkLostError("the link is closed")
            due, _ = self._polls.next()
            await asyncio.sleep(max(0.0, due - _now()))
            self._asked = self._ask(self._polls)
        asked = self._asked
        await asyncio.wait((asked,))
        self._asked = None
        return asked.result()

    def _ask(self, polls: Polls) -> asyncio.Task[Sequence[Capture | Missed]]:
        return asyncio.create_task(self._poll(polls))

    async def _poll(self, polls: Polls) -> Sequence[Capture | Missed]:
        request = self._next(polls)
        try:
            octets = await self._line.read(self._unit, request.block)
        except ExceptionReplyError as error:
            self._silent = 0
            if error.code not in LATER and len(request.parts) > 1:
                self._alone.update(request.parts)  # one of them: each is asked by itself
                return await self._poll(polls)
            _put_off(polls, request, error.code)
            return self._missed(request, GapReason.MALFORMED, error, f"exception-{error.code}")
        except LinkTimeoutError as error:
            _done(polls, request)
            self._silent += 1
            if self._silent >= LOST_AFTER:
                raise LinkLostError(f"{self._silent} answers in a row are missing") from error
            return self._missed(request, GapReason.DEVICE_SILENT, error)
        except DecodeError as error:
            _done(polls, request)
            self._silent = 0
            return self._missed(request, GapReason.MALFORMED, error, type(error).__name__)
        _done(polls, request)
        self._silent = 0
        cuts = split(request, octets, self._blocks)
        return [Capture(part, cut, self._clock.now()) for part, cut in cuts]

    def _next(self, polls: Polls) -> Request:
        """The request that reads what is due first, with all that is due too and fits in."""
        moment, first = polls.next()
        due = {part: self._blocks[part] for part in polls.due(max(moment, _now()))}
        return next(one for one in requests(due, self._wire, self._alone) if first in one.parts)

    def _missed(
        self, request: Request, reason: GapReason, error: EdgeError, kind: str = ""
    ) -> Sequence[Missed]:
        heard, now = self._line.heard, self._clock.now
        return [
            Missed(p, reason, now(), heard, detail=str(error), kind=kind) for p in request.parts
        ]

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Nothing: Modbus has no words for it."""

    async def connect(self) -> None:
        """Open the line unless it is open; errors as `ModbusLine.connect`."""
        await self._line.connect()

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


def _done(polls: Polls, request: Request) -> None:
    for part in request.parts:
        polls.done(part, _now())


def _put_off(polls: Polls, request: Request, code: int) -> None:
    """Ask again as the exception says: soon, later, or hardly ever."""
    again = {ILLEGAL_ADDRESS: polls.disable} | dict.fromkeys(LATER, polls.back_off)
    for part in request.parts:
        again.get(code, polls.done)(part, _now())


def _now() -> float:
    return asyncio.get_running_loop().time()
