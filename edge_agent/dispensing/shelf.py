"""What is known of a dispenser's channels, as marks of the store: their content, and open orders.

An order is open on its channel from the moment when nobody can tell what became of it until a
person says so.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from edge_agent.model.dispensing import Dispensed
from edge_agent.model.seams import Mark, Marks
from edge_drivers.dispensing.interlocks import Known, Loaded
from edge_drivers.dispensing.steps import State

T = TypeVar("T")


class Noted(msgspec.Struct, frozen=True):
    """The order that was worked on last.

    Attributes:
        order: the command's id.
        state: what it was before its last write.
    """

    order: str
    state: State


class OpenOrder(msgspec.Struct, frozen=True):
    """An order that a person must settle.

    Attributes:
        order: the command's id.
        reason: what is not known.
        about: what was ordered.
    """

    order: str
    reason: str
    about: Dispensed


class Shelf:
    """One dispenser's.

    Args:
        marks: of the store.
        device: the dispenser's key.
    """

    def __init__(self, marks: Marks, device: str) -> None:
        self._marks = marks
        self.device = device

    async def channels(self) -> int:
        """The highest that was ever loaded; 0 for none."""
        return await self._read("channels", int) or 0

    async def loaded(self, channel: int) -> Loaded | None:
        """What is in a channel, None when nobody said."""
        return await self._read(f"loaded:{channel}", Loaded)

    async def open_order(self, channel: int) -> OpenOrder | None:
        """The order that is open on a channel."""
        return await self._read(f"open:{channel}", OpenOrder)

    async def noted(self) -> Noted | None:
        """The order that was worked on last."""
        return await self._read("order", Noted)

    async def known(self) -> Known | None:
        """The registers as the last order left them."""
        return await self._read("registers", Known)

    async def load(self, channel: int, loaded: Loaded) -> list[Mark]:
        """This is in a channel from now on."""
        highest = max(channel, await self.channels())
        return [self._mark("channels", highest), self._mark(f"loaded:{channel}", loaded)]

    def note(self, noted: Noted) -> Mark:
        """An order is in this state from now on."""
        return self._mark("order", noted)

    def learn(self, known: Known | None) -> Mark:
        """The registers are so from now on; None: whatever they are next time, is right."""
        return self._mark("registers", known)

    def open(self, channel: int, order: OpenOrder) -> Mark:
        """An order is open on a channel."""
        return self._mark(f"open:{channel}", order)

    def settle(self, channel: int) -> Mark:
        """No order is open on a channel any more."""
        return self._mark(f"open:{channel}", None)

    def _mark(self, name: str, value: object) -> Mark:
        return Mark(self.device, f"dispenser:{name}", msgspec.json.encode(value).decode())

    async def _read(self, name: str, kind: type[T]) -> T | None:
        text = await self._marks.mark(self.device, f"dispenser:{name}")
        return None if text in (None, "null") else msgspec.json.decode(text or "null", type=kind)
