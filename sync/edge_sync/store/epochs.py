"""The epoch: the name of a buffer's file, within which its sequences count.

A copy that was put back would give sequences a second time, so it gets another epoch. Rows keep
their numbers; those up to the first that waits are told as a gap of the new epoch, so that the
region's receipts reach over them. What the region has already, it knows by id.
"""

from __future__ import annotations

import secrets
import sqlite3

from edge_agent.model import ids
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Lane
from edge_sync.store import audit, outbox
from edge_sync.store.counters import Counters
from edge_sync.store.rows import draft


def fresh() -> str:
    """A name that no file ever had."""
    return secrets.token_hex(8)


def current(connection: sqlite3.Connection) -> str:
    """The epoch of a file."""
    return str(connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0])


def former(connection: sqlite3.Connection) -> frozenset[str]:
    """The epochs that the file had before."""
    return frozenset(epoch for (epoch,) in connection.execute("SELECT epoch FROM former"))


def renew(connection: sqlite3.Connection, counters: Counters, reason: str, at: Instant) -> str:
    """Begin another epoch; returns its name."""
    old, new = current(connection), fresh()
    note_former(connection, old, reason, at)
    connection.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (new,))
    gaps = [_never(connection, counters, lane, new, at) for lane in Lane if counters.last[lane]]
    outbox.deliver(connection, counters, [draft(gap) for gap in gaps if gap.sequences])
    audit.write(connection, {"what": "epoch", "old": old, "new": new, "reason": reason}, at)
    return new


def note_former(connection: sqlite3.Connection, epoch: str, reason: str, at: Instant) -> None:
    """Remember an epoch that is over: a receipt of it is nobody else's."""
    connection.execute(
        "INSERT OR IGNORE INTO former (epoch, reason, boot, ns) VALUES (?, ?, ?, ?)",
        (epoch, reason, at.boot, at.ns),
    )


def _never(
    connection: sqlite3.Connection, counters: Counters, lane: Lane, epoch: str, at: Instant
) -> Gap:
    """What of a lane never comes under this epoch."""
    first, _ = outbox.first(connection, lane)
    end = (first or counters.last[lane] + 1) - 1
    return Gap(
        id=ids.record_id("gap", "epoch", epoch, lane),
        reason=GapReason.OTHER_EPOCH,
        until=at,
        lane=lane,
        sequences=((1, end),) if end else (),
        count=0,
    )
