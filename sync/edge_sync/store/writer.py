"""The one writer: a thread that gathers jobs and commits them together (group commit).

Rules: a job's caller hears of success only after the COMMIT that holds it; of failure, exactly the
callers whose job was not committed. A job that fails by itself does not take the others with it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from edge_agent.model.errors import StoreCorruptError, StoreError, StoreFullError
from edge_sync.store.counters import Counters
from edge_sync.store.window import Window

T = TypeVar("T")
Job = Callable[[sqlite3.Connection, Counters], T]
LAZY = 0.5
"""Seconds for which a job that nobody waits for may wait for company."""


class Haste(Enum):
    """How long a job may wait for company."""

    URGENT = auto()
    NORMAL = auto()
    LAZY = auto()


@dataclass(slots=True)
class _Waiting:
    job: Job[Any]
    haste: Haste
    since: float
    future: asyncio.Future[Any]


_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]


class Writer:
    """Runs jobs on the only connection that writes.

    Args:
        connect: opens that connection.
        committed: called in the event loop after each commit.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], committed: Callable[[Counters], None]
    ) -> None:
        self._connect = connect
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self.window = Window()
        self._connection = connect()
        self._counters = Counters()
        self._counters.load(self._connection)
        self._committed(self._counters.hand_over())
        self._thread = threading.Thread(target=self._run, name="edge-store", daemon=True)
        self._thread.start()

    async def __call__(self, job: Job[T], haste: Haste = Haste.NORMAL) -> T:
        """Run a job in the next commit and return what it returned, after that commit.

        A caller that is cancelled meanwhile does not stop it.

        Raises:
            StoreError: it was not committed.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        with self._changed:
            if self._closing:
                raise StoreError("the buffer is closed")
            self._queue.append(_Waiting(job, haste, time.monotonic(), future))
            self._changed.notify()
        return await future

    async def close(self) -> None:
        """Commit what waits, then end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    def _due(self, waiting: _Waiting) -> float:
        if waiting.haste is Haste.NORMAL:
            return self.window.due(waiting.since)
        return waiting.since + (LAZY if waiting.haste is Haste.LAZY else 0.0)

    def _run(self) -> None:
        while jobs := self._gather():
            started = time.monotonic()
            outcomes = self._commit(jobs)
            self.window.measured(started, time.monotonic())
            self._tell(outcomes)
        self._connection.close()

    def _gather(self) -> list[_Waiting]:
        with self._changed:
            while not self._closing:
                due = min(map(self._due, self._queue), default=None)
                patience = None if due is None else due - time.monotonic()
                if patience is not None and patience <= 0:
                    break
                self._changed.wait(patience)
            jobs = list(self._queue)
            self._queue.clear()
            return jobs

    def _commit(self, jobs: list[_Waiting]) -> list[_Outcome]:
        try:
            results = self._attempt(jobs)
        except Exception as error:  # noqa: BLE001 - it is the callers' to know
            self._recover()
            if len(jobs) == 1 or _is_disk(error):
                return [(w.future, None, _declared(error)) for w in jobs]
            return [outcome for w in jobs for outcome in self._commit([w])]
        return [(w.future, result, None) for w, result in zip(jobs, results, strict=True)]

    def _attempt(self, jobs: list[_Waiting]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        results = [w.job(self._connection, self._counters) for w in jobs]
        self._counters.flush(self._connection)
        self._connection.execute("COMMIT")
        self._counters.committed()
        return results

    def _recover(self) -> None:
        """Trust nothing that the failed connection remembers, least of all what it counted."""
        self._counters.forget()
        try:
            self._connection.close()
            self._connection = self._connect()
            self._counters.load(self._connection)
        except sqlite3.Error:
            return  # the next attempt fails and tells its callers

    def _tell(self, outcomes: list[_Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, outcomes, self._counters.hand_over())
        except RuntimeError:
            return  # the loop is gone, and with it all who waited

    def _settle(self, outcomes: list[_Outcome], counters: Counters) -> None:
        self._committed(counters)
        for future, result, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


def _is_disk(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _declared(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFullError("the disk or the buffer's quota is full")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreCorruptError(f"the buffer's file is damaged: {error}")
    return StoreError(f"the buffer could not be written: {error}")
