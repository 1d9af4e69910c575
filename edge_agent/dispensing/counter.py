"""What people do with a dispenser's orders: see them, say what became of one, say what is inside.

Each act is in the audit chain with who did it, before it has any effect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from edge_agent.config.settings import Config
from edge_agent.control.answered import ChannelReply, OrdersReply
from edge_agent.control.asked import LoadChannel, Orders, SettleOrder, TrustRegisters
from edge_agent.dispensing.shelf import OpenOrder, Shelf
from edge_agent.model import ids
from edge_agent.model.commands import CommandResult, Outcome
from edge_agent.model.errors import CommandError
from edge_agent.model.seams import Buffer, Clock
from edge_drivers.dispensing.interlocks import Loaded

SETTLED = (Outcome.DONE, Outcome.PARTIAL, Outcome.NOT_DONE)


class Counter:
    """Answers what people ask and say of orders.

    Args:
        buffer: the store.
        config: names the devices.
        clock: dates what is said here.
    """

    def __init__(self, buffer: Buffer, config: Config, clock: Clock) -> None:
        self._buffer = buffer
        self._tags = {one.alias: one.asset_tag for one in config.devices if one.asset_tag}
        self._clock = clock

    async def orders(self, _: Orders) -> OrdersReply:
        """Every channel that was ever loaded, and the order that is open on it."""
        return OrdersReply(tuple([reply async for reply in self._channels()]))

    async def load(self, request: LoadChannel) -> OrdersReply:
        """Something else is in a channel from now on.

        Raises:
            CommandError: no such device, or what is said cannot be.
        """
        if request.channel < 1 or not request.drug or not request.batch:
            raise CommandError("say the channel, from 1, the drug and the batch")
        try:
            date.fromisoformat(request.expires)
        except ValueError as error:
            raise CommandError(f"{request.expires!r} is no date; write 2027-03-31") from error
        shelf = self._shelf(request.alias)
        loaded = Loaded(request.drug, request.batch, request.expires, _who(request.who))
        await self._audit(
            what="channel-loaded",
            device=shelf.device,
            channel=str(request.channel),
            drug=request.drug,
            batch=request.batch,
            expires=request.expires,
            who=request.who,
        )
        await self._buffer.deliver([], marks=await shelf.load(request.channel, loaded), urgent=True)
        return await self.orders(Orders())

    async def trust(self, request: TrustRegisters) -> OrdersReply:
        """The device's registers are right as they are: it was repaired, reset or replaced.

        Raises:
            CommandError: no such device, or nobody says so.
        """
        shelf = self._shelf(request.alias)
        await self._audit(what="registers-trusted", device=shelf.device, who=_who(request.who))
        await self._buffer.deliver([], marks=[shelf.learn(None)], urgent=True)
        return await self.orders(Orders())

    async def settle(self, request: SettleOrder) -> OrdersReply:
        """A person says what became of an order that nobody could tell.

        Raises:
            CommandError: no such order is open, or what is said cannot be.
        """
        shelf, channel, order = await self._open(request.order)
        outcome, count = _said(request, order)
        await self._audit(
            what="order-settled",
            command=request.order,
            outcome=outcome.value,
            count=str(count),
            who=_who(request.who),
        )
        result = CommandResult(
            id=ids.record_id("result", request.order, "settled"),
            command=request.order,
            outcome=outcome,
            at=self._clock.now(),
            count=count,
            reason="settled by a person",
            dispensed=order.about,
        )
        await self._buffer.deliver([result], marks=[shelf.settle(channel)], urgent=True)
        return await self.orders(Orders())

    async def _channels(self) -> AsyncIterator[ChannelReply]:
        for alias in self._tags:
            shelf = self._shelf(alias)
            for channel in range(1, await shelf.channels() + 1):
                loaded, order = await shelf.loaded(channel), await shelf.open_order(channel)
                yield ChannelReply(
                    alias=alias,
                    channel=channel,
                    drug=loaded.drug if loaded else "",
                    batch=loaded.batch if loaded else "",
                    expires=loaded.expires if loaded else "",
                    order=order.order if order else "",
                    amount=order.about.ordered if order else 0,
                    reason=order.reason if order else "",
                )

    async def _open(self, name: str) -> tuple[Shelf, int, OpenOrder]:
        for alias in self._tags:
            shelf = self._shelf(alias)
            for channel in range(1, await shelf.channels() + 1):
                order = await shelf.open_order(channel)
                if order and order.order == name:
                    return shelf, channel, order
        raise CommandError(f"no order {name!r} is open")

    def _shelf(self, alias: str) -> Shelf:
        if alias not in self._tags:
            known = ", ".join(self._tags) or "none"
            raise CommandError(f"no device {alias!r} with an asset tag; there is {known}")
        return Shelf(self._buffer, f"tag:{self._tags[alias]}")

    async def _audit(self, **event: str) -> None:
        await self._buffer.audit.append(event, self._clock.now())


def _who(who: str) -> str:
    if not who.strip():
        raise CommandError("say who says so")
    return who


def _said(request: SettleOrder, order: OpenOrder) -> tuple[Outcome, int]:
    ordered = order.about.ordered
    if request.outcome not in SETTLED:
        raise CommandError(f"the outcome is one of {', '.join(SETTLED)}")
    outcome = Outcome(request.outcome)
    match outcome:
        case Outcome.DONE:
            return outcome, max(ordered, request.count)
        case Outcome.PARTIAL if 0 < request.count < ordered:
            return outcome, request.count
        case Outcome.PARTIAL:
            raise CommandError(f"a part of {ordered} is 1 to {ordered - 1}: say the count")
        case _:
            return outcome, 0
