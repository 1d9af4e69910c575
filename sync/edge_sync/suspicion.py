"""Which row makes the broker hang up. Pure.

MQTT 3.1.1 has no word for "this message is not acceptable": the broker ends the connection, and the
same message would end the next one for ever. So what was in flight at an end is sent again in ever
smaller messages, one at a time; a row that alone was in flight at five ends, while other messages
came through, is taken to be the cause. A bad network alone never gets a row condemned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_agent.model.records import Lane
from edge_sync.portions import Sent

ENDS: Final = 5
"""Connections that a row must have ended alone."""
CALM: Final = 64
"""Messages confirmed in a row before larger ones are tried again."""
_STEPS: Final = 5

Suspect = tuple[Lane, int]


@dataclass(slots=True)
class Suspicion:
    """What is known so far.

    Attributes:
        level: 0 for none; from 1 on one message is in flight, of a quarter of the rows each time.
    """

    level: int = 0
    _calm: int = 0
    _ends: dict[Suspect, int] = field(default_factory=dict[Suspect, int])
    _cleared: set[Suspect] = field(default_factory=set[Suspect])

    def rows(self, limit: int) -> int:
        """How many rows a message may have now."""
        return max(1, limit >> (2 * self.level))

    def window(self, limit: int) -> int:
        """How many messages may be in flight now."""
        return 1 if self.level else limit

    def confirmed(self, lane: Lane, sent: Sent) -> None:
        """The broker took a message: it is innocent, and the link works."""
        self._ends.pop((lane, sent.sequences[0][0]), None)
        self._cleared.update(self._ends)
        self._calm += 1
        if self._calm >= CALM:
            self._calm = 0
            self.level = max(0, self.level - 1)

    def ended(self, in_flight: Sequence[tuple[Lane, Sent]]) -> None:
        """The connection ended with these in flight."""
        self._calm = 0
        if not in_flight:
            return
        self.level = min(self.level + 1, _STEPS)
        if len(in_flight) == 1 and in_flight[0][1].rows == 1:
            lane, sent = in_flight[0]
            suspect = (lane, sent.sequences[0][0])
            self._ends[suspect] = self._ends.get(suspect, 0) + 1

    def condemn(self) -> list[Suspect]:
        """The rows whose guilt is proven, once."""
        guilty = [s for s, ends in self._ends.items() if ends >= ENDS and s in self._cleared]
        for suspect in guilty:
            del self._ends[suspect]
            self._cleared.discard(suspect)
        return guilty
