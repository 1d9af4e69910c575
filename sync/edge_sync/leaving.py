"""Rows leave the buffer: only such as this process has sent, and a receipt confirms.

A receipt may be of another life of the same file (an image that was restored has its epoch), or of
a region that is wrong; what it says of rows that were never sent is no reason to delete them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from edge_agent.model.backoff import Backoff
from edge_agent.model.errors import EdgeError
from edge_agent.model.records import Lane
from edge_sync.store import Store
from edge_sync.wire import ranges
from edge_sync.wire.ranges import Ranges

log = logging.getLogger(__name__)


class Leaving:
    """The sequences that wait for a receipt, over all connections of this process, and then go.

    Args:
        store: the buffer.
        patiently: how long it is waited where the buffer cannot be written.
    """

    def __init__(self, store: Store, patiently: Callable[[], Backoff]) -> None:
        self._store = store
        self._patiently = patiently
        self._sent: dict[Lane, Ranges] = {}
        self._going: dict[Lane, Ranges] = {}
        self._some = asyncio.Event()

    def sent(self, lane: Lane, sequences: Ranges) -> None:
        """A message with these has gone out."""
        self._sent[lane] = ranges.merge([*self._sent.get(lane, ()), *sequences])

    def confirmed(self, lane: Lane, sequences: Ranges) -> None:
        """These are in the region's record: those of them that were sent go, soon."""
        sent = self._sent.get(lane, ())
        if done := ranges.both(sent, sequences):
            self._sent[lane] = ranges.without(sent, done)
            self._go(lane, done)

    async def run(self) -> None:
        """Delete what goes, for ever; what cannot be deleted now is tried again."""
        backoff = self._patiently()
        while True:
            await self._some.wait()
            self._some.clear()
            taken, self._going = self._going, {}
            try:
                await asyncio.gather(*(self._store.acknowledge(*item) for item in taken.items()))
                backoff.reset()
            except EdgeError as error:
                log.warning("rows with a receipt stay in the buffer for now: %s", error)
                for lane, done in taken.items():
                    self._go(lane, done)
                await asyncio.sleep(backoff.next())

    def _go(self, lane: Lane, done: Ranges) -> None:
        self._going[lane] = ranges.merge([*self._going.get(lane, ()), *done])
        self._some.set()
