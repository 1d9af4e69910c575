"""Medicine dispenser with four channels: it takes orders by sequence and tag, and forgets none.

The map is firmware_specs/devices/dispenser.toml, the rules are docs/decisions/080. Medicine is also
handed out by itself now and then, as staff do: the stock falls, the retained count rises.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from random import Random

from edge_simulators.cabinet import JAM, Cabinet
from edge_simulators.device import Place
from edge_simulators.modbus import BUSY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, READ_INPUT, RefusalError
from edge_simulators.retained import SEQUENCES, Memory, Past

SPEC = "dispenser"
CHANNELS = 4
_VERSION = 2
_IDLE, _ARMED, _MOVING, _FAULT = 0, 1, 2, 3
_DONE, _PARTIAL, _NOTHING, _REFUSED = 1, 2, 3, 4


class _Code(IntEnum):
    """What a command is."""

    RESERVE = 1
    WITHDRAW = 2


@dataclass(frozen=True, slots=True)
class Reserved:
    """An order that waits for its start, until the moment `until`."""

    order: Past
    until: float


class Dispenser(Cabinet):
    """A dispenser.

    Args:
        place: where it is in the clinic.
        asset_tag: what a person wrote on it.
        memory: the file of its retained values.
        every: seconds between hand-outs; 0 hands nothing out by itself.
        now: seconds.
    """

    def __init__(
        self,
        place: Place,
        asset_tag: str,
        memory: Path,
        *,
        every: float = 4.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(place, SPEC, asset_tag, Memory(memory), now)
        self._every = every
        self._random = Random(f"dispenser {place.seed}")  # noqa: S311
        self._reserved: Reserved | None = None
        self._life: asyncio.Future[None] | None = None

    async def switch_on(self) -> None:
        """Count the start; what moved when power went does not go on."""
        await super().switch_on()
        if self.retained.past.tag and not self.retained.past.result:
            self._rested(False)
        if self._every:
            self._life = asyncio.ensure_future(self._live())

    async def switch_off(self) -> None:
        """All that is not retained is gone."""
        await super().switch_off()
        self._reserved = None
        if self._life:
            self._life.cancel()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            if self._state() == _IDLE and not self._interlocks():
                self.hand_out(self._random.randrange(CHANNELS))

    def hand_out(self, channel: int) -> None:
        """Staff take a pack of a channel, 0 to 3."""
        self._memory.keep(self.retained.handed_out(channel))
        self._memory.fell(channel + 1)

    # Registers

    def registers(self, function: int) -> dict[int, int]:
        """Status and echo as input registers; what is written cannot be read."""
        if function != READ_INPUT:
            return {}
        told = {"status": self._status(), "echo": self._echo()}
        return {
            self._at[part] + n: v for part, values in told.items() for n, v in enumerate(values)
        }

    def summary(self, part: str) -> str:
        """Stock and counts."""
        if part != "status":
            return ""
        return f"stock {self.retained.stock} dispensed {self.retained.dispensed}"

    def _state(self) -> int:
        if self.motor.is_turning:
            return _MOVING
        if self._interlocks() & JAM:
            return _FAULT
        return _ARMED if self._waiting() else _IDLE

    def _waiting(self) -> Past | None:
        """The order that is reserved and not forgotten yet."""
        if self._reserved and self.now() >= self._reserved.until:
            self._reserved = None
        return self._reserved.order if self._reserved else None

    def _status(self) -> list[int]:
        kept = self.retained
        head = [_VERSION, self._state(), self._interlocks(), kept.restarts]
        return [*head, *kept.stock, *_words(kept.dispensed)]

    def _echo(self) -> list[int]:
        kept, state = self.retained, self._state()
        waiting = self._waiting() if state == _ARMED else None
        order = waiting or kept.past
        told = [kept.past.sequence, *_words((order.tag,)), order.channel, order.amount]
        ended = [0, 0] if waiting else [order.result, order.moved]
        head = [state, self._interlocks()]
        return [*head, *told, *ended, *kept.stock, *_words(kept.dispensed)]

    # Orders

    def write(self, address: int, values: tuple[int, ...]) -> None:
        """Reserve, withdraw or start an order (decision 080, rules 1 to 4)."""
        if self.motor.is_turning or not self._on:
            raise RefusalError(BUSY)
        if address == self._at["command"] and len(values) == 7:
            self._command(*values)
        elif address == self._at["commit"] and len(values) == 3:
            self._start(values[0], values[1] << 16 | values[2])
        else:
            raise RefusalError(ILLEGAL_ADDRESS)

    def _command(
        self, sequence: int, code: int, high: int, low: int, channel: int, amount: int, life: int
    ) -> None:
        if sequence != self._next() or not 1 <= channel <= CHANNELS or not amount:
            raise RefusalError(ILLEGAL_VALUE)
        order = Past(sequence, high << 16 | low, channel, amount)
        match code:
            case _Code.RESERVE:
                self._reserved = Reserved(order, self.now() + life)
            case _Code.WITHDRAW:
                self._reserved = None
                self._remember(replace(order, result=_NOTHING))
            case _:
                raise RefusalError(ILLEGAL_VALUE)

    def _start(self, sequence: int, tag: int) -> None:
        order = self._waiting()
        if order is None or (order.sequence, order.tag) != (sequence, tag):
            raise RefusalError(ILLEGAL_VALUE)
        self._reserved = None
        if self._interlocks() or self.retained.stock[order.channel - 1] < order.amount:
            self._remember(replace(order, result=_REFUSED))
            return
        self._remember(order)
        self.motor.turn(order.amount)

    def _next(self) -> int:
        return (self.retained.past.sequence + 1) % SEQUENCES

    def _remember(self, past: Past) -> None:
        self._memory.keep(replace(self.retained, past=past))

    def _drop(self) -> None:
        past = self.retained.past
        self._memory.fell(past.channel, tag=past.tag, sequence=past.sequence)
        fewer = self.retained.handed_out(past.channel - 1)
        self._memory.keep(replace(fewer, past=replace(past, moved=past.moved + 1)))

    def _rested(self, jammed: bool) -> None:
        past = self.retained.past
        result = _DONE if past.moved == past.amount else _PARTIAL if past.moved else _NOTHING
        self._remember(replace(past, result=result))
        super()._rested(jammed)


def _words(counts: tuple[int, ...]) -> list[int]:
    return [word for count in counts for word in (count >> 16, count & 0xFFFF)]
