"""Room on the disk: how far the file may grow, and a reserve for the day on which there is none.

On a full disk SQLite can delete nothing, for that is written too. So a file of some megabytes lies
ready; when the disk is full it is given up, and what drains makes room again. Until it lies ready
again its room is kept free: the file grows only beside it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path
from typing import Final

from edge_sync.store.connecting import beside
from edge_sync.store.limits import Limits

log = logging.getLogger(__name__)
_PAGE: Final = 4_096
_FEWEST: Final = 64
"""Pages that any buffer may have, whatever its quota."""
_SHARE: Final = 10
"""Floor and reserve are a tenth of the disk each, at most: a small one can be used too."""


class Room:
    """Watches the disk that a buffer lies on.

    Args:
        path: of the buffer.
        limits: what may be spent.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._reserve = beside(path, "-reserve")
        self._limits = limits

    @property
    def disk(self) -> int:
        """Octets that the disk has left for us."""
        found = os.statvfs(self._path.parent)
        return found.f_bavail * found.f_frsize

    @property
    def is_reserved(self) -> bool:
        """Whether the reserve lies ready."""
        return self._reserve.exists()

    def _share(self, octets: int) -> int:
        """So many octets, or the part of a small disk that stands for them."""
        found = os.statvfs(self._path.parent)
        return min(octets, found.f_blocks * found.f_frsize // _SHARE)

    def limit(self, connection: sqlite3.Connection) -> None:
        """Tell a connection how far the file may grow now: never beyond quota, never into floor."""
        octets = int(connection.execute("PRAGMA page_count").fetchone()[0]) * _PAGE
        most = min(self._limits.quota, octets + self._more(octets))
        connection.execute(f"PRAGMA max_page_count = {max(_FEWEST, most // _PAGE)}")

    def _more(self, octets: int) -> int:
        """Octets that the disk has for a file beyond its own, some of them still in its log."""
        try:
            in_log = octets - self._path.stat().st_size
            reserve = 0 if self.is_reserved else self._share(self._limits.reserve)
            return max(0, self.disk - self._share(self._limits.floor) - reserve - in_log)
        except OSError:  # somebody took the file away: what is open still works
            return 0

    def give_up(self) -> bool:
        """Let the reserve go; False when it had gone before, or when the disk is not full."""
        try:
            if self.disk >= self._share(self._limits.reserve) // 2:
                return False
            self._reserve.unlink()
        except OSError:
            return False
        log.error("the disk is full: the reserve is given up, so that the buffer can be drained")
        return True

    def restore(self) -> None:
        """Lay the reserve up, when the disk has room for it beside what is left to others."""
        size = self._share(self._limits.reserve)
        if self.is_reserved or self.disk < size + min(self._share(self._limits.floor), size):
            return
        unready = beside(self._reserve, "~")
        try:
            file = os.open(unready, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(file, 0, size)
                os.fsync(file)
            finally:
                os.close(file)
            unready.rename(self._reserve)
        except OSError as error:
            log.warning("no reserve: %s", error.strerror)
            unready.unlink(missing_ok=True)
