"""A dispenser run by a PLC: a start that is written moves at once; counters and a drop sensor.

The map is firmware_specs/devices/dispenser-plc.toml. It has no sequence register: a start that is
written twice moves twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.modbus import BUSY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, READ_HOLDING, RefusalError
from edge_simulators.motor import JAMMED_S, Motor
from edge_simulators.registers import ModbusDevice
from edge_simulators.retained import FULL, Memory, Past, Retained
from edge_simulators.specdata import blocks

SPEC = "dispenser-plc"
CHANNELS = 2
_IDLE, _RUNNING, _FAULT = 0, 1, 2
_DOOR_OPEN, _JAM = 0x1, 0x2


class PlcDispenser(ModbusDevice):
    """A dispenser.

    Args:
        place, asset_tag, memory, now: as of `dispenser.Dispenser`.
    """

    def __init__(
        self,
        place: Place,
        asset_tag: str,
        memory: Path,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(place, SPEC, asset_tag, now)
        self.motor = Motor(self._drop, self._rested)
        none = (0,) * CHANNELS
        empty = Retained(stock=(FULL,) * CHANNELS, dispensed=none, past=Past(0))
        self._memory = Memory(memory, empty)
        self._at = {block.part: block.address for block in blocks(SPEC)}
        self._until = {"jam": 0.0, "door": 0.0}
        self._on = False

    @property
    def retained(self) -> Retained:
        """What would survive now; `past.sequence` is the truth's number of its starts."""
        return self._memory.retained

    async def switch_on(self) -> None:
        """What moved when power went does not go on."""
        self._on = True
        self._memory.load()
        kept = self.retained
        self._memory.keep(replace(kept, restarts=(kept.restarts + 1) & 0xFFFF))

    async def switch_off(self) -> None:
        """It stops where it is."""
        self._on = False
        self.motor.cut()

    @property
    def is_barred(self) -> bool:
        """Whether a person must do something before it can move: close its door, free it."""
        return self._interlocks() != 0

    def refill(self) -> None:
        """Staff fill every channel."""
        full = (FULL,) * CHANNELS
        self._memory.keep(replace(self.retained, stock=full))

    def inflict(self, fault: Fault) -> None:
        """It jams, is slow, or its door is open."""
        match fault.kind:
            case "jam" | "door":
                self._until[fault.kind] = self.now() + fault.amount
            case "jam-after":
                self.motor.jam_after = int(fault.amount)
            case "slow":
                self.motor.pace = fault.amount
            case _:
                super().inflict(fault)

    def registers(self, function: int) -> dict[int, int]:
        """The status; the counters have their low word first."""
        if function != READ_HOLDING:
            return {}
        counts = self.retained.dispensed
        words = [word for count in counts for word in (count & 0xFFFF, count >> 16)]
        values = [self._state(), self._interlocks(), *words]
        return dict(enumerate(values, self._at["status"]))

    def summary(self, part: str) -> str:
        """The counters."""
        return f"dispensed {self.retained.dispensed}"

    def write(self, address: int, values: tuple[int, ...]) -> None:
        """A start: it moves."""
        if address != self._at["start"] or len(values) != 2:
            raise RefusalError(ILLEGAL_ADDRESS)
        channel, amount = values
        if self.motor.is_turning or self._interlocks() or not self._on:
            raise RefusalError(BUSY)
        if not 1 <= channel <= CHANNELS or not amount:
            raise RefusalError(ILLEGAL_VALUE)
        number = self.retained.past.sequence + 1
        self._memory.keep(replace(self.retained, past=Past(number, 0, channel, amount)))
        self.motor.turn(amount)

    def _interlocks(self) -> int:
        now = self.now()
        return _DOOR_OPEN * (now < self._until["door"]) | _JAM * (now < self._until["jam"])

    def _state(self) -> int:
        if self.motor.is_turning:
            return _RUNNING
        return _FAULT if self._interlocks() & _JAM else _IDLE

    def _drop(self) -> None:
        past = self.retained.past
        self._memory.fell(past.channel, start=past.sequence)
        self._memory.keep(self.retained.handed_out(past.channel - 1))

    def _rested(self, jammed: bool) -> None:
        if jammed:
            self._until["jam"] = max(self._until["jam"], self.now() + JAMMED_S)
