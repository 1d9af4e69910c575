"""What keeps the buffer within its limits, in the commits of others: budgets, ages, free pages."""

from __future__ import annotations

import logging
import sqlite3
import time
from functools import partial
from typing import Final

from edge_sync.store import ages, audit, moment
from edge_sync.store.counters import HELD, QUARANTINE, Counters
from edge_sync.store.eviction import Eviction, take_held, take_old
from edge_sync.store.limits import Limits
from edge_sync.store.pruning import Pruning, take_past
from edge_sync.store.room import Room
from edge_sync.store.trouble import Trouble, trouble

_EVERY_S: Final = 10.0
_SLACK: Final = 4_096
"""Free pages that a file keeps to be used again."""
_RETURNED: Final = 1_024
"""Free pages that are given back to the disk at a time."""
_SOME: Final = 500
_REST_S: Final = 600.0
log = logging.getLogger(__name__)
_ROOM: Final = 1 << 20
"""Octets that yield together when there is no room."""
_AHEAD: Final = 64
"""So great a part of a budget yields beyond what has to, so that not every commit evicts."""


class UpkeepError(Exception):
    """Upkeep failed, which must not hinder what was to be committed with it."""


class Upkeep:
    """Keeps limits; only the writer's thread calls it.

    Args:
        limits: what may be spent.
        room: the disk.
    """

    def __init__(self, limits: Limits, room: Room) -> None:
        self._limits = limits
        self._room = room
        self._eviction = Eviction()
        self._pruning = Pruning(limits)
        self._kept = self._rests_until = float("-inf")

    def begin(self, connection: sqlite3.Connection) -> None:
        """Before a commit: the file may grow as far as the disk allows."""
        self._room.limit(connection)

    def end(self, connection: sqlite3.Connection, counters: Counters) -> None:
        """At the end of a commit: what is over its budget yields, a page at a time.

        Raises:
            UpkeepError: it failed by itself and rests for a while; the commit is to be done anew.
            sqlite3.Error: the disk or the file is at fault.
        """
        if time.monotonic() < self._rests_until:
            return
        try:
            self._end(connection, counters)
        except Exception as error:
            if trouble(error) is not Trouble.OTHER:
                raise
            self._rests_until = time.monotonic() + _REST_S
            log.exception("keeping the buffer within its limits failed")
            raise UpkeepError from error

    def _end(self, connection: sqlite3.Connection, counters: Counters) -> None:
        for lane, octets, _ in self._limits.budgets:
            over = counters.sizes[lane].octets - octets
            if over > 0:
                self._eviction.take(connection, counters, lane, over + octets // _AHEAD)
        if time.monotonic() - self._kept >= _EVERY_S:
            self._kept = time.monotonic()
            self._now_and_then(connection, counters)

    def make_room(self, connection: sqlite3.Connection, counters: Counters) -> bool:
        """The disk or the quota is full: let something yield; False when nothing may.

        Copies of what has left, or is here still, go first: nobody misses them upward.
        """
        return take_past(connection) or self._eviction.any(connection, counters, _ROOM)

    def _now_and_then(self, connection: sqlite3.Connection, counters: Counters) -> None:
        for lane, _, seconds in self._limits.budgets:
            take_old(connection, counters, lane, partial(ages.is_older, connection, seconds))
        if counters.sizes[HELD].octets > self._limits.held:
            take_held(connection, counters, counters.sizes[HELD].octets - self._limits.held)
        _trim_quarantine(connection, counters, self._limits.quarantine)
        self._pruning.prune(connection)
        audit.trim(connection, self._limits.audit, moment.now())
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        for _ in range(min(free - _SLACK, _RETURNED)):
            connection.execute("PRAGMA incremental_vacuum(1)")
        self._room.restore()


def _trim_quarantine(connection: sqlite3.Connection, counters: Counters, octets: int) -> None:
    """The oldest of what could not be sent goes; that it never comes was told when it was put."""
    if counters.sizes[QUARANTINE].octets <= octets:
        return
    rows = connection.execute(
        "SELECT id, length(payload) FROM quarantine ORDER BY id LIMIT ?", (_SOME,)
    ).fetchall()
    connection.execute("DELETE FROM quarantine WHERE id <= ?", (rows[-1][0],))
    counters.add(QUARANTINE, -len(rows), -sum(size for _, size in rows))
