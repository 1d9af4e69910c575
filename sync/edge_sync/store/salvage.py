"""Reading what can still be read of a damaged file, around what cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

_FARTHEST: Final = 62
"""A row id is below two to the power of 63."""


def rows(
    connection: sqlite3.Connection, table: str, columns: str, key: str = "rowid"
) -> Iterator[tuple[Any, ...]]:
    """All rows of a table that can be read, in the order of their row ids.

    Args:
        connection: to the damaged file; text in it need not be text any more.
        table: its name.
        columns: what is wanted of each row.
        key: the row id; where there is none, another key, and what lies behind a damage is lost.
    """
    every = f"SELECT {key}, {columns} FROM {table} WHERE {key} > ? ORDER BY {key}"  # noqa: S608
    one = f"{every} LIMIT 1"
    at: Any = -1 if key == "rowid" else ""
    while at is not None:
        try:
            for found in connection.execute(every, (at,)):
                at = found[0]
                yield found[1:]
        except sqlite3.Error:  # the row before the damage was read and not given
            found = _next(connection, one, at)
            if found:
                at = found[0]
                yield found[1:]
            else:
                at = _beyond(connection, one, at) if key == "rowid" else None
        else:
            return


def _beyond(connection: sqlite3.Connection, one: str, at: int) -> int | None:
    """The least row id behind a damage from which on rows can be read again; None for none."""
    steps = [at + (1 << n) for n in range(_FARTHEST)]
    good = next((step for step in steps if _next(connection, one, step)), None)
    if good is None:
        return None
    bad = at
    while good - bad > 1:
        middle = (good + bad) // 2
        if _next(connection, one, middle):
            good = middle
        else:
            bad = middle
    return good


def _next(connection: sqlite3.Connection, one: str, after: object) -> tuple[Any, ...] | None:
    """The next row, None where there is none that can be read."""
    try:
        found: tuple[Any, ...] | None = connection.execute(one, (after,)).fetchone()
    except sqlite3.Error:
        return None
    return found
