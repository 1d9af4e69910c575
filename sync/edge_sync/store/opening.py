"""Opening the buffer's file: brought up to date if need be, with the settings that keep it safe."""

from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path

from edge_agent.model.errors import StoreCorruptError, StoreError
from edge_sync.store import schema

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit is on the disk before anybody hears of it
    "mmap_size = 0",  # the crash proofs see every write
    "secure_delete = FAST",
    "journal_size_limit = 4194304",
)
_BUSY_MS = 5_000
_UNMADE = "{} cannot be made or brought up to date: {}"


def prepare(path: Path) -> None:
    """Make the file, or bring an older one up to date, in a process of its own.

    Raises:
        StoreError: it cannot be made, or was written by a newer release.
        StoreCorruptError: it is no database.
    """
    version = _version(path)
    if version > schema.VERSION:
        raise StoreError(f"{path} was written by a newer release (format {version})")
    if version < schema.VERSION:
        _migrate(path)


def connect(path: Path) -> sqlite3.Connection:
    """A connection that may write."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _version(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(path)
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise StoreCorruptError(f"{path} cannot be read: {error}") from error


def _migrate(path: Path) -> None:
    epoch = secrets.token_hex(8)
    if "sqlite_utils" in sys.modules:  # its memory is already paid for
        try:
            schema.migrate(str(path), epoch)
        except sqlite3.Error as error:
            raise StoreError(_UNMADE.format(path, error)) from error
        return
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", schema.__name__, str(path), epoch],
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise StoreError(_UNMADE.format(path, lines[-1]))
