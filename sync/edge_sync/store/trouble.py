"""What an error of SQLite means for us, and which of ours it becomes. Pure.

A full disk and a disk that fails are no damage: only what SQLite calls corrupt, or no database, is.
"""

from __future__ import annotations

import sqlite3
from enum import Enum, auto
from typing import Final

from edge_agent.model.errors import StoreCorruptError, StoreError, StoreFullError

_NO_ROOM: Final = (
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_TRUNCATE,
)
"""What SQLite says, beside `SQLITE_FULL`, when the disk has no room for its side files."""


class Trouble(Enum):
    """What is wrong, as far as it decides what to do."""

    FULL = auto()
    DISK = auto()
    DAMAGE = auto()
    OTHER = auto()


def trouble(error: BaseException) -> Trouble:
    """The kind of trouble that an error tells of."""
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(error, sqlite3.Error) or code is None:
        return Trouble.OTHER
    if code in _NO_ROOM or code & 0xFF == sqlite3.SQLITE_FULL:
        return Trouble.FULL
    if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Trouble.DAMAGE
    if code & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL):
        return Trouble.DISK
    return Trouble.OTHER


def declared(error: Exception) -> Exception:
    """The declared error that a caller is told; what is none of SQLite's stays what it is."""
    if not isinstance(error, sqlite3.Error):
        return error
    match trouble(error):
        case Trouble.FULL:
            return StoreFullError("the disk or the buffer's quota is full")
        case Trouble.DAMAGE:
            return StoreCorruptError(f"the buffer's file is damaged: {error}")
        case _:
            return StoreError(f"the buffer could not be written: {error}")
