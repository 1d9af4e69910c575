"""What is over goes after a while: concluded commands, ended bindings, clocks of boots long past.

Copies of readings go after their time, and beyond their number; of the others the rules are: the
last so many of each stay in any case. A command goes only when no copy of it could act
any more; a binding or a clock only when nothing waits that is as old as it. While nobody vouches
for the time nothing goes. A page of each table is looked at by turns, so that no commit has to wait
for a look through all of it.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, Final

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.errors import WireError
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Lane
from edge_sync.store import ages, moment, outbox
from edge_sync.store.limits import Limits
from edge_sync.wire import signed

_PAGE: Final = 500
_SLACK: Final = 10
"""So great a part of the boots that are kept goes together."""


class Pruning:
    """Looks at a page of each table at a time; only the writer's thread calls it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen = {"journal": 0, "binding": 0}

    def prune(self, connection: sqlite3.Connection) -> None:
        """Let go of what is over."""
        _past(connection, self._limits)
        past = ages.past(connection)
        if past is None:
            return
        over = past - int(self._limits.over_s * 1e9)
        waiting = _waiting_since(connection, past)
        self._commands(connection, over)
        self._bindings(connection, min(over, waiting))
        _boots(connection, self._limits.boots, waiting)

    def _commands(self, connection: sqlite3.Connection, over: int) -> None:
        page = self._page(connection, "journal", "octets, state", self._limits.commands)
        gone = [
            (n,) for n, octets, state in page if state == "concluded" and _expired(octets, over)
        ]
        connection.executemany("DELETE FROM journal WHERE rowid = ?", gone)

    def _bindings(self, connection: sqlite3.Connection, over: int) -> None:
        page = self._page(connection, "binding", "binding", self._limits.bindings)
        for name in {name for _, name in page}:
            if _ended(connection, name, over):
                connection.execute("DELETE FROM binding WHERE binding = ?", (name,))

    def _page(
        self, connection: sqlite3.Connection, table: str, columns: str, keep: int
    ) -> list[tuple[Any, ...]]:
        """The next rows of a table without its last ones; at its end, from the beginning again."""
        rows = connection.execute(
            f"SELECT rowid, {columns} FROM {table} WHERE rowid > ?"  # noqa: S608 - ours
            f" AND rowid <= (SELECT max(rowid) FROM {table}) - ? ORDER BY rowid LIMIT ?",
            (self._seen[table], keep, _PAGE),
        ).fetchall()
        self._seen[table] = rows[-1][0] if len(rows) == _PAGE else 0
        return rows


def take_past(connection: sqlite3.Connection) -> bool:
    """Let a page of the oldest copies of readings go; False when there is none."""
    oldest = "SELECT id FROM past ORDER BY id LIMIT ?"
    return bool(connection.execute(f"DELETE FROM past WHERE id IN ({oldest})", (_PAGE,)).rowcount)  # noqa: S608


def _past(connection: sqlite3.Connection, limits: Limits) -> None:
    """Let copies of readings go: what is beyond their number, and a page of what is too old."""
    connection.execute(
        "DELETE FROM past WHERE id <= (SELECT max(id) FROM past) - ?", (limits.past,)
    )
    rows = connection.execute("SELECT id, boot, ns FROM past ORDER BY id LIMIT ?", (_PAGE,))
    gone = [
        (n,)
        for n, boot, ns in rows.fetchall()
        if ages.is_older(connection, limits.past_s, Instant(boot, ns))
    ]
    connection.executemany("DELETE FROM past WHERE id = ?", gone)


def _expired(octets: bytes, over: int) -> bool:
    """Whether a command, as it was received, could not have acted since then."""
    try:
        return _ns(signed.command(signed.split(octets)[0]).expires) < over
    except (WireError, ValueError):
        return True  # what is none, or tells no time, is refused whenever it comes


def _ended(connection: sqlite3.Connection, name: str, over: int) -> bool:
    """Whether a binding, as its last revision says, ended before then."""
    (payload,) = connection.execute(
        "SELECT payload FROM binding WHERE binding = ? ORDER BY revision DESC LIMIT 1", (name,)
    ).fetchone()
    binding = forms.decode(payload)
    return isinstance(binding, Binding) and bool(binding.until) and _ns(binding.until) < over


def _ns(text: str) -> int:
    """Nanoseconds since 1970 of a time of ISO 8601.

    Raises:
        ValueError: it is none, or without a zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return int(at.timestamp()) * 1_000_000_000


def _waiting_since(connection: sqlite3.Connection, past: int) -> int:
    """Nanoseconds since 1970 before which nothing waits; 0 where that cannot be told."""
    held = connection.execute("SELECT boot, ns FROM held ORDER BY id LIMIT 1").fetchone()
    firsts = [outbox.first(connection, lane)[1] for lane in Lane]
    waiting = [at for at in (Instant(*held) if held else None, *firsts) if at]
    return min([past, *(ages.earliest(connection, at) for at in waiting)])


def _boots(connection: sqlite3.Connection, keep: int, waiting: int) -> None:
    """Let the clocks of boots go that were over before what waits began to."""
    (count,) = connection.execute("SELECT count(*) FROM clock").fetchone()
    if count < keep + keep // _SLACK:
        return
    known = [
        forms.decode(payload) for (payload,) in connection.execute("SELECT payload FROM clock")
    ]
    clocks = [one for one in known if isinstance(one, ClockMapping)]
    now = moment.now().boot
    clocks.sort(key=_began)
    gone = [(one.at.boot,) for one in clocks[:-keep] if _began(one) < waiting]
    connection.executemany(
        "DELETE FROM clock WHERE boot = ? AND boot != ?", [(b, now) for (b,) in gone]
    )


def _began(mapping: ClockMapping) -> int:
    return mapping.wall_ns - mapping.at.ns
