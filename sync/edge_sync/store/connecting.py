"""Connections to the buffer's file, with the settings that keep it safe, and its migrations."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from edge_agent.model.errors import StoreError
from edge_sync.store import epochs, schema

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit is on the disk before anybody hears of it
    "mmap_size = 0",  # the crash proofs see every write
    "secure_delete = FAST",
    "journal_size_limit = 4194304",
)
_BUSY_MS = 5_000
_UNMADE = "{} cannot be made or brought up to date: {}"


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


def connect_unchanged(path: Path) -> sqlite3.Connection:
    """A connection that leaves the file and its log as they are, however it is closed."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.isolation_level = None
    return connection


def beside(path: Path, end: str) -> Path:
    """A file that belongs to a buffer: its name and an end."""
    return path.with_name(path.name + end)


def remove(path: Path) -> None:
    """Remove a database and what belongs to it, if there is one."""
    for end in ("", "-wal", "-shm"):
        beside(path, end).unlink(missing_ok=True)


def take_name(path: Path, new: Path) -> None:
    """Give a closed database another name; on return that is durable."""
    path.rename(new)
    folder = os.open(new.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def bring_up_to_date(path: Path) -> None:
    """Make a file, or bring an older one up to date, in a process of its own (decision 031).

    Raises:
        StoreError: it cannot be done.
    """
    epoch = epochs.fresh()
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
