"""The virtual radio: simulated peripherals in the air, and a controller for each gateway.

A gateway in this process asks for `transport()`. One in another process connects over TCP and
speaks HCI in H4 framing (Core, Vol 4, Part A), as bumble's `tcp-client:HOST:PORT` does; it gets a
controller of its own, which is cut off and forgotten when the connection ends: the peripherals see
a link loss and advertise again, and the next gateway finds a fresh controller.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from bumble.transport.common import StreamPacketSink, StreamPacketSource, Transport

from edge_simulators.air import Air, Radio


class VirtualRadio:
    """The air and its door for gateways.

    Attributes:
        air: where peripherals put their controllers.
    """

    def __init__(self) -> None:
        self.air = Air()
        self._names = (f"gateway-{number}" for number in itertools.count(1))
        self._server: asyncio.Server | None = None
        self._guests: set[_Guest] = set()

    @contextmanager
    def transport(self) -> Generator[Transport]:
        """A controller for a gateway in this process, as a bumble transport."""
        radio = self.controller()
        try:
            yield Transport(radio, radio)
        finally:
            self.air.leave(radio)

    def controller(self) -> Radio:
        """A fresh controller in the air."""
        return Radio(next(self._names), self.air)

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Open the door; gives the adapter's name for gateways, `virtual:tcp:HOST:PORT`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Guest(self, self._guests), host, port)
        bound = cast("tuple[str, int]", self._server.sockets[0].getsockname())
        return f"virtual:tcp:{bound[0]}:{bound[1]}"

    async def close(self) -> None:
        """Close the door and show the guests out."""
        if self._server is None:
            return
        self._server.close()
        for guest in list(self._guests):
            guest.dismiss()
        await self._server.wait_closed()
        self._server = None


class _Guest(StreamPacketSource):
    """One gateway's HCI connection and its controller."""

    def __init__(self, radio: VirtualRadio, guests: set[_Guest]) -> None:
        super().__init__()
        self._virtual = radio
        self._guests = guests
        self._radio: Radio | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the guest a fresh controller."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._radio = self._virtual.controller()
        self._radio.set_packet_sink(StreamPacketSink(self._transport))
        self.set_packet_sink(self._radio)
        self._guests.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The gateway has gone: nobody is behind its controller any more."""
        self._guests.discard(self)
        if self._radio is not None:
            self._radio.set_packet_sink(None)
            self._virtual.air.leave(self._radio)
            self._radio = None

    def dismiss(self) -> None:
        """End the connection from this side."""
        if self._transport is not None:
            self._transport.abort()
