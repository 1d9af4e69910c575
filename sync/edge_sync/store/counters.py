"""What every commit moves: the lanes' sequences, and how much lies where.

It is read once when the file is opened, counted in memory and written with each commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from edge_agent.model.errors import StoreError
from edge_agent.model.records import Lane
from edge_sync.store.rows import Row
from edge_sync.store.schema import RANK

HELD: Final = "held"
QUARANTINE: Final = "quarantine"


class Size(msgspec.Struct, frozen=True):
    """How much lies somewhere: rows, and octets of their payloads."""

    rows: int = 0
    octets: int = 0

    def plus(self, rows: int, octets: int) -> Size:
        """The size with so much more, or less."""
        return Size(self.rows + rows, self.octets + octets)


@dataclass(slots=True)
class Counters:
    """Counters of the one writer.

    Attributes:
        last: the last sequence given in each lane; 0 before the first.
        sizes: what lies in each lane, `held` and in `quarantine`.
        fresh: the rows of this commit, to spare their reader the file.
        evicted: the lanes from which this commit took rows that were never sent.
        news: whether this commit has what others' subjects and times depend on.
        added: octets of payloads that were committed since the file was opened.
    """

    last: dict[Lane, int] = field(default_factory=dict[Lane, int])
    sizes: dict[str, Size] = field(default_factory=dict[str, Size])
    fresh: list[tuple[Lane, Row]] = field(default_factory=list[tuple[Lane, Row]])
    evicted: set[Lane] = field(default_factory=set[Lane])
    news: bool = False
    added: int = 0
    _written: dict[Lane, int] = field(default_factory=dict[Lane, int])
    _committed: _Kept = field(default_factory=lambda: ({}, {}, 0))

    def forget(self) -> None:
        """What was counted since the last commit was not committed."""
        last, sizes, self.added = self._committed
        self.last, self.sizes = dict(last), dict(sizes)
        self._written = dict(last)
        self.fresh = []
        self.evicted = set()
        self.news = False

    def committed(self) -> None:
        """What was flushed is in the file."""
        self._committed = (dict(self.last), dict(self.sizes), self.added)

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what the last commit left; forgets what was counted since."""
        last = {Lane(name): n for name, n in connection.execute("SELECT name, last FROM lane")}
        found = connection.execute("SELECT name, rows, octets FROM tally")
        sizes = {name: Size(rows, octets) for name, rows, octets in found}
        self._committed = (last, sizes, self._committed[2])
        self.forget()

    def next(self, lane: Lane) -> int:
        """The next sequence of a lane, never given before."""
        self.last[lane] += 1
        return self.last[lane]

    def add(self, where: str, rows: int, octets: int) -> None:
        """So much came to lie there, or went if it is negative."""
        self.sizes[where] = self.sizes[where].plus(rows, octets)

    def flush(self, connection: sqlite3.Connection) -> None:
        """Write what moved.

        Raises:
            StoreError: somebody else has written to this file.
        """
        moved = {lane: last for lane, last in self.last.items() if last != self._written[lane]}
        for lane, last in moved.items():
            done = connection.execute(
                "UPDATE lane SET last = ? WHERE rank = ? AND last = ?",
                (last, RANK[lane], self._written[lane]),
            )
            if done.rowcount != 1:
                raise StoreError(f"another process has written to lane {lane} of the buffer")
        self._written.update(moved)
        before = self._committed[1]
        connection.executemany(
            "UPDATE tally SET rows = ?, octets = ? WHERE name = ?",
            [(s.rows, s.octets, name) for name, s in self.sizes.items() if s != before[name]],
        )

    def hand_over(self) -> Counters:
        """All of it but what was written, for another thread."""
        fresh, self.fresh = self.fresh, []
        evicted, self.evicted = self.evicted, set()
        news, self.news = self.news, False
        return Counters(dict(self.last), dict(self.sizes), fresh, evicted, news, self.added)


_Kept = tuple[Mapping[Lane, int], Mapping[str, Size], int]
