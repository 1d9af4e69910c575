"""The way up for tests: a publisher in this process, the region as a program of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from edge_sync import dialing
from edge_sync.broker import Broker
from edge_sync.mqtt import Connection, Message
from edge_sync.publisher import Publisher
from edge_sync.region.book import Book
from edge_sync.settings import Settings
from edge_sync.store import Store
from tests.support.sync import ADDRESS, Clock, until

ROOT = Path(__file__).parents[2]


class Region:
    """The region's receiver as a program of its own."""

    def __init__(self, url: str, database: Path, *options: str) -> None:
        self.database = database
        self._command = [sys.executable, "-m", "edge_sync.region", url, str(database), *options]
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        assert await asyncio.to_thread(self._first_line) == b"ready\n"

    def _first_line(self) -> bytes:
        path = f"{ROOT}:{ROOT / 'sync'}"
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}
        )
        assert self._process.stdout
        return self._process.stdout.readline()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        assert process.stdout
        process.stdout.close()
        return process.wait(60)

    def recorded(self) -> list[str]:
        """Ids of the frames in the record, in order."""
        with Book(self.database) as book:
            return [found.id for found in book.frames()]


def settings(url: str, **changes: object) -> Settings:
    made = Settings(Broker(url, "gw1"), ADDRESS, retry=0.1, retry_longest=0.5, silence=600.0)
    return msgspec.structs.replace(made, **changes)


@asynccontextmanager
async def publishing(store: Store, told: Settings) -> AsyncGenerator[Publisher]:
    publisher = Publisher(store, told, Clock())
    running = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        assert not running.done(), running
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def drained(store: Store, patience: float = 120.0) -> None:
    async def check() -> bool:
        return not any(state.rows for state in await store.state())

    await until(check, patience)


@asynccontextmanager
async def listening(url: str, *filters: str) -> AsyncGenerator[tuple[Connection, list[Message]]]:
    connection = await dialing.connect(Broker(url, "test"), 5)
    came: list[Message] = []

    def take(message: Message) -> None:
        came.append(message)
        connection.confirm(message)

    connection.on_message = take
    await connection.subscribe(*filters)
    yield connection, came
    connection.close()
