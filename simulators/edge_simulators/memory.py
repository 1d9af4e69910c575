"""What a device has stored, behind a Record Access Control Point (2A52): one for all who have one.

Rule of this file: a record is here from its storing to its deletion; what is answered as done has
been done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain, repeat

from bumble.att import ATT_Error
from bumble.device import Connection

from edge_simulators.gatt import control_point
from edge_simulators.outlet import Emit, Outlet
from edge_simulators.racp import EVERYTHING, Record, State, Step, Support, advance, written

CCCD_IMPROPERLY_CONFIGURED = 0x81


class Memory:
    """The records of a device, and how they are asked for.

    Args:
        outlets: what carries the octet strings of a record, in their order, the last all that are
            left; nobody may ask who has not subscribed to the first.
        support: what the control point knows.
        bonded: whether it demands encryption.
        pace: seconds between the records of a report.

    Attributes:
        control: the control point.
        records: the oldest first; journalled when they are stored.
        told: the highest sequence number that was sent to somebody.
        asked: called when somebody asks.
        answered: called when that is over.
    """

    def __init__(
        self,
        outlets: Sequence[Outlet],
        *,
        support: Support = EVERYTHING,
        bonded: bool = False,
        pace: float = 0.0,
    ) -> None:
        self.control = Outlet(control_point("2A52", self._written, bonded=bonded))
        self.records: list[Record] = []
        self.told = -1
        self.asked: Callable[[], None] = _nothing
        self.answered: Callable[[], None] = _nothing
        self._outlets = tuple(outlets)
        self._support = support
        self._pace = pace
        self._state = State()
        self._emit: Emit | None = None

    def attach(self, emit: Emit) -> None:
        """Let it send."""
        self._emit = emit

    async def tell(self, record: Record) -> None:
        """Send a record to whoever listens."""
        outlets = chain(self._outlets, repeat(self._outlets[-1]))
        for outlet, octets in zip(outlets, record.notifications, strict=False):
            await self._say(outlet, octets)
        self.told = max(self.told, record.sequence)
        await asyncio.sleep(self._pace)

    async def _written(self, _connection: Connection, octets: bytes) -> None:
        if not (self._outlets[0].listener and self.control.listener):
            raise ATT_Error(CCCD_IMPROPERLY_CONFIGURED)
        self.asked()
        if not self.control.busy:
            self._state = State()
        step = written(self._state, octets, self.records, self._support)
        if step.refuse:
            raise ATT_Error(step.refuse)
        self.control.run(self._do(step))

    async def _do(self, step: Step) -> None:
        """Do a step and those that follow from it."""
        while True:
            self._state = step.state
            self.records = [record for record in self.records if record not in step.delete]
            if step.send:
                await self.tell(step.send)
            if step.indicate:
                await self._say(self.control, step.indicate)
                self.answered()
                return
            step = advance(self._state)

    async def _say(self, outlet: Outlet, octets: bytes) -> None:
        if self._emit:
            await self._emit(outlet, octets, None)


def _nothing() -> None:
    """Nobody wants to know."""
