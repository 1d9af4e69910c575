"""The link that fails on demand."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

import relay
from ports import HOST, free_port, wait_for
from tests.support.sync import until


class Wire:
    """A relay before a server that says everything back."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.state.write_text("open")
        self.port = free_port()
        self.command = [f"{HOST}:{self.port}", str(folder / "socket"), str(self.state)]

    async def say(self, octets: bytes, seconds: float = 60.0) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(octets)
        try:
            async with asyncio.timeout(seconds):
                return await reader.read(len(octets))
        finally:
            writer.close()

    async def until(self, state: str, works: Callable[[], Awaitable[bool]]) -> None:
        """Put it into a state and wait until that works."""
        self.state.write_text(state)
        await until(works)

    async def answers(self) -> bool:
        try:
            return await self.say(b"x", seconds=1) == b"x"
        except OSError:
            return False

    async def refuses(self) -> bool:
        try:
            await self.say(b"x", seconds=1)
        except ConnectionRefusedError:
            return True
        except OSError:
            pass
        return False

    async def is_silent(self) -> bool:
        try:
            return not await self.say(b"x", seconds=0.5)
        except TimeoutError:
            return True


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
    await wire.until("cut", wire.refuses)
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    await wire.until("open", wire.answers)


async def test_as_a_hole_it_takes_and_gives_nothing(wire: Wire) -> None:
    await wire.until("hole", wire.is_silent)
    await wire.until("open", wire.answers)
