"""How long ago something was, as far as the buffer's own clock mappings tell.

Rule: a clock for which nobody vouches may be years off, and tells no age.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from edge_agent.model import forms
from edge_agent.model.instants import ClockMapping, Instant
from edge_sync.store import moment

_VOUCHED: Final = ("ntp", "region", "person")


def is_older(connection: sqlite3.Connection, seconds: float, at: Instant) -> bool:
    """Whether a moment is surely longer ago than that."""
    now = moment.now()
    if at.boot == now.boot:
        return now.ns - at.ns > seconds * 1e9
    today, then = past(connection), _known(connection, at.boot)
    if today is None or then is None:
        return False
    return today - _wall(then, at) - then.width_ns(at) > seconds * 1e9


def past(connection: sqlite3.Connection) -> int | None:
    """Nanoseconds since 1970 that are certainly past; None while that cannot be told."""
    now = moment.now()
    today = _known(connection, now.boot)
    return _wall(today, now) - today.width_ns(now) if today else None


def earliest(connection: sqlite3.Connection, at: Instant) -> int:
    """Nanoseconds since 1970 before which a moment certainly was not; 0 for unknown."""
    then = _known(connection, at.boot)
    return _wall(then, at) - then.width_ns(at) if then else 0


def _known(connection: sqlite3.Connection, boot: str) -> ClockMapping | None:
    row = connection.execute("SELECT payload FROM clock WHERE boot = ?", (boot,)).fetchone()
    record = forms.decode(row[0]) if row else None
    if isinstance(record, ClockMapping) and record.source in _VOUCHED:
        return record
    return None


def _wall(known: ClockMapping, at: Instant) -> int:
    return known.wall_ns + at.ns - known.at.ns
