"""The link that fails on demand."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import relay
from broker import HOST, free_port, wait_for


class Wire:
    """A relay before a server that says everything back."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.state.write_text("open")
        self.port = free_port()
        self.command = [f"{HOST}:{self.port}", str(folder / "socket"), str(self.state)]

    async def say(self, octets: bytes, seconds: float = 2.0) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(octets)
        try:
            async with asyncio.timeout(seconds):
                return await reader.read(len(octets))
        finally:
            writer.close()

    async def until(self, state: str) -> None:
        self.state.write_text(state)
        await asyncio.sleep(0.3)


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async def back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while octets := await reader.read(100):
                writer.write(octets)
        writer.close()

    wire = Wire(tmp_path)
    async with await asyncio.start_unix_server(back, tmp_path / "socket"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, relay.__file__, *wire.command
        )
        await asyncio.to_thread(wait_for, wire.port)
        yield wire
        process.kill()
        await process.wait()


async def test_open_it_passes_everything_on(wire: Wire) -> None:
    assert await wire.say(b"hello") == b"hello"


async def test_cut_it_resets_and_refuses(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection(HOST, wire.port)
    writer.write(b"x")
    assert await reader.read(1) == b"x"
    await wire.until("cut")
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    with pytest.raises(ConnectionRefusedError):
        await wire.say(b"x")
    await wire.until("open")
    assert await wire.say(b"x") == b"x"


async def test_as_a_hole_it_takes_and_gives_nothing(wire: Wire) -> None:
    await wire.until("hole")
    with pytest.raises(TimeoutError):
        await wire.say(b"x", seconds=0.5)
    await wire.until("open")
    assert await wire.say(b"x") == b"x"
