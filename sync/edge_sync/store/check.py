"""Looking at all of a buffer: the file's structure, each payload's checksum, the audit chain.

Beside everything else, on a connection of its own, page by page.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from edge_agent.model.buffer import Findings
from edge_agent.model.errors import StoreCorruptError
from edge_sync.store import audit
from edge_sync.store.connecting import connect_to_read
from edge_sync.store.schema import LANES

_PAGE: Final = 500
_MOST: Final = 100


def whole(path: Path) -> Findings:
    """All that is wrong with a buffer.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    with closing(connect_to_read(path)) as connection:
        look = _Look(connection)
        problems = [*look.structure(), *look.payloads(), *look.chain()]
        return Findings(look.rows, look.entries, tuple(problems[:_MOST]))


class _Look:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rows = 0
        self.entries = 0

    def structure(self) -> Iterator[str]:
        try:
            found = self._connection.execute(f"PRAGMA quick_check({_MOST})").fetchall()
        except sqlite3.DatabaseError as error:
            found = [(str(error),)]
        yield from (line for (line,) in found if line != "ok")

    def payloads(self) -> Iterator[str]:
        for table, rank, place in (
            ("outbox", "rank", "sequence"), ("held", "rank", "id"), ("past", "0", "id"),
        ):  # fmt: skip
            try:
                yield from self._table(table, rank, place)
            except sqlite3.DatabaseError as error:
                yield f"{table}: {error}"

    def _table(self, table: str, rank_column: str, place: str) -> Iterator[str]:
        after = -1
        while page := self._connection.execute(
            f"SELECT id, {rank_column}, {place}, crc, payload FROM {table}"  # noqa: S608 - ours
            " WHERE id > ? ORDER BY id LIMIT ?",
            (after, _PAGE),
        ).fetchall():
            after = page[-1][0]
            self.rows += len(page)
            for _, rank, number, crc, payload in page:
                if zlib.crc32(payload) != crc:
                    lane = LANES[int(rank)] if table == "outbox" else table
                    yield f"{lane} {number}: the payload is not what was written"

    def chain(self) -> Iterator[str]:
        try:
            sequence, previous = audit.anchor(self._connection)
            while page := audit.page(self._connection, sequence):
                for found, entry, digest in page:
                    audit.check(found, entry, digest, sequence + 1, previous)
                    sequence, previous = found, digest
                    self.entries += 1
        except (StoreCorruptError, sqlite3.DatabaseError) as error:
            yield f"audit: {error}"
