"""Reading beside the writer, in a thread with a connection of its own: no read blocks the loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from edge_agent.model.errors import StoreError

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]


class Reader:
    """Runs queries; each is short and bounded, so that none holds the log back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edge-store-read")

    async def __call__(self, query: Query[T]) -> T:
        """What a query returns.

        Raises:
            StoreError: the file could not be read.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, query, self._connection)
        except sqlite3.Error as error:
            raise StoreError(f"the buffer could not be read: {error}") from error

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
