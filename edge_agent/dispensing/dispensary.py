"""Who acts on commands of kind `dispense`: from a signed order to the dispenser and its result."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Final

from edge_agent.dispensing.shelf import Noted, OpenOrder, Shelf
from edge_agent.model import ids
from edge_agent.model.commands import Command, Conclusion, Outcome
from edge_agent.model.dispensing import Dispensed, Prescribed, prescribed
from edge_agent.model.errors import CommandError, StoreError
from edge_agent.model.records import Alarm, Priority
from edge_agent.model.seams import Buffer, Clock, Mark
from edge_drivers.dispensing import interlocks
from edge_drivers.dispensing.interlocks import Known, Loaded, Refusal, Wish
from edge_drivers.dispensing.registers import Profile
from edge_drivers.dispensing.steps import Conclude, State
from edge_drivers.procedures.dispense import Station, Wire
from firmware_specs.spec.types import Spec

ALARMS: Final = {
    Outcome.UNKNOWN: "order-unknown",
    Outcome.PARTIAL: "order-partial",
}
"""Outcomes that somebody should look at."""
AGAIN_S: Final = 5.0
_log = logging.getLogger(__name__)


class Journal:
    """A dispenser's `Notes`: marks of the store, each commit waited for."""

    def __init__(self, buffer: Buffer, shelf: Shelf) -> None:
        self._buffer = buffer
        self._shelf = shelf

    async def keep(self, order: str, state: State) -> None:
        """See `Notes`."""
        note = self._shelf.note(Noted(order, state))
        await self._buffer.deliver([], marks=[note], urgent=True)

    async def known(self) -> Known | None:
        """See `Notes`."""
        return await self._shelf.known()

    async def learn(self, known: Known | None) -> None:
        """See `Notes`."""
        await self._buffer.deliver([], marks=[self._shelf.learn(known)], urgent=True)


class Dispensary:
    """The handler of `dispense`.

    Args:
        buffer: the store.
        clock: dates alarms.
        today: the day at the site.
        stations: dispensers, by the device's key.
    """

    def __init__(
        self,
        buffer: Buffer,
        clock: Clock,
        today: Callable[[], str],
        stations: Mapping[str, Station],
    ) -> None:
        self._buffer = buffer
        self._clock = clock
        self._today = today
        self._stations = stations

    async def act(self, command: Command) -> Conclusion:
        """Carry out an order; see `CommandHandler.act`."""
        order, station = prescribed(command.arguments), self._station(command)
        shelf = Shelf(self._buffer, command.device)
        loaded = await shelf.loaded(order.channel)
        task = station.profile.task(tag(command.id), order.channel, order.amount)
        unfit = interlocks.unfit(
            task,
            Wish(order.drug, order.batch),
            loaded,
            station.profile.rules,
            self._today(),
        )
        if not unfit and await shelf.open_order(order.channel):
            unfit = Refusal.OPEN_ORDER
        if unfit:
            raise CommandError(unfit)
        ended = await station.dispense(command.id, task)
        return await self._conclusion(command, about(order, command.device, loaded), ended)

    async def recover(self, command: Command) -> Conclusion:
        """What became of an order; see `CommandHandler.recover`.

        It waits for a store that cannot be written: an outcome that bars no channel is none.
        """
        while True:
            try:
                return await self._recovered(command)
            except StoreError:
                _log.warning("an order's outcome is not durable yet")
                await asyncio.sleep(AGAIN_S)

    async def _recovered(self, command: Command) -> Conclusion:
        order, station = prescribed(command.arguments), self._station(command)
        shelf = Shelf(self._buffer, command.device)
        told = about(order, command.device, await shelf.loaded(order.channel))
        noted = await shelf.noted()
        if noted is None or noted.order != command.id:
            reason = "the agent ended before anything was sent"
            return Conclusion(Outcome.NOT_DONE, reason, 0, told)
        return await self._conclusion(command, told, await station.recover(command.id, noted.state))

    def _station(self, command: Command) -> Station:
        station = self._stations.get(command.device)
        if station is None:
            raise CommandError("no dispenser of that name is configured")
        return station

    async def _conclusion(self, command: Command, told: Dispensed, ended: Conclude) -> Conclusion:
        """Before the result is told, its channel is barred if nobody knows what happened."""
        shelf = Shelf(self._buffer, command.device)
        marks: list[Mark] = []
        if ended.outcome is Outcome.UNKNOWN:
            marks.append(shelf.open(told.channel, OpenOrder(command.id, ended.reason, told)))
        kind = ALARMS.get(ended.outcome, "")
        if ended.reason == Refusal.TAMPERED:
            kind = "dispenser-counter"
        alarms = [self._alarm(command, kind)] if kind else []
        if alarms or marks:
            await self._buffer.deliver(alarms, marks=marks, urgent=True)
        return Conclusion(ended.outcome, ended.reason, ended.count, told)

    def _alarm(self, command: Command, kind: str) -> Alarm:
        name = ids.record_id("alarm", command.device, kind, command.id)
        return Alarm(name, command.device, kind, Priority.HIGH, self._clock.now())


def tag(order: str) -> int:
    """How the device knows an order: 32 bits of its id, never 0."""
    return int.from_bytes(hashlib.sha256(order.encode()).digest()[:4]) or 1


def about(order: Prescribed, device: str, loaded: Loaded | None) -> Dispensed:
    """What a result says of its order."""
    return Dispensed(
        device=device,
        channel=order.channel,
        ordered=order.amount,
        prescription=order.prescription,
        subject=order.subject,
        drug=order.drug,
        batch=loaded.batch if loaded else "",
        trace=order.trace,
    )


def dispensary(
    buffer: Buffer,
    clock: Clock,
    today: Callable[[], str],
    dispensers: Mapping[str, tuple[Spec, Wire]],
) -> Dispensary:
    """A dispensary.

    Args:
        buffer: the store.
        clock: dates alarms.
        today: the day at the site, ISO 8601.
        dispensers: spec of and way to each, by its key.
    """
    stations = {
        device: Station(Profile(spec), wire, Journal(buffer, Shelf(buffer, device)))
        for device, (spec, wire) in dispensers.items()
    }
    return Dispensary(buffer, clock, today, stations)
