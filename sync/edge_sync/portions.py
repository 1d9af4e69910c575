"""What of a lane has been sent and waits for its receipt. Pure: time comes in, nothing goes out.

A lane is sent as two portions, each in the lane's order: *live*, what was committed since the
connection stood, and *history*, what had waited. Whatever is silent for too long goes back to
history, so it is read from the database again; what has a receipt meanwhile is no longer there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from edge_agent.model.records import Lane
from edge_sync.wire import ranges
from edge_sync.wire.ranges import Ranges


class Packed(msgspec.Struct, frozen=True):
    """A message ready to go.

    Attributes:
        payload: its octets.
        sequences: what it holds.
        rows: how many.
    """

    payload: bytes
    sequences: Ranges
    rows: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that waits for its receipt.

    Attributes:
        sequences: what it held.
        rows, octets: how much that was.
        at: when it was sent, seconds.
    """

    sequences: Ranges
    rows: int
    octets: int
    at: float


@dataclass(slots=True)
class Portion:
    """One lane's live rows or its history.

    Attributes:
        lane: the lane.
        history: whether its rows had waited.
        after: the sequence up to which it was sent.
        end: the last sequence that is in it; a live portion grows.
        sent: what waits for a receipt, the oldest first.
        rows, octets: how much that is.
    """

    lane: Lane
    history: bool
    after: int
    end: int
    sent: deque[Sent] = field(default_factory=deque[Sent])
    rows: int = 0
    octets: int = 0

    def add(self, message: Sent) -> None:
        """A message has gone out; all before it has too."""
        self.sent.append(message)
        self.rows += message.rows
        self.octets += message.octets

    def receipted(self, confirmed: Ranges) -> bool:
        """Forget what a receipt confirms; whether that was anything."""
        kept = [m for m in self.sent if not ranges.covers(confirmed, m.sequences)]
        found = len(kept) < len(self.sent)
        if found:
            self._set(kept)
        return found

    def forget(self) -> None:
        """Wait for nothing any more."""
        self._set([])

    def _set(self, messages: Iterable[Sent]) -> None:
        self.sent = deque(messages)
        self.rows = sum(m.rows for m in self.sent)
        self.octets = sum(m.octets for m in self.sent)


@dataclass(slots=True)
class LaneFlight:
    """Both portions of a lane.

    Attributes:
        live, history: the portions.
        resent: messages that went back for want of a receipt.
    """

    live: Portion
    history: Portion
    resent: int = 0

    @classmethod
    def fresh(cls, lane: Lane, last: int) -> LaneFlight:
        """A lane on a new connection: all up to `last` has waited."""
        return cls(Portion(lane, False, last, last), Portion(lane, True, 0, last))

    def oldest(self) -> float | None:
        """When the message was sent that has waited longest; None when none waits."""
        return min((s.sent[0].at for s in (self.live, self.history) if s.sent), default=None)

    def go_back(self) -> None:
        """All that is not confirmed will be sent again, as history."""
        waiting = [m for s in (self.live, self.history) for m in s.sent]
        if not waiting:
            return
        self.resent += len(waiting)
        first = min(m.sequences[0][0] for m in waiting)
        self.history.after = min(first - 1, self.history.after)
        self.history.end = self.live.after
        self.live.forget()
        self.history.forget()


def order(portion: Portion) -> tuple[bool, int, bool]:
    """Sorts portions: alarms and results first, then what is live, then history, lane by lane."""
    rank = list(Lane).index(portion.lane)
    return (
        portion.history and portion.lane not in (Lane.ALARM, Lane.RESULT),
        rank,
        portion.history,
    )
