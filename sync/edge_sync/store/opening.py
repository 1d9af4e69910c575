"""Opening the buffer's file: looked at, repaired or brought up to date if need be.

A full disk is no reason to refuse: the reserve is given up. A damaged file is none: it is set aside
and what can be read goes on. Only a file of a newer release is refused, and left as it is.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from edge_agent.model.errors import StoreError, StoreFullError
from edge_sync.store import epochs, life, moment, schema
from edge_sync.store.connecting import (
    beside,
    bring_up_to_date,
    connect,
    connect_unchanged,
    remove,
    take_name,
)
from edge_sync.store.counters import Counters
from edge_sync.store.repair import finish, repair
from edge_sync.store.room import Room
from edge_sync.store.trouble import Trouble, declared, trouble

log = logging.getLogger(__name__)
LOOK_S: Final = 2.0
"""Seconds for which a file is looked through when it is opened: a large one not to its end."""
_STEPS: Final = 1_000
SUSPECT: Final = "-suspect"
"""Beside a file in which damage was met: the next start looks it through whole."""
OLDER: Final = "an older copy of the file was put back"


def prepare(path: Path, room: Room) -> None:
    """Make the file ready to be connected to.

    Raises:
        StoreFullError: the disk has no room even for that, and there is no reserve to give up.
        StoreError: it cannot be read or made, or was written by a newer release.
    """
    try:
        try:
            _prepare(path)
        except sqlite3.Error as error:
            if trouble(error) not in (Trouble.FULL, Trouble.DISK) or not room.give_up():
                raise
            _prepare(path)
    except sqlite3.Error as error:
        if trouble(error) is Trouble.FULL:
            raise StoreFullError(f"no room to open {path}: free some megabytes there") from error
        raise StoreError(f"{path}: {declared(error)}") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
    room.restore()


def suspect(path: Path) -> None:
    """Have the next start look the whole file through."""
    try:
        _suspicion(path).touch()
    except OSError as error:
        log.warning("the next start will not look the whole file through: %s", error.strerror)


def _prepare(path: Path) -> None:
    finish(path)
    reason = _damage(path)
    if reason:
        repair(path, reason, moment.now())
    _suspicion(path).unlink(missing_ok=True)
    if not path.exists():
        _make(path)
    elif _version(path) < schema.VERSION:
        bring_up_to_date(path)
    with closing(connect(path)) as connection:
        if life.is_older(connection, path):
            _renew(connection)
        life.go_on(connection, path)


def _make(path: Path) -> None:
    """Make a file that has its name only when it is complete."""
    fresh = beside(path, ".new")
    remove(fresh)
    bring_up_to_date(fresh)
    take_name(fresh, path)


def _renew(connection: sqlite3.Connection) -> None:
    log.error("%s: it gets another epoch", OLDER)
    counters = Counters()
    counters.load(connection)
    connection.execute("BEGIN IMMEDIATE")
    epochs.renew(connection, counters, OLDER, moment.now())
    counters.flush(connection)
    connection.execute("COMMIT")


def _damage(path: Path) -> str:
    """What is wrong with a file; "" for nothing, or where there is none yet."""
    if not path.exists() or not path.stat().st_size:
        return "the file is gone and left a log" if beside(path, "-wal").exists() else ""
    try:
        return _look_through(path)
    except sqlite3.Error as error:
        if trouble(error) is not Trouble.DAMAGE:
            raise
        return str(error)


def _look_through(path: Path) -> str:
    with closing(connect_unchanged(path)) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > schema.VERSION:
            raise StoreError(f"{path} was written by a newer release (format {version})")
        found = _quick_check(connection, None if _suspicion(path).exists() else LOOK_S)
        if found == "ok" and version == schema.VERSION:
            return _missing(connection)
        return "" if found == "ok" else found


def _quick_check(connection: sqlite3.Connection, seconds: float | None) -> str:
    """What `PRAGMA quick_check` finds in so many seconds; "ok" for nothing."""
    if seconds is not None:
        end = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return "ok"
    finally:
        connection.set_progress_handler(None, 0)


def _missing(connection: sqlite3.Connection) -> str:
    """What a buffer cannot be without."""
    try:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM lane), (SELECT count(*) FROM tally),"
            " (SELECT count(*) FROM meta WHERE name = 'epoch')"
        ).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        return str(error)
    return "" if found == (len(schema.RANK), len(schema.RANK) + 2, 1) else "rows are missing"


def _suspicion(path: Path) -> Path:
    return beside(path, SUSPECT)


def _version(path: Path) -> int:
    with closing(connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
