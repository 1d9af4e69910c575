"""The rows committed last, in memory: what is live is sent without being read from the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from edge_sync.store.rows import Row

OCTETS = 256 << 10
"""Of payloads, in each lane."""


class Tail:
    """An unbroken run of a lane's rows up to its last one, bounded."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque()
        self._octets = 0

    def add(self, row: Row) -> None:
        """A row was committed; after a jump in the sequence the run begins anew."""
        if self._rows and row.sequence != self._rows[-1].sequence + 1:
            self.drop(self._rows[-1].sequence)
        self._rows.append(row)
        self._octets += len(row.payload)
        while self._octets > OCTETS:
            self._pop()

    def drop(self, up_to: int) -> None:
        """Rows up to a sequence are not needed any more."""
        while self._rows and self._rows[0].sequence <= up_to:
            self._pop()

    def after(self, sequence: int, last: int, limit: int, octets: int) -> list[Row] | None:
        """The rows that follow a sequence; None when not all of them, up to `last`, are here."""
        if not self._rows or self._rows[-1].sequence != last:  # rows that were held are not here
            return None
        if self._rows[0].sequence > sequence + 1:
            return None
        skip = sequence + 1 - self._rows[0].sequence
        return take((r for r in list(self._rows)[skip : skip + limit]), octets)

    def _pop(self) -> None:
        self._octets -= len(self._rows.popleft().payload)


def take(rows: Iterable[Row], octets: int) -> list[Row]:
    """The first rows, and no further one once payloads of so many octets are reached."""
    taken: list[Row] = []
    for row in rows:
        taken.append(row)
        octets -= len(row.payload)
        if octets <= 0:
            break
    return taken
