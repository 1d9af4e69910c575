"""Orders on a dispensing robot (WWKS 2.0): each submitted once, its outcome read from the robot.

Rules: whoever calls `dispense` has made it durable that this order is begun, and calls it once in
the order's life; afterwards only `recover`. What became of an order comes as a message, in any
order, or is asked for: after a lost answer, a lost connection or a restart. What the robot does not
know of is *unknown*: a person looks.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import msgspec

from edge_agent.model.commands import Outcome
from edge_agent.model.errors import LinkError, LinkUnavailableError
from edge_drivers.codec.wwks2_values import (
    Article,
    Message,
    Output,
    Pack,
    Standing,
    Task,
    packs_of,
    standing,
)

ASK_S = 5.0
"""Seconds after which the robot is asked what became of an order that it has not told of."""
PATIENCE_S = 600.0
"""Seconds after which an order whose outcome nobody tells is *unknown*."""

UNDER_WAY: Final = (Standing.QUEUED, Standing.IN_PROCESS, Standing.ABORTING, Standing.BOX_RELEASED)


class Ended(msgspec.Struct, frozen=True):
    """How an order ended.

    Attributes:
        outcome: how.
        count: packs that came out, None where that is not known.
        reason: a sentence, "" when it is done.
        packs: those packs.
    """

    outcome: Outcome
    count: int | None = None
    reason: str = ""
    packs: tuple[Pack, ...] = ()


class Wire(Protocol):
    """The robot, as `links.wwks2.Robot` is it."""

    async def up(self) -> None:
        """Wait until it is there."""
        ...

    async def submit(self, order: str, output: Output) -> Output:
        """See `Robot.submit`."""
        ...

    async def query(self, order: str) -> Task | None:
        """See `Robot.query`."""
        ...


class RobotStation:
    """One robot.

    Args:
        wire: to it.
        ask: seconds after which it is asked what became of an order.
        patience: seconds after which nobody can tell.
    """

    def __init__(self, wire: Wire, *, ask: float = ASK_S, patience: float = PATIENCE_S) -> None:
        self._wire = wire
        self._ask = ask
        self._patience = patience
        self._told: dict[str, asyncio.Future[Output]] = {}

    async def listen(self, message: Message) -> None:
        """Take a message that came unasked; those of other orders than ours are nothing to us."""
        waiting, said = self._told.get(message.id), message.content
        if message.kind != "OutputMessage" or not isinstance(said, Output) or waiting is None:
            return
        if standing(said.status) not in UNDER_WAY and not waiting.done():
            waiting.set_result(said)

    async def dispense(self, order: str, output: Output) -> Ended:
        """Carry out a new order, named `order` for ever."""
        self._told[order] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._wire.submit(order, output)
        except LinkUnavailableError as error:
            del self._told[order]
            return Ended(Outcome.NOT_DONE, 0, str(error))
        except LinkError:
            return await self.recover(order, output)
        first = standing(answer.status)
        if first in UNDER_WAY or first is Standing.UNKNOWN:
            return await self._follow(order, output, self._ask)
        del self._told[order]
        return ended(first, answer.articles, output)

    async def recover(self, order: str, output: Output) -> Ended:
        """What became of an order that may have been submitted; it is not submitted again."""
        return await self._follow(order, output, 0.0)

    async def _follow(self, order: str, output: Output, wait: float) -> Ended:
        loop = asyncio.get_running_loop()
        told = self._told.setdefault(order, loop.create_future())
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    await asyncio.wait((told,), timeout=wait)
                    wait = self._ask
                    if told.done():
                        found = told.result()
                        return ended(standing(found.status), found.articles, output)
                    if (said := await self._asked(order, output)) is not None:
                        return said
        except TimeoutError:
            return Ended(Outcome.UNKNOWN, reason="the robot did not tell what became of it")
        finally:
            self._told.pop(order, None)

    async def _asked(self, order: str, output: Output) -> Ended | None:
        """What the robot says of an order that it was not heard of; None while it goes on."""
        await self._wire.up()
        try:
            task = await self._wire.query(order)
        except LinkError:
            return None
        if task is None:
            return Ended(Outcome.UNKNOWN, reason="the robot knows no such order")
        found = standing(task.status)
        return None if found in UNDER_WAY else ended(found, task.articles, output)


def ended(found: Standing, articles: tuple[Article, ...], output: Output) -> Ended:
    """What a final standing says, with the packs that came out."""
    packs = packs_of(articles)
    count = len(packs)
    match found:
        case Standing.REJECTED if not packs:
            return Ended(Outcome.REFUSED, 0, "the robot rejected it")
        case Standing.COMPLETED if count == output.quantity:
            return Ended(Outcome.DONE, count, "", packs)
        case Standing.INCOMPLETE | Standing.ABORTED if count < output.quantity:
            outcome = Outcome.PARTIAL if count else Outcome.NOT_DONE
            return Ended(outcome, count, f"the robot says {found.value}", packs)
        case _:
            reason = f"the robot says {found.value} and names {count} of {output.quantity} packs"
            return Ended(Outcome.UNKNOWN, None, reason, packs)
