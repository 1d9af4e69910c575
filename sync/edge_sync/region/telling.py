"""Telling the time to a gateway that does not know it: an answer to the message that shows so.

A batch says when it was sent by its gateway's boot clock; the answer repeats that and adds what
time it is here. So the gateway knows how long question and answer were under way, however long
they waited in a broker, and an answer that is played again later tells nothing. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from edge_agent.model.commands import Command
from edge_agent.model.instants import Instant, best_mapping
from edge_sync.region.ordering import order
from edge_sync.wire import topics
from edge_sync.wire.messages import Batch

GOOD: Final = timedelta(seconds=2)
"""A gateway that knows the time as well as this is told nothing."""
EVERY: Final = timedelta(minutes=1)
"""A gateway is told no more often; one that does not listen less and less often, down to daily."""
_LEAST: Final = timedelta(days=1)
OURS: Final = timedelta(milliseconds=500)
"""How well this machine knows the time: its operator keeps it synchronised."""


class Teller:
    """Decides whom to tell, and what."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[datetime, timedelta]] = {}

    def answer(self, batch: Batch, now: datetime) -> Command | None:
        """What a gateway is told that has sent this; None for nothing."""
        if not batch.sent:
            return None
        if knows(batch):
            self._next.pop(batch.gateway, None)
            return None
        due, wait = self._next.get(batch.gateway, (now, EVERY))
        if now < due:
            return None
        self._next[batch.gateway] = now + wait, min(2 * wait, _LEAST)
        arguments: dict[str, str | int] = {
            "boot": batch.boot,
            "sent": batch.sent,
            "wall_ns": int(now.timestamp() * 1_000_000) * 1000,
            "uncertainty_ns": int(OURS.total_seconds() * 1e9),
        }
        gateway = topics.address(batch.gateway)
        return order("time", gateway, now.astimezone(UTC) + timedelta(hours=1), arguments)


def knows(batch: Batch) -> bool:
    """Whether the gateway knew the time well enough when it sent this."""
    sent = Instant(batch.boot, batch.sent)
    known = best_mapping(batch.clock, sent)
    return known is not None and known.width_ns(sent) < GOOD.total_seconds() * 1e9
