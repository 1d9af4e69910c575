"""A link that can fail: `python relay.py HOST:PORT UNIX_SOCKET STATE_FILE`.

Passes TCP on while the file says `open`. `cut` resets what is connected and refuses what comes;
`hole` takes everything and passes nothing on, as a mobile network does that has forgotten us.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from pathlib import Path

LOOK = 0.05
CHUNK = 65536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close with a reset."""


class Relay:
    """One listening port, passed on to a Unix socket.

    Args:
        here: where to listen, HOST:PORT.
        there: the socket.
        state: the file that says what the link does.
    """

    def __init__(self, here: str, there: str, state: Path) -> None:
        self._here = here
        self._there = there
        self._state = state
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            state = self._state.read_text().strip()
            if state == "cut":
                await self._cut()
            else:
                await self._listen()
            if state == "open":
                self._open.set()
            else:
                self._open.clear()
            await asyncio.sleep(LOOK)

    async def _listen(self) -> None:
        if self._server is None:
            host, _, port = self._here.rpartition(":")
            self._server = await asyncio.start_server(self._pass, host, int(port))

    async def _cut(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for writer in self._writers:
            end: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _pass(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            far, on = await asyncio.open_unix_connection(self._there)
        except OSError:
            back.transport.abort()
            return
        self._writers |= {back, on}
        try:
            await asyncio.gather(self._copy(near, on), self._copy(far, back))
        finally:
            self._writers -= {back, on}

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while octets := await source.read(CHUNK):
                await self._open.wait()
                target.write(octets)
                await target.drain()
        target.close()


if __name__ == "__main__":
    asyncio.run(Relay(sys.argv[1], sys.argv[2], Path(sys.argv[3])).run())
