"""What is done again and again while a device stays connected, each in its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from edge_agent.model.errors import LinkRefusedError
from edge_drivers.session import Session
from firmware_specs.spec.types import Write

Do = Callable[[], Awaitable[None]]
Chore = tuple[float, Do]
"""Seconds between its turns, and what it is."""


class Rounds:
    """Chores and when each is due next.

    Args:
        chores: at least one; the first turn of each is one interval from now.
    """

    def __init__(self, chores: Sequence[Chore]) -> None:
        now = asyncio.get_running_loop().time()
        self._due = {place: now + every for place, (every, _) in enumerate(chores)}
        self._chores = chores

    def wait(self) -> float:
        """Seconds until something is due."""
        return max(0.0, min(self._due.values()) - asyncio.get_running_loop().time())

    async def make(self) -> None:
        """Do what is due; what was missed meanwhile is not made up for."""
        for place, (every, do) in enumerate(self._chores):
            if asyncio.get_running_loop().time() >= self._due[place]:
                await do()
                self._due[place] = asyncio.get_running_loop().time() + every


def reads(session: Session) -> Iterator[Chore]:
    """Reading what the spec says is read every so often."""
    for name, part in session.spec.parts.items():
        if part.every:
            yield float(part.every), _reading(session, name)


def requests(session: Session) -> Iterator[Chore]:
    """Writing what the spec says is written again and again."""
    for order in session.spec.start:
        if order.every:
            yield float(order.every), _writing(session, order)


def _reading(session: Session, part: str) -> Do:
    async def read() -> None:
        try:
            await session.read(part)
        except LinkRefusedError:
            return  # a device without it, or one that does not tell everybody

    return read


def _writing(session: Session, order: Write) -> Do:
    async def write() -> None:
        await session.link.write(order.part, bytes.fromhex(order.octets))

    return write
