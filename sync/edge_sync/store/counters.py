"""What every commit moves: the lanes' sequences.

It is read once when the file is opened, counted in memory and written with each commit.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from edge_agent.model.errors import StoreError
from edge_agent.model.records import Lane
from edge_sync.store.rows import Row
from edge_sync.store.schema import RANK


@dataclass(slots=True)
class Counters:
    """Counters of the one writer.

    Attributes:
        last: the last sequence given in each lane; 0 before the first.
        fresh: the rows of this commit, to spare their reader the file.
        news: whether this commit has what others' subjects and times depend on.
    """

    last: dict[Lane, int] = field(default_factory=dict[Lane, int])
    fresh: list[tuple[Lane, Row]] = field(default_factory=list[tuple[Lane, Row]])
    news: bool = False
    _written: dict[Lane, int] = field(default_factory=dict[Lane, int])
    _committed: dict[Lane, int] = field(default_factory=dict[Lane, int])

    def forget(self) -> None:
        """What was counted since the last commit was not committed."""
        self.last = dict(self._committed)
        self._written = dict(self._committed)
        self.fresh = []
        self.news = False

    def committed(self) -> None:
        """What was flushed is in the file."""
        self._committed = dict(self._written)

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what the last commit left; forgets what was counted since."""
        rows = connection.execute("SELECT name, last FROM lane")
        self.last = {Lane(name): last for name, last in rows}
        self._written = dict(self.last)
        self._committed = dict(self.last)
        self.fresh = []
        self.news = False

    def next(self, lane: Lane) -> int:
        """The next sequence of a lane, never given before."""
        self.last[lane] += 1
        return self.last[lane]

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

    def hand_over(self) -> Counters:
        """The sequences, fresh rows and news, for another thread."""
        fresh, self.fresh = self.fresh, []
        news, self.news = self.news, False
        return Counters(dict(self.last), fresh, news)
