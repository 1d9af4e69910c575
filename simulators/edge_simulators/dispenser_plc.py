"""A dispenser run by a PLC: a start that is written moves at once; counters and a drop sensor.

The map is firmware_specs/devices/dispenser-plc.toml. It has no sequence register: a start that is
written twice moves twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge_simulators.cabinet import JAM, Cabinet
from edge_simulators.device import Place
from edge_simulators.modbus import BUSY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, READ_HOLDING, RefusalError
from edge_simulators.retained import FULL, Memory, Past, Retained

SPEC = "dispenser-plc"
CHANNELS = 2
_IDLE, _RUNNING, _FAULT = 0, 1, 2


class PlcDispenser(Cabinet):
    """A dispenser; its memory's `past.sequence` is the truth's number of its starts.

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
        none = (0,) * CHANNELS
        empty = Retained(stock=(FULL,) * CHANNELS, dispensed=none, past=Past(0))
        super().__init__(place, SPEC, asset_tag, Memory(memory, empty), now)

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

    def _state(self) -> int:
        if self.motor.is_turning:
            return _RUNNING
        return _FAULT if self._interlocks() & JAM else _IDLE

    def _drop(self) -> None:
        past = self.retained.past
        self._memory.fell(past.channel, start=past.sequence)
        self._memory.keep(self.retained.handed_out(past.channel - 1))
