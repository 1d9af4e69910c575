"""Whether a buffer's file is the one that was here last, or an older copy of it that was put back.

A token lies in the file and beside it, and both are changed whenever the file is opened or closed;
a copy that was made before has another one.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path
from typing import Final

from edge_sync.store.connecting import beside

_END: Final = "-life"
_WRITE: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES ('life', ?)"


def is_older(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has another token than the one that was here last."""
    mine, known = _mine(connection), _known(path)
    return bool(mine and known and mine not in known)


def go_on(connection: sqlite3.Connection, path: Path) -> None:
    """Change the token. What lies beside the file names both, should the power be cut in between.

    Where the disk has no room for it, the old one stays.
    """
    fresh = secrets.token_hex(8)
    if _write(path, f"{_mine(connection)} {fresh}\n"):
        connection.execute(_WRITE, (fresh,))


def _mine(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM meta WHERE name = 'life'").fetchone()
    return str(row[0]) if row else ""


def _known(path: Path) -> list[str]:
    try:
        return beside(path, _END).read_text().split()
    except (OSError, ValueError):
        return []


def _write(path: Path, text: str) -> bool:
    unready = beside(path, _END + "~")
    try:
        with unready.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unready.rename(beside(path, _END))
    except OSError:
        return False
    return True
