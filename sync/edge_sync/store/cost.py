"""What the file takes of the disk, and what was written to it for that."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import msgspec

_IO: Final = Path("/proc/thread-self/io")
_WRITTEN: Final = "write_bytes:"


class Pages(msgspec.Struct, frozen=True):
    """The file's pages.

    Attributes:
        count: how many there are.
        free: of these, how many wait to be used again.
        octets: of one.
    """

    count: int
    free: int
    octets: int


def pages(connection: sqlite3.Connection) -> Pages:
    """The pages of a file."""
    names = ("page_count", "freelist_count", "page_size")
    return Pages(*(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names))


def written() -> int | None:
    """Octets that this thread has had written to disks; None if the kernel does not say."""
    try:
        words = _IO.read_text().split()
        return int(words[words.index(_WRITTEN) + 1])
    except (OSError, ValueError):
        return None
