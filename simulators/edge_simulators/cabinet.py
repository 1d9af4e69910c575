"""What every simulated dispenser has: a motor, a door, and a memory that outlives power."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace

from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.motor import JAMMED_S, Motor
from edge_simulators.registers import ModbusDevice
from edge_simulators.retained import FULL, Memory, Retained
from edge_simulators.specdata import blocks

DOOR_OPEN, JAM = 0x1, 0x2
"""Bits of the interlocks, the same in both maps."""


class Cabinet(ModbusDevice):
    """A dispenser, whatever its registers are.

    Args:
        place, spec, asset_tag, now: as of `ModbusDevice`.
        memory: its retained values.
    """

    def __init__(
        self, place: Place, spec: str, asset_tag: str, memory: Memory, now: Callable[[], float]
    ) -> None:
        super().__init__(place, spec, asset_tag, now)
        self.motor = Motor(self._drop, self._rested)
        self._memory = memory
        self._at = {block.part: block.address for block in blocks(spec)}
        self._until = {"jam": 0.0, "door": 0.0}
        self._on = False

    @property
    def retained(self) -> Retained:
        """What would survive now."""
        return self._memory.retained

    @property
    def is_barred(self) -> bool:
        """Whether a person must do something before it can move: close its door, free it."""
        return self._interlocks() != 0

    async def switch_on(self) -> None:
        """Count the start; what moved when power went does not go on."""
        self._on = True
        self._memory.load()
        kept = self.retained
        self._memory.keep(replace(kept, restarts=(kept.restarts + 1) & 0xFFFF))

    async def switch_off(self) -> None:
        """It stops where it is."""
        self._on = False
        self.motor.cut()

    def refill(self) -> None:
        """Staff fill every channel."""
        full = (FULL,) * len(self.retained.stock)
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

    def _interlocks(self) -> int:
        now = self.now()
        return DOOR_OPEN * (now < self._until["door"]) | JAM * (now < self._until["jam"])

    @abstractmethod
    def _drop(self) -> None:
        """A pack falls."""

    def _rested(self, jammed: bool) -> None:
        """The motor rests; after a jam until somebody frees it."""
        if jammed:
            self._until["jam"] = max(self._until["jam"], self.now() + JAMMED_S)
