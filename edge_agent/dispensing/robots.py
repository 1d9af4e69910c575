"""Who acts on commands of kind `dispense` for robots (WWKS 2.0), and which handler is meant."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from edge_agent.dispensing.dispensary import ALARMS, about
from edge_agent.model import ids
from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Command, CommandHandler, Conclusion
from edge_agent.model.dispensing import Dispensed, Prescribed, prescribed
from edge_agent.model.errors import CommandError, StoreError
from edge_agent.model.records import Alarm, Priority
from edge_agent.model.seams import Buffer, Clock
from edge_drivers.codec.wwks2_values import Message, Output, Stock
from edge_drivers.links.wwks2 import Robot
from edge_drivers.procedures.robot import Ended, RobotStation

OUT = "stock-out"
_log = logging.getLogger(__name__)
LEAST_WAIT_S, MOST_WAIT_S = 0.5, 30.0
"""Between connections."""


class Robots:
    """The handler of `dispense` for robots; the channel of an order means nothing to them.

    Args:
        buffer: the store.
        clock: dates alarms.
        stations: robots, by their key.
    """

    def __init__(self, buffer: Buffer, clock: Clock, stations: Mapping[str, RobotStation]) -> None:
        self._buffer = buffer
        self._clock = clock
        self._stations = stations

    async def act(self, command: Command) -> Conclusion:
        """Carry out an order; see `CommandHandler.act`."""
        order = prescribed(command.arguments)
        ended = await self._stations[command.device].dispense(command.id, _output(order))
        return await self._conclusion(command, order, ended)

    async def recover(self, command: Command) -> Conclusion:
        """What became of an order; see `CommandHandler.recover`."""
        order = prescribed(command.arguments)
        ended = await self._stations[command.device].recover(command.id, _output(order))
        return await self._conclusion(command, order, ended)

    async def _conclusion(self, command: Command, order: Prescribed, ended: Ended) -> Conclusion:
        if kind := ALARMS.get(ended.outcome):
            name = ids.record_id("alarm", command.device, kind, command.id)
            alarm = Alarm(name, command.device, kind, Priority.HIGH, self._clock.now())
            await self._buffer.deliver([alarm], urgent=True)
        told = _told(order, command.device, ended)
        return Conclusion(ended.outcome, ended.reason, ended.count, told)


class Shelves:
    """Says when an article of a robot has run out: what a robot tells of its stock, unasked.

    Args:
        buffer: the store.
        clock: dates alarms.
        device: the robot's key.
        today: the day at the site, ISO 8601; an article is told once a day at most.
    """

    def __init__(self, buffer: Buffer, clock: Clock, device: str, today: Callable[[], str]) -> None:
        self._buffer = buffer
        self._clock = clock
        self._device = device
        self._today = today
        self._empty: set[str] = set()

    async def listen(self, message: Message) -> None:
        """Take a message that came unasked."""
        if not isinstance(message.content, Stock):
            return
        levels = {one.id: one.quantity for one in message.content.articles}
        empty = {name for name, level in levels.items() if level == 0}
        if fresh := [self._alarm(name) for name in sorted(empty - self._empty)]:
            await self._buffer.deliver(fresh, urgent=True)
        self._empty = (self._empty - set(levels)) | empty

    def _alarm(self, article: str) -> Alarm:
        today = self._today()
        name = ids.record_id("alarm", self._device, OUT, article, today)
        basis = f"article {article} is out of stock {today}"
        return Alarm(name, self._device, OUT, Priority.MEDIUM, self._clock.now(), basis=basis)


def connected(
    host: str, now: Callable[[], datetime], shelves: Shelves
) -> tuple[Robot, RobotStation]:
    """The way to a robot at HOST:PORT, to be run, and the station at its end."""

    async def listen(message: Message) -> None:
        await station.listen(message)
        try:
            await shelves.listen(message)
        except StoreError:
            _log.warning("what a robot tells of its stock is not durable")

    name, _, port = host.rpartition(":")
    backoff = Backoff(LEAST_WAIT_S, MOST_WAIT_S, random.random)
    robot = Robot(name, int(port), now=now, backoff=backoff, listen=listen)
    station = RobotStation(robot)
    return robot, station


class ByDevice:
    """Whose device a command is for, acts.

    Args:
        handlers: by the device's key.
        otherwise: for all other devices; None refuses them.
    """

    def __init__(
        self, handlers: Mapping[str, CommandHandler], otherwise: CommandHandler | None
    ) -> None:
        self._handlers = handlers
        self._otherwise = otherwise

    async def act(self, command: Command) -> Conclusion:
        """See `CommandHandler.act`."""
        return await self._of(command).act(command)

    async def recover(self, command: Command) -> Conclusion:
        """See `CommandHandler.recover`."""
        return await self._of(command).recover(command)

    def _of(self, command: Command) -> CommandHandler:
        handler = self._handlers.get(command.device, self._otherwise)
        if handler is None:
            raise CommandError("no dispenser of that name is configured")
        return handler


def _output(order: Prescribed) -> Output:
    return Output(article=order.drug, quantity=order.amount, batch=order.batch)


def _told(order: Prescribed, device: str, ended: Ended) -> Dispensed:
    """What the result says: the batches are those of the packs that came out."""
    batches = sorted({pack.batch for pack in ended.packs if pack.batch})
    return msgspec.structs.replace(about(order, device, None), batch=" ".join(batches))
