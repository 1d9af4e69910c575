"""Quarantine: rows that cannot be sent, kept whole with the reason, and put back on demand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from edge_agent.model import forms
from edge_agent.model.buffer import Aside
from edge_agent.model.errors import WireError
from edge_agent.model.records import Lane, Record
from edge_sync.store import outbox
from edge_sync.store.counters import QUARANTINE, Counters
from edge_sync.store.reader import Reader
from edge_sync.store.rows import draft
from edge_sync.store.schema import LANES
from edge_sync.store.writer import Writer


class Quarantine:
    """The rows that could not be sent."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def put(self, lane: Lane, sequence: int, reason: str, gap: Record) -> None:
        """Put a row that cannot be sent aside, and say so upward with a gap record."""
        told = draft(gap)

        def job(connection: sqlite3.Connection, counters: Counters) -> None:
            if put(connection, counters, lane, sequence, reason):
                outbox.deliver(connection, counters, [told])

        await self._writer(job)

    async def rows(self, after: int = 0, limit: int = 500) -> list[Aside]:
        """The next rows, without their payloads; go on after the last `id`."""
        return await self._reader(lambda connection: found(connection, after, limit))

    async def row(self, number: int) -> Aside | None:
        """A row, whole; None when there is none of that number."""
        return await self._reader(lambda connection: whole(connection, number))

    async def requeue(self, number: int) -> bool:
        """Send a row once more, under a new sequence; False when it is none that can be read."""
        return await self._writer(
            lambda connection, counters: requeue(connection, counters, number)
        )


def put(
    connection: sqlite3.Connection, counters: Counters, lane: Lane, sequence: int, reason: str
) -> bool:
    """Put a row that cannot be sent aside, whole; False when it is not there."""
    row = connection.execute(
        "SELECT rank, sequence, record, ?, schema, key_id, payload FROM outbox WHERE id = ?",
        (reason, outbox.key(lane, sequence)),
    ).fetchone()
    if row is None:
        return False
    insert(connection, counters, row)
    outbox.remove(connection, counters, lane, sequence, sequence)
    return True


def insert(connection: sqlite3.Connection, counters: Counters, values: Sequence[object]) -> None:
    """Keep a row: rank, sequence, record, reason, schema, key_id, payload."""
    connection.execute(
        "INSERT INTO quarantine (rank, sequence, record, reason, schema, key_id, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    payload = values[-1]
    counters.add(QUARANTINE, 1, len(payload) if isinstance(payload, bytes) else 0)


def found(connection: sqlite3.Connection, after: int, limit: int) -> list[Aside]:
    """The next rows in quarantine, without their payloads."""
    rows = connection.execute(
        "SELECT id, rank, sequence, record, reason, length(payload) FROM quarantine"
        " WHERE id > ? ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [Aside(n, LANES[int(rank)], *rest) for n, rank, *rest in rows]


def whole(connection: sqlite3.Connection, number: int) -> Aside | None:
    """A row in quarantine with its payload; None when there is none of that number."""
    row = connection.execute(
        "SELECT id, rank, sequence, record, reason, length(payload), payload FROM quarantine"
        " WHERE id = ?",
        (number,),
    ).fetchone()
    return Aside(row[0], LANES[int(row[1])], *row[2:]) if row else None


def requeue(connection: sqlite3.Connection, counters: Counters, number: int) -> bool:
    """Send a row once more, under a new sequence; False when it is no record of ours any more."""
    row = whole(connection, number)
    try:
        again = draft(forms.decode(row.payload), payload=row.payload) if row else None
    except WireError:
        again = None
    if row is None or again is None:
        return False
    counters.add(QUARANTINE, -1, -row.octets)
    connection.execute("DELETE FROM quarantine WHERE id = ?", (number,))
    outbox.insert(connection, counters, [again])
    return True
