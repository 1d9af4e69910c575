"""The outbox and the records that are held: the statements, as jobs for the writer and queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.commands import CommandResult
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.instants import ClockMapping, Instant, best_mapping
from edge_agent.model.records import Lane, LaneState, Record
from edge_agent.model.seams import Mark
from edge_sync.store import audit, events
from edge_sync.store.counters import Counters
from edge_sync.store.rows import COLUMNS, Draft, Row, fresh, row, when
from edge_sync.store.schema import LANE_BITS, RANK
from edge_sync.store.tail import take
from edge_sync.wire.ranges import Ranges

_VALUES = "?, ?, ?, ?, ?, ?, ?, ?, ?"
_INSERT = f"INSERT INTO outbox (id, {COLUMNS}) VALUES (?, {_VALUES})"  # noqa: S608 - constants
_HOLD = f"INSERT INTO held (rank, {COLUMNS}) VALUES (?, {_VALUES})"  # noqa: S608 - constants
_LANES = tuple(Lane)
READINGS = 200
"""Readings of its clock that are kept of a device, the latest."""


def key(lane: Lane, sequence: int) -> int:
    """The outbox's primary key: a lane's rows lie together, in order."""
    return RANK[lane] << LANE_BITS | sequence


def deliver(
    connection: sqlite3.Connection,
    counters: Counters,
    drafts: Sequence[Draft],
    marks: Sequence[Mark],
) -> None:
    """Insert records, give them their sequences, keep what has a home of its own, move marks."""
    sent = [(d.lane, counters.next(d.lane), d.values) for d in drafts if not d.held]
    connection.executemany(_INSERT, [(key(lane, n), *values) for lane, n, values in sent])
    counters.fresh.extend((lane, fresh(n, values)) for lane, n, values in sent)
    connection.executemany(_HOLD, [(RANK[d.lane], *d.values) for d in drafts if d.held])
    for d in drafts:
        _keep(connection, counters, d.record, d.values[-1])
    connection.executemany(
        "INSERT OR REPLACE INTO mark (device, name, value) VALUES (?, ?, ?)",
        [(m.device, m.name, m.value) for m in marks],
    )


def acknowledge(connection: sqlite3.Connection, lane: Lane, ranges: Ranges) -> int:
    """Delete rows that are in the region's record; returns how many there were."""
    done = connection.executemany(
        "DELETE FROM outbox WHERE id BETWEEN ? AND ?",
        [(key(lane, first), key(lane, last)) for first, last in ranges],
    )
    return done.rowcount


def release(
    connection: sqlite3.Connection, counters: Counters, device: str, ids: Collection[str] | None
) -> int:
    """Send what was held of a device (only those records, when `ids` are given), in order."""
    rows = connection.execute(
        f"SELECT id, rank, {COLUMNS} FROM held WHERE device = ? ORDER BY id",  # noqa: S608
        (device,),
    ).fetchall()
    free = [r for r in rows if ids is None or r[2] in ids]
    sent = [(_numbered(counters, int(r[1])), *r[2:]) for r in free]
    connection.executemany(_INSERT, sent)
    connection.executemany("DELETE FROM held WHERE id = ?", [(r[0],) for r in free])
    return len(free)


def _numbered(counters: Counters, rank: int) -> int:
    lane = _LANES[rank]
    return key(lane, counters.next(lane))


def quarantine(connection: sqlite3.Connection, lane: Lane, sequence: int, reason: str) -> bool:
    """Put a row that cannot be sent aside, whole; False when it is not there."""
    where = (key(lane, sequence),)
    done = connection.execute(
        "INSERT INTO quarantine (rank, sequence, record, reason, schema, key_id, payload)"
        " SELECT rank, sequence, record, ?, schema, key_id, payload FROM outbox WHERE id = ?",
        (reason, *where),
    )
    connection.execute("DELETE FROM outbox WHERE id = ?", where)
    return done.rowcount == 1


def pending(
    connection: sqlite3.Connection, lane: Lane, after: int, limit: int, octets: int
) -> list[Row]:
    """The next rows of a lane: at most `limit`, and no more once `octets` are reached."""
    cursor = connection.execute(
        f"SELECT sequence, {COLUMNS} FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",  # noqa: S608
        (key(lane, after + 1), key(lane, (1 << LANE_BITS) - 1), limit),
    )
    rows = take(map(row, cursor), octets)
    cursor.close()
    return rows


def held(connection: sqlite3.Connection, device: str, after: int, limit: int) -> list[Row]:
    """The next records that are held of a device; `Row.sequence` is where to go on."""
    return [
        row(columns)
        for columns in connection.execute(
            f"SELECT id, {COLUMNS} FROM held WHERE device = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
            (device, after, limit),
        )
    ]


def state(connection: sqlite3.Connection, lane: Lane) -> LaneState:
    """Counts, sizes and the oldest of a lane; reads all its rows."""
    bounds = (key(lane, 0), key(lane, (1 << LANE_BITS) - 1))
    rows, octets, first = connection.execute(
        "SELECT count(*), coalesce(sum(length(payload)), 0), min(sequence)"
        " FROM outbox WHERE id BETWEEN ? AND ?",
        bounds,
    ).fetchone()
    (last,) = connection.execute("SELECT last FROM lane WHERE name = ?", (lane,)).fetchone()
    oldest = connection.execute(
        "SELECT boot, ns FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1", bounds
    ).fetchone()
    return LaneState(lane, rows, octets, first or 0, last, Instant(*oldest) if oldest else None)


def _keep(
    connection: sqlite3.Connection, counters: Counters, record: Record, payload: bytes
) -> None:
    match record:
        case Binding():
            counters.news = True
            _audit(connection, record, payload)
            connection.execute(
                "INSERT OR REPLACE INTO binding (binding, revision, device, payload)"
                " VALUES (?, ?, ?, ?)",
                (record.id, record.revision, record.device, payload),
            )
        case ClockMapping():
            counters.news = True
            _audit(connection, record, payload)
            _keep_clock(connection, record, payload)
        case DeviceStatus() if record.device_time:
            counters.news = True
            _keep_reading(connection, record.device, payload)
        case CommandResult():
            done = connection.execute(
                "UPDATE journal SET result = ?1, state = 'concluded'"
                " WHERE command = ?2 AND result IS NOT ?1",
                (payload, record.command),
            )
            if done.rowcount:  # a result that is told again is nothing new
                _audit(connection, record, payload)
        case _:
            return


def _audit(connection: sqlite3.Connection, record: Record, payload: bytes) -> None:
    event = events.of(record, payload)
    if event:
        audit.write(connection, event, when(record))


def _keep_clock(connection: sqlite3.Connection, mapping: ClockMapping, payload: bytes) -> None:
    """One mapping a boot, the best, so that the table does not grow with the days."""
    found = connection.execute("SELECT payload FROM clock WHERE boot = ?", (mapping.at.boot,))
    known = [m for (p,) in found if isinstance(m := forms.decode(p), ClockMapping)]
    if best_mapping([*known, mapping], mapping.at.boot) is mapping:
        connection.execute(
            "INSERT OR REPLACE INTO clock (boot, payload) VALUES (?, ?)",
            (mapping.at.boot, payload),
        )


def _keep_reading(connection: sqlite3.Connection, device: str, payload: bytes) -> None:
    connection.execute("INSERT INTO reading (device, payload) VALUES (?, ?)", (device, payload))
    connection.execute(
        "DELETE FROM reading WHERE id IN"
        " (SELECT id FROM reading WHERE device = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (device, READINGS),
    )
