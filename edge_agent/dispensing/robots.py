"""Who acts on commands of kind `dispense` for robots (WWKS 2.0), and which handler is meant."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from edge_agent.dispensing.dispensary import ALARMS, about
from edge_agent.model import ids
from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Command, CommandHandler, Conclusion
from edge_agent.model.dispensing import Dispensed, Prescribed, prescribed
from edge_agent.model.errors import CommandError
from edge_agent.model.records import Alarm, Priority
from edge_agent.model.seams import Buffer, Clock
from edge_drivers.codec.wwks2_values import Message, Output
from edge_drivers.links.wwks2 import Robot
from edge_drivers.procedures.robot import Ended, RobotStation

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


def connected(host: str, now: Callable[[], datetime]) -> tuple[Robot, RobotStation]:
    """The way to a robot at HOST:PORT, to be run, and the station at its end."""

    async def listen(message: Message) -> None:
        await station.listen(message)

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
