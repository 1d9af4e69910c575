"""The one writer: a thread that gathers jobs and commits them together (group commit).

Rules: a job's caller hears of success only after the COMMIT that holds it; of failure, exactly the
callers whose job was not committed. A job that fails by itself does not take the others with it.

A COMMIT that failed is trusted in nothing, for after a failed fsync the kernel may hold as clean
what never reached the disk: the connection is closed and all of the batch is written anew from
memory. The reader's connection stays open meanwhile, so that SQLite goes on behind the last commit
that was durable and reads nothing of the failed one from the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from edge_agent.model.errors import StoreError
from edge_sync.store import cost
from edge_sync.store.counters import Counters
from edge_sync.store.room import Room
from edge_sync.store.trouble import Trouble, declared, trouble
from edge_sync.store.upkeep import Upkeep, UpkeepError
from edge_sync.store.window import Window

T = TypeVar("T")
Job = Callable[[sqlite3.Connection, Counters], T]
LAZY = 0.5
"""Seconds for which a job that nobody waits for may wait for company."""
AGAIN = (0.0, 0.1, 0.5)
"""Seconds after which a batch that the disk failed to take is written anew."""
log = logging.getLogger(__name__)


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
        upkeep: keeps the limits.
        room: the disk.
        committed: called in the event loop after each commit.

    Attributes:
        window: how long a commit waits.
        damage: what SQLite found to be damaged in the file; "" for nothing.
        written: octets that this thread has had written to the disk, None if nobody says.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        upkeep: Upkeep,
        room: Room,
        committed: Callable[[Counters], None],
    ) -> None:
        self._connect = connect
        self._upkeep = upkeep
        self._room = room
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self.window = Window()
        self.damage = ""
        self.written: int | None = None
        self._counters = Counters()
        self._connection: sqlite3.Connection | None = None
        self._ready()
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
            self.written = cost.written()
            self._tell(outcomes)
        self._recover()

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
        pauses = iter(AGAIN)
        while True:
            try:
                results = self._attempt(jobs)
            except Exception as error:  # noqa: BLE001 - it is the callers' to know
                self._recover()
                if not self._mend(error, pauses):
                    return self._failed(jobs, error)
            else:
                return [(w.future, found, None) for w, found in zip(jobs, results, strict=True)]

    def _failed(self, jobs: list[_Waiting], error: Exception) -> list[_Outcome]:
        """Tell them all where the file is at fault; else find out whose job it is."""
        if len(jobs) == 1 or trouble(error) in (Trouble.DISK, Trouble.DAMAGE):
            return [(w.future, None, declared(error)) for w in jobs]
        return [outcome for w in jobs for outcome in self._commit([w])]

    def _mend(self, error: Exception, pauses: Iterator[float]) -> bool:
        """Whether it is worth another attempt."""
        if isinstance(error, UpkeepError):
            return True
        match trouble(error):
            case Trouble.FULL:
                return self._make_room()
            case Trouble.DISK:
                pause = next(pauses, None)
                if pause is not None:
                    log.error("the disk failed, the batch is written anew: %s", error)
                    time.sleep(pause)
                return pause is not None
            case Trouble.DAMAGE:
                self.damage = str(error)
                return False
            case Trouble.OTHER:
                return False

    def _make_room(self) -> bool:
        if self._room.give_up():
            return True
        try:
            return self._transaction(lambda c: self._upkeep.make_room(c, self._counters))
        except sqlite3.Error:
            self._recover()
            return False

    def _attempt(self, jobs: list[_Waiting]) -> list[Any]:
        def run(connection: sqlite3.Connection) -> list[Any]:
            results = [w.job(connection, self._counters) for w in jobs]
            self._upkeep.end(connection, self._counters)
            return results

        self._upkeep.begin(self._ready())
        return self._transaction(run)

    def _transaction(self, run: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._ready()
        connection.execute("BEGIN IMMEDIATE")
        result = run(connection)
        self._counters.flush(connection)
        connection.execute("COMMIT")
        self._counters.committed()
        return result

    def _ready(self) -> sqlite3.Connection:
        """The connection, a fresh one after a failure."""
        if self._connection is None:
            connection = self._connect()
            self._counters.load(connection)
            self._connection = connection
        return self._connection

    def _recover(self) -> None:
        """Trust nothing that the failed connection remembers, least of all what it counted."""
        self._counters.forget()
        connection, self._connection = self._connection, None
        if connection:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

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
