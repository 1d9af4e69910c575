"""Captures on their way from a wire's callback to whoever awaits them, in order and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from edge_agent.model.errors import LinkError, LinkLostError
from edge_agent.model.gaps import GapReason
from edge_agent.model.seams import Capture, Clock, Missed

LIMIT = 4096
"""Captures that may wait: half a minute of a 130 Hz stream that comes sample by sample."""


class Captures:
    """A bounded queue with an end; what came before the end is returned before it is told.

    A queue that is full ends the link: the reader is stalled, and a gap that is told is better
    than memory without bound. Of each part that it drops something of, one `Missed` says so.

    Args:
        clock: dates the captures.
        limit: captures that may wait.
    """

    def __init__(self, clock: Clock, limit: int = LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._waiting: list[Capture | Missed] = []
        self._ready = asyncio.Event()
        self._end: LinkError | None = None
        self._full = False
        self._dropped: set[str] = set()

    @property
    def ended(self) -> bool:
        """Whether nothing more can come."""
        return self._end is not None

    def put(self, part: str, octets: bytes) -> None:
        """Take an octet string that has just come; dropped once the queue has ended."""
        self._add(Capture(part, octets, self._clock.now()))

    def put_lost(self, part: str, octets: bytes, strings: int) -> None:
        """Take octets that have just come and are no octet string of the part, but stand for some.

        They too are dropped once the queue has ended.
        """
        at, said = self._clock.now(), "between packets"
        self._add(Missed(part, GapReason.MALFORMED, at, octets, strings, said))

    def end(self, error: LinkError) -> None:
        """Nothing more will come, because of `error`; the first reason stays."""
        self._end = self._end or error
        self._ready.set()

    async def take(self) -> Sequence[Capture | Missed]:
        """What waits, at least one.

        Raises:
            LinkError: the queue has ended and all of it has been taken.
        """
        await self._ready.wait()
        taken, self._waiting = self._waiting, []
        if self._end is None:
            self._ready.clear()
        elif not taken:
            raise self._end
        return taken

    def _add(self, one: Capture | Missed) -> None:
        if self._end is None and len(self._waiting) < self._limit:
            self._waiting.append(one)
            self._ready.set()
            return
        if self._end is None:
            self._full = True
            self.end(LinkLostError(f"{self._limit} octet strings waited and nobody took them"))
        if self._full and one.part not in self._dropped:
            self._dropped.add(one.part)
            self._waiting.append(Missed(one.part, GapReason.OVERFLOW, one.at))
