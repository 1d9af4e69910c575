"""Medicine dispenser with four channels: state, stock and counts that survive a loss of power.

The map is firmware_specs/devices/dispenser.toml. Medicine is handed out by itself now and then, as
staff do: the stock falls, the retained count rises. Orders are not taken here yet: the command
registers can be read and not written.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random

from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.modbus import READ_HOLDING, READ_INPUT
from edge_simulators.registers import ModbusDevice
from edge_simulators.specdata import Block, blocks

SPEC = "dispenser"
CHANNELS = 4
_VERSION = 1
_IDLE, _FAULT = 0, 3
_DOOR_OPEN, _JAM = 0x1, 0x2
_FULL = 60
_WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class Retained:
    """What survives a loss of power.

    Attributes:
        restarts: how often it was started.
        stock: packs in each channel.
        dispensed: packs that ever left each channel, modulo 2^32.
    """

    restarts: int = 0
    stock: tuple[int, ...] = (_FULL,) * CHANNELS
    dispensed: tuple[int, ...] = (0,) * CHANNELS

    def handed_out(self, channel: int) -> Retained:
        """One pack fewer in a channel; an empty one is filled first."""
        stock, dispensed = list(self.stock), list(self.dispensed)
        stock[channel] = (stock[channel] or _FULL) - 1
        dispensed[channel] = (dispensed[channel] + 1) % _WRAP
        return replace(self, stock=tuple(stock), dispensed=tuple(dispensed))


@dataclass(slots=True)
class Memory:
    """The retained values in a small file, replaced whole, so that none is ever half written."""

    path: Path
    retained: Retained = field(default_factory=Retained)

    def load(self) -> None:
        """Read them, if there are any."""
        if self.path.exists():
            said = json.loads(self.path.read_text(encoding="utf-8"))
            self.retained = Retained(
                said["restarts"], tuple(said["stock"]), tuple(said["dispensed"])
            )

    def keep(self, retained: Retained) -> None:
        """Replace them."""
        self.retained = retained
        draft = self.path.with_suffix(".new")
        draft.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(retained), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


class Dispenser(ModbusDevice):
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
        super().__init__(place, SPEC, asset_tag, now)
        self._memory = Memory(memory)
        self._every = every
        self._random = Random(f"dispenser {place.seed}")  # noqa: S311
        self._blocks_by_part = {block.part: block for block in blocks(SPEC)}
        self._until = {"jam": 0.0, "door": 0.0}
        self._life: asyncio.Future[None] | None = None

    @property
    def retained(self) -> Retained:
        """What would survive now."""
        return self._memory.retained

    async def switch_on(self) -> None:
        """Count the start and begin to hand out."""
        self._memory.load()
        kept = self._memory.retained
        self._memory.keep(replace(kept, restarts=(kept.restarts + 1) & 0xFFFF))
        if self._every:
            self._life = asyncio.ensure_future(self._live())

    async def switch_off(self) -> None:
        """Hand nothing out any more."""
        if self._life:
            self._life.cancel()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            if not self._interlocks():
                self.hand_out(self._random.randrange(CHANNELS))

    def hand_out(self, channel: int) -> None:
        """One pack leaves a channel, 0 to 3."""
        self._memory.keep(self._memory.retained.handed_out(channel))

    def inflict(self, fault: Fault) -> None:
        """It jams, or its door is open, for so long."""
        if fault.kind in self._until:
            self._until[fault.kind] = self.now() + fault.amount
        else:
            super().inflict(fault)

    def registers(self, function: int) -> dict[int, int]:
        """Status and echo as input registers, an empty order as holding registers."""
        if function == READ_INPUT:
            return {**self._at("status", self._status()), **self._at("echo", self._echo())}
        if function == READ_HOLDING:
            return {**self._at("command", [0] * 5), **self._at("commit", [0])}
        return {}

    def summary(self, part: str) -> str:
        """Stock and counts."""
        if part != "status":
            return ""
        return f"stock {self.retained.stock} dispensed {self.retained.dispensed}"

    def _at(self, part: str, values: list[int]) -> dict[int, int]:
        block: Block = self._blocks_by_part[part]
        return {block.address + number: value for number, value in enumerate(values)}

    def _interlocks(self) -> int:
        now = self.now()
        return _DOOR_OPEN * (now < self._until["door"]) | _JAM * (now < self._until["jam"])

    def _state(self) -> int:
        return _FAULT if self._interlocks() & _JAM else _IDLE

    def _status(self) -> list[int]:
        kept = self.retained
        words = [word for count in kept.dispensed for word in (count >> 16, count & 0xFFFF)]
        return [_VERSION, self._state(), self._interlocks(), kept.restarts, *kept.stock, *words]

    def _echo(self) -> list[int]:
        return [self._state(), 0, 0, 0, 0, 0]
