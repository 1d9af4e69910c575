"""The outbox: rows that wait for their receipt. Jobs for the writer, and queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from edge_agent.model.instants import Instant
from edge_agent.model.records import Lane
from edge_agent.model.seams import Mark
from edge_sync.store import keeping
from edge_sync.store.counters import HELD, Counters
from edge_sync.store.rows import COLUMNS, Draft, Row, fresh, row
from edge_sync.store.schema import LANE_BITS, LANES, RANK
from edge_sync.store.tail import take
from edge_sync.wire.ranges import Ranges

_VALUES = "?, ?, ?, ?, ?, ?, ?, ?, ?"
_INSERT = f"INSERT INTO outbox (id, {COLUMNS}) VALUES (?, {_VALUES})"  # noqa: S608 - constants
_HOLD = f"INSERT INTO held (rank, {COLUMNS}) VALUES (?, {_VALUES})"  # noqa: S608 - constants
_KEEP = f"INSERT OR IGNORE INTO past ({COLUMNS}) VALUES ({_VALUES})"  # noqa: S608 - constants
_SOME = 500
"""Names that one statement is given."""


def key(lane: Lane, sequence: int) -> int:
    """The outbox's primary key: a lane's rows lie together, in order."""
    return RANK[lane] << LANE_BITS | sequence


def bounds(lane: Lane) -> tuple[int, int]:
    """The least and the greatest key of a lane."""
    return key(lane, 0), key(lane, (1 << LANE_BITS) - 1)


def deliver(
    connection: sqlite3.Connection,
    counters: Counters,
    drafts: Sequence[Draft],
    marks: Sequence[Mark] = (),
) -> None:
    """Insert records, keep what has a home of its own, move marks; all or nothing."""
    counters.added += sum(len(d.values[-1]) for d in drafts)
    insert(connection, counters, [d for d in drafts if not d.held])
    hold(connection, counters, [d for d in drafts if d.held])
    connection.executemany(_KEEP, [d.values for d in drafts if d.kept])
    for d in drafts:
        keeping.keep(connection, counters, d.record, d.values[-1])
    connection.executemany(
        "INSERT OR REPLACE INTO mark (device, name, value) VALUES (?, ?, ?)",
        [(m.device, m.name, m.value) for m in marks],
    )


def insert(connection: sqlite3.Connection, counters: Counters, drafts: Sequence[Draft]) -> None:
    """Give records their sequences and let them wait for their receipt."""
    sent = [(d.lane, counters.next(d.lane), d.values) for d in drafts]
    connection.executemany(_INSERT, [(key(lane, n), *values) for lane, n, values in sent])
    counters.fresh.extend((lane, fresh(n, values)) for lane, n, values in sent)
    for lane, _, values in sent:
        counters.add(lane, 1, len(values[-1]))


def hold(connection: sqlite3.Connection, counters: Counters, drafts: Sequence[Draft]) -> None:
    """Let records wait for their subject."""
    connection.executemany(_HOLD, [(RANK[d.lane], *d.values) for d in drafts])
    counters.add(HELD, len(drafts), sum(len(d.values[-1]) for d in drafts))


def acknowledge(
    connection: sqlite3.Connection, counters: Counters, lane: Lane, ranges: Ranges
) -> int:
    """Delete rows that are in the region's record; returns how many there were."""
    return sum(remove(connection, counters, lane, first, last) for first, last in ranges)


def remove(
    connection: sqlite3.Connection, counters: Counters, lane: Lane, first: int, last: int
) -> int:
    """Delete the rows of a lane from a sequence to a sequence; returns how many there were."""
    where = (key(lane, first), key(lane, last))
    rows, octets = connection.execute(
        "SELECT count(*), coalesce(sum(length(payload)), 0) FROM outbox WHERE id BETWEEN ? AND ?",
        where,
    ).fetchone()
    connection.execute("DELETE FROM outbox WHERE id BETWEEN ? AND ?", where)
    counters.add(lane, -rows, -octets)
    return int(rows)


def release(
    connection: sqlite3.Connection, counters: Counters, device: str, ids: Iterable[str]
) -> int:
    """Send these of the records that are held of a device, in their order; returns how many."""
    free = _held_of(connection, device, list(ids))
    sent = [(_numbered(counters, int(r[1])), *r[2:]) for r in free]
    connection.executemany(_INSERT, sent)
    connection.executemany("DELETE FROM held WHERE id = ?", [(r[0],) for r in free])
    for r in free:
        counters.add(HELD, -1, -len(r[-1]))
        counters.add(LANES[int(r[1])], 1, len(r[-1]))
    return len(free)


def _held_of(
    connection: sqlite3.Connection, device: str, ids: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Those records only, found by their names however many others are held."""
    found: list[tuple[Any, ...]] = []
    for at in range(0, len(ids), _SOME):
        some = ids[at : at + _SOME]
        places = ", ".join("?" * len(some))
        found += connection.execute(
            f"SELECT id, rank, {COLUMNS} FROM held"  # noqa: S608 - places
            f" WHERE record IN ({places}) AND +device = ?",
            (*some, device),
        )
    return sorted(found)


def _numbered(counters: Counters, rank: int) -> int:
    lane = LANES[rank]
    return key(lane, counters.next(lane))


def pending(
    connection: sqlite3.Connection, lane: Lane, after: int, limit: int, octets: int
) -> list[Row]:
    """The next rows of a lane: at most `limit`, and no more once `octets` are reached."""
    cursor = connection.execute(
        f"SELECT sequence, {COLUMNS} FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",  # noqa: S608
        (key(lane, after + 1), bounds(lane)[1], limit),
    )
    rows = take(map(row, cursor), octets)
    cursor.close()
    return rows


def held(connection: sqlite3.Connection, device: str, after: int, limit: int) -> list[Row]:
    """The next records that are held of a device; `Row.sequence` is where to go on."""
    return _of_device(connection, "held", device, after, limit)


def past(connection: sqlite3.Connection, device: str, after: int, limit: int) -> list[Row]:
    """The next copies that stayed of a device; `Row.sequence` is where to go on."""
    return _of_device(connection, "past", device, after, limit)


def _of_device(
    connection: sqlite3.Connection, table: str, device: str, after: int, limit: int
) -> list[Row]:
    return [
        row(columns)
        for columns in connection.execute(
            f"SELECT id, {COLUMNS} FROM {table} WHERE device = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
            (device, after, limit),
        )
    ]


def first(connection: sqlite3.Connection, lane: Lane) -> tuple[int, Instant | None]:
    """The least sequence that waits in a lane and when it is of; 0 and None when none waits."""
    found = connection.execute(
        "SELECT sequence, boot, ns FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1",
        bounds(lane),
    ).fetchone()
    return (found[0], Instant(found[1], found[2])) if found else (0, None)
