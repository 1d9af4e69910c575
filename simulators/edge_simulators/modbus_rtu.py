"""Modbus RTU on a pseudo terminal: several units on one line, at the pace of the wire.

From MODBUS over Serial Line 1.02: a frame is unit, PDU, CRC; a unit that is not meant, or sees a
wrong CRC, is silent. What is left incomplete in a pause is thrown away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from edge_simulators.faults import Fate, Tampering, flip_bit
from edge_simulators.modbus import (
    WRITE_MANY,
    Answer,
    Unit,
    answer,
    crc16,
    is_write,
    misechoed,
)
from edge_simulators.pty_line import PtyLine

_PAUSE = 0.05
"""Seconds. The standard says 3.5 characters; a pseudo terminal does not keep time that well."""

_SHORTEST = 8
_BITS_PER_OCTET = 11


class RtuLine:
    """A line of units.

    Attributes:
        units: address to device.
        tampering: faults that wait for the next answers.
        muted: while true, requests are heard and never answered.

    Args:
        baud: bits a second; answers take as long as they would; 0 is as fast as can be.
    """

    def __init__(self, units: Mapping[int, Unit], path: Path, baud: int = 9600) -> None:
        self.units = units
        self.tampering = Tampering(flip_bit)
        self.muted = False
        self._line = PtyLine(path)
        self._baud = baud
        self._life: asyncio.Future[None] | None = None

    @property
    def path(self) -> Path:
        """Of the far end."""
        return self._line.path

    async def open(self) -> None:
        """Plug it in."""
        self._line.plug()
        self._life = asyncio.ensure_future(self._serve())

    async def close(self) -> None:
        """Unplug it."""
        if self._life:
            self._life.cancel()
            await asyncio.wait([self._life])
            self._life = None
        self._line.unplug()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        buffer, last = b"", 0.0
        while True:
            octets = await self._line.heard()
            buffer = octets if loop.time() - last > _PAUSE else buffer + octets
            while frame := first_frame(buffer):
                buffer = buffer[len(frame) :]
                await self._hear(frame)
            last = loop.time()

    async def _hear(self, frame: bytes) -> None:
        unit = self.units.get(frame[0])
        if unit is None or crc16(frame[:-2]) != frame[-2:]:
            return
        pdu = frame[1:-2]
        fate = self.tampering.fate() if is_write(pdu) else Fate()
        if fate.late:
            asyncio.get_running_loop().call_later(fate.late, answer, unit, pdu)
        if fate.lost or fate.late:
            return
        said = answer(unit, pdu)
        if not self.muted and not fate.unanswered:
            await self._say(frame, unit, said, misechoed(said.pdu) if fate.misechoed else said.pdu)

    async def _say(self, asked: bytes, unit: Unit, said: Answer, pdu: bytes) -> None:
        octets = bytes([asked[0]]) + pdu
        passage = self.tampering.passage(octets + crc16(octets))
        await asyncio.sleep(passage.delay + self._wire_time(len(asked) + len(passage.octets)))
        if not self._line.open_at_far_end:
            return
        if said.request:
            unit.sent(said.request, said.registers, passage.fault)
        self._line.write(passage.octets * passage.copies)

    def _wire_time(self, octets: int) -> float:
        """Seconds that so many octets take, with a silence of 3.5 characters between them."""
        return (octets + 3.5) * _BITS_PER_OCTET / self._baud if self._baud else 0.0


def first_frame(buffer: bytes) -> bytes | None:
    """The request at the beginning of a buffer; None while it is not complete."""
    if len(buffer) < _SHORTEST:
        return None
    length = _SHORTEST + 1 + buffer[6] if buffer[1] == WRITE_MANY else _SHORTEST
    return buffer[:length] if len(buffer) >= length else None
