"""Modbus TCP servers for simulated units: several units behind one port, faults on the way."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Mapping
from typing import cast

from edge_simulators.faults import Fate, Tampering, cut_short
from edge_simulators.modbus import NO_ANSWER, Answer, Unit, answer, is_write, misechoed

_HEADER = struct.Struct(">HHHB")
"""MBAP: transaction, protocol, octets that follow, unit (Messaging on TCP/IP, 3.1.3)."""


class TcpLine:
    """A listening port.

    Attributes:
        units: address to device.
        tampering: faults that wait for the next answers.
        muted: while true, requests are taken and never answered.
    """

    def __init__(self, units: Mapping[int, Unit], host: str = "127.0.0.1", port: int = 0) -> None:
        self.units = units
        self.tampering = Tampering(cut_short)
        self.muted = False
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the port stays the same for the line's life."""
        return self._host, self._port

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        self._port = cast("tuple[str, int]", self._server.sockets[0].getsockname())[1]

    async def close(self) -> None:
        """Hang up and listen no more."""
        if self._server:
            self._server.close()
            for client in list(self._clients):
                client.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                transaction, _, length, unit = _HEADER.unpack(await reader.readexactly(7))
                pdu = await reader.readexactly(length - 1)
                await self._answer(writer, transaction, unit, pdu)
        self._clients.discard(writer)
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, transaction: int, unit: int, pdu: bytes
    ) -> None:
        device = self.units.get(unit)
        fate = self.tampering.fate() if is_write(pdu) else Fate()
        if fate.late and device:
            asyncio.get_running_loop().call_later(fate.late, answer, device, pdu)
        if fate.lost or fate.late:
            return
        said = answer(device, pdu) if device else Answer(bytes([0x80 | pdu[0], NO_ANSWER]))
        if self.muted or fate.unanswered:
            return
        passage = self.tampering.passage(misechoed(said.pdu) if fate.misechoed else said.pdu)
        await asyncio.sleep(passage.delay)
        if device and said.request:
            device.sent(said.request, said.registers, passage.fault)
        header = _HEADER.pack(transaction, 0, len(passage.octets) + 1, unit)
        writer.write((header + passage.octets) * passage.copies)
        await writer.drain()
