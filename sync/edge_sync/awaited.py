"""What this process has sent and has no receipt for: only that may a receipt let go. Pure.

A receipt may be of another life of the same file (an image that was restored has its epoch), or of
a region that is wrong; what it says of rows that were never sent is no reason to delete them.
"""

from __future__ import annotations

from edge_agent.model.records import Lane
from edge_sync.wire import ranges
from edge_sync.wire.ranges import Ranges


class Awaited:
    """The sequences that wait for a receipt, over all connections of this process."""

    def __init__(self) -> None:
        self._sent: dict[Lane, Ranges] = {}

    def sent(self, lane: Lane, sequences: Ranges) -> None:
        """A message with these has gone out."""
        self._sent[lane] = ranges.merge([*self._sent.get(lane, ()), *sequences])

    def receipted(self, lane: Lane, confirmed: Ranges) -> Ranges:
        """Those of the confirmed that were sent, now no longer awaited."""
        sent = self._sent.get(lane, ())
        done = ranges.both(sent, confirmed)
        self._sent[lane] = ranges.without(sent, done)
        return done
