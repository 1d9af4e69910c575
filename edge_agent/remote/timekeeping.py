"""What time it is: the kernel's clock, the region's word, and the best of both.

Rules: every step, every drift beyond a bound and every better source is a `ClockMapping` on record,
which corrects its whole boot backwards. A clock that nobody vouches for never takes the place of
one that somebody does. What was certain once is a floor for ever, across restarts: TLS needs it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from edge_agent.model import ids
from edge_agent.model.commands import Command, Conclusion, Outcome
from edge_agent.model.errors import CommandError, StoreFullError
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.seams import Buffer, Clock, Mark
from edge_agent.model.times import Measured
from edge_agent.process import clock as clocks

FLOOR: Final = "time-floor"
"""Mark of the gateway: certainly no earlier than this, seconds since 1970."""
RELEASED: Final = datetime(2026, 11, 22, tzinfo=UTC)
"""When this release was made: no gateway runs it earlier."""
_log = logging.getLogger(__name__)


class Timekeeper:
    """Knows the time as well as anybody here; made by `opened`.

    Attributes:
        mapping: the best of now.
    """

    def __init__(
        self, buffer: Buffer, clock: Clock, floor: float, news: Callable[[], Awaitable[None]]
    ) -> None:
        self._buffer = buffer
        self._clock = clock
        self._floor = floor
        self._news = news
        self.mapping = clocks.measure(clock)
        self._seen: ClockMapping | None = None

    def now(self) -> Measured:
        """True time now, and how wide that is."""
        return clocks.measured(self.mapping, self._clock.now())

    def floor(self) -> datetime:
        """It is no earlier than this: the larger of clock, saved clock and release."""
        return datetime.fromtimestamp(max(time.time(), self.certain()), UTC)

    def mark(self) -> Mark:
        """What the next start may be certain of."""
        return Mark("", FLOOR, str(int(self.certain())))

    def certain(self) -> float:
        """Seconds since 1970 that are certainly past, whatever this machine's clock says."""
        if clocks.is_vouched(self.mapping):
            now = self.now()
            self._floor = max(self._floor, (now.at - now.uncertainty).timestamp())
        return self._floor

    async def look(self) -> None:
        """Look at the machine's clock; what is new goes on record.

        Raises:
            StoreError: it could not be recorded; to be looked at again.
        """
        fresh = clocks.measure(self._clock) if self._seen else self.mapping
        if self._seen is None or clocks.is_news(self._seen, fresh):
            await self._record(fresh)
            self._seen = fresh

    async def told(self, at: Instant, wall_ns: int, uncertainty_ns: int) -> ClockMapping:
        """Somebody who knows told the time.

        Raises:
            StoreError: it could not be recorded.
        """
        name = ids.record_id("clock", at.boot, str(at.ns), "region")
        mapping = ClockMapping(name, at, wall_ns, uncertainty_ns, "region")
        await self._record(mapping)
        return mapping

    async def _record(self, fresh: ClockMapping) -> None:
        await self._buffer.deliver([fresh])
        if clocks.is_better(fresh, self.mapping, self._clock.now()):
            self.mapping = fresh
            await self._news()
            _log.info("the wall clock is mapped anew", extra={"reason": fresh.source})


async def opened(buffer: Buffer, clock: Clock, news: Callable[[], Awaitable[None]]) -> Timekeeper:
    """A timekeeper that knows what an earlier run was certain of.

    Its first mapping is on record, or will be as soon as the buffer has room for it.

    Raises:
        StoreError: it could not be recorded.
    """
    saved = await buffer.mark("", FLOOR)
    floor = max(RELEASED.timestamp(), float(saved) if saved else 0.0)
    keeper = Timekeeper(buffer, clock, floor, news)
    try:
        await keeper.look()
    except StoreFullError:
        _log.warning("what time it is waits for room in the buffer")
    return keeper


class Told:
    """Acts on `time`: the region's answer to a message that showed that we do not know it.

    Arguments of the command: `boot` and `sent`, when that message was sent by our boot clock;
    `wall_ns`, what time it is; `uncertainty_ns`, how well the region knows.
    """

    def __init__(self, keeper: Timekeeper, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock

    async def act(self, command: Command) -> Conclusion:
        """Take the time that lies between the question and its answer."""
        boot = command.arguments.get("boot")
        sent, wall, width = (_number(command, n) for n in ("sent", "wall_ns", "uncertainty_ns"))
        now = self._clock.now()
        if boot != now.boot or not 0 < sent <= now.ns:
            raise CommandError("it answers nothing that was asked since this boot")
        half = (now.ns - sent) // 2
        if (wall + width + half) / 1e9 < self._keeper.certain():
            raise CommandError("that time is certainly past")
        found = await self._keeper.told(Instant(now.boot, sent + half), wall, width + half)
        return Conclusion(Outcome.DONE, f"within {found.uncertainty_ns / 1e9:.3f} s")

    async def recover(self, command: Command) -> Conclusion:
        """Whether it was recorded does not matter: the next message asks again."""
        return Conclusion(Outcome.NOT_DONE, f"the agent ended; {command.kind} will be told again")


def _number(command: Command, name: str) -> int:
    value = command.arguments.get(name)
    if not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise CommandError(f"{name} is no number of nanoseconds")
    return value
