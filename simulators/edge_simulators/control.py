"""Faults on demand: a Unix socket that takes one command a line and answers each with one line.

    $ echo "cuff vanish 5" | socat - UNIX:DIR/control
    ok

The same commands come from `edge-simulator fault DIR cuff vanish 5` and, at a given second, from
`--fault "10 cuff vanish 5"`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge_simulators.device import SimulatedDevice
from edge_simulators.faults import FaultError, parse_fault


class Control:
    """Takes commands for devices.

    Args:
        devices: by alias.
    """

    def __init__(self, devices: Mapping[str, SimulatedDevice]) -> None:
        self._devices = devices
        self._server: asyncio.Server | None = None

    async def obey(self, command: str) -> str:
        """Carry out `ALIAS KIND NUMBER`; gives `ok`, or `error` and why not."""
        alias, *words = command.split() or [""]
        try:
            if alias not in self._devices:
                known = ", ".join(self._devices)
                raise FaultError(f"there is no device {alias!r}; there are {known}")  # noqa: TRY301
            await self._devices[alias].inflict(parse_fault(words))
        except FaultError as error:
            return f"error {error}"
        return "ok"

    async def later(self, scheduled: str) -> None:
        """Carry out `SECONDS ALIAS KIND NUMBER` when its time has come."""
        seconds, _, command = scheduled.partition(" ")
        await asyncio.sleep(float(seconds))
        await self.obey(command)

    async def open(self, path: Path) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, sock=_bound(path))

    async def close(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write((await self.obey(line.decode()) + "\n").encode())
                await writer.drain()
        writer.close()


def _bound(path: Path) -> socket.socket:
    """A socket that only this user may speak to."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound


def check_schedule(scheduled: str, aliases: Sequence[str]) -> None:
    """Refuse a scheduled fault that cannot be understood, before anything starts.

    Raises:
        FaultError: it names what is wrong.
    """
    seconds, _, command = scheduled.partition(" ")
    alias, *words = command.split() or [""]
    if not seconds.replace(".", "", 1).isdigit() or alias not in aliases:
        raise FaultError(f"{scheduled!r}: say SECONDS ALIAS KIND NUMBER; aliases: {aliases}")
    parse_fault(words)


async def tell(path: Path, command: str) -> str:
    """Say a command to running simulators and give their answer.

    Raises:
        OSError: nobody listens.
    """
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(f"{command}\n".encode())
    answer = await reader.readline()
    writer.close()
    return answer.decode().strip()
