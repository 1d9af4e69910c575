"""Which guards stand at which device, and that time passes for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from edge_agent.config.settings import Device
from edge_agent.guarding.guards import Post
from edge_agent.guarding.rhythm import RhythmGuard
from edge_agent.inflow.intake import Intake
from edge_agent.inflow.signals import has_ecg
from edge_agent.model.errors import StoreError
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.seams import Clock
from firmware_specs.spec.types import Spec

EVERY_S = 10.0
_log = logging.getLogger(__name__)

Wall = Callable[[Instant], float | None]
"""UTC seconds of an instant by the best mapping of now; None where nobody knows."""


def wall_of(mapping: Callable[[], ClockMapping]) -> Wall:
    """By a mapping that may change; it speaks of its own boot alone."""

    def wall(at: Instant) -> float | None:
        best = mapping()
        return best.wall(at).timestamp() if best.at.boot == at.boot else None

    return wall


def posts_for(device: Device, spec: Spec, zone: str, wall: Wall) -> Sequence[Post[Any]]:
    """The guards of a device; what they need is imported only for whoever has them."""
    posts: list[Post[Any]] = []
    if device.cold_chain:
        from edge_agent.coldchain.guard import ColdChain
        from edge_agent.coldchain.profiles import packaged

        posts.append(Post(ColdChain(device.cold_chain, packaged(), spec), wall))
    if has_ecg(spec):
        posts.append(Post(RhythmGuard(), wall))
    if any(rule.kind == "stock-level" for p in spec.parts.values() for rule in p.observations):
        from edge_agent.stock.guard import Stock

        site = ZoneInfo(zone)
        posts.append(Post(Stock(lambda seconds: datetime.fromtimestamp(seconds, site)), wall))
    return posts


class Rounds:
    """Lets time pass for all guards.

    Args:
        clock: the agent's.
        intakes: by alias; those that come and go while it runs too.
    """

    def __init__(self, clock: Clock, intakes: Mapping[str, Intake]) -> None:
        self._clock = clock
        self._intakes = intakes

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            for alias, intake in list(self._intakes.items()):
                try:
                    await intake.tick(self._clock.now())
                except StoreError:
                    _log.warning("what a guard says is not durable yet", extra={"device": alias})
