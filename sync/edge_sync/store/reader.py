"""Reading beside the writer, in a thread with a connection of its own: no read blocks the loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from edge_agent.model.errors import StoreCorruptError, StoreError
from edge_sync.store.trouble import Trouble, trouble

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]


class Reader:
    """Runs queries; each is short and bounded, so that none holds the log back.

    Attributes:
        damage: what SQLite found to be damaged in the file; "" for nothing.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.damage = ""
        self._connection = connection
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edge-store-read")

    async def __call__(self, query: Query[T]) -> T:
        """What a query returns.

        Raises:
            StoreCorruptError: the file is damaged.
            StoreError: the file could not be read.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, query, self._connection)
        except sqlite3.Error as error:
            if trouble(error) is Trouble.DAMAGE:
                self.damage = str(error)
                raise StoreCorruptError(f"the buffer's file is damaged: {error}") from error
            raise StoreError(f"the buffer could not be read: {error}") from error

    def at_once(self, query: Query[T]) -> T:
        """What a query returns, before anybody else asks."""
        return query(self._connection)

    async def all(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        return await self(lambda connection: connection.execute(sql, parameters).fetchall())

    async def one(self, sql: str, *parameters: object) -> tuple[Any, ...] | None:
        """The first row."""
        return await self(lambda connection: connection.execute(sql, parameters).fetchone())

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()
