"""Medical refrigerators over Modbus: a box that leaks heat, a door, a compressor, the mains.

The air follows Newton's law of cooling: in a phase of `Phase` it goes from where it is to the
phase's target with the phase's time constant, so that a test can say to a hundredth of a degree
what a gateway must have received.

    running      to the set point, 5 min
    door open    to the room, 10 min
    mains lost   to the room, 4 h
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.modbus import READ_INPUT
from edge_simulators.registers import ModbusDevice

VACCINE, BLOOD = "vaccine-refrigerator", "blood-refrigerator"
_VERSION = 1
_IDLE, _COOLING = 0, 1
_DOOR_OPEN, _MAINS_LOST = 1, 2
_NEAR = 0.2
"""Degrees above the set point from which the compressor rests."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What the air goes to, and how fast.

    Attributes:
        target: degrees Celsius.
        seconds: time constant.
    """

    target: float
    seconds: float

    def after(self, start: float, seconds: float) -> float:
        """Degrees after so many seconds, from `start` degrees."""
        return self.target + (start - self.target) * math.exp(-seconds / self.seconds)


ROOM, SET_POINT = 25.0, 5.0
RUNNING = Phase(SET_POINT, 300.0)
OPEN = Phase(ROOM, 600.0)
DARK = Phase(ROOM, 4 * 3600.0)


class Refrigerator(ModbusDevice):
    """A refrigerator; the blood refrigerator's upper probe reads half a degree more.

    Args:
        place: where it is in the clinic.
        asset_tag: what a person wrote on it.
        now: seconds.
        spec: which of the two.
    """

    def __init__(
        self,
        place: Place,
        asset_tag: str,
        now: Callable[[], float] = time.monotonic,
        spec: str = VACCINE,
    ) -> None:
        super().__init__(place, spec, asset_tag, now)
        self._celsius = SET_POINT
        self._at = now()
        self._until = {"door": 0.0, "mains": 0.0}

    def inflict(self, fault: Fault) -> None:
        """The door is open, or the mains is lost, for so many seconds from now."""
        if fault.kind not in self._until:
            super().inflict(fault)
        self.celsius()
        self._until[fault.kind] = self.now() + fault.amount

    def celsius(self) -> float:
        """The air now."""
        now = self.now()
        for end in sorted(end for end in self._until.values() if self._at < end < now):
            self._pass(end)
        self._pass(now)
        return self._celsius

    def _pass(self, until: float) -> None:
        self._celsius = self._phase(self._at).after(self._celsius, until - self._at)
        self._at = until

    def _phase(self, at: float) -> Phase:
        if at < self._until["door"]:
            return OPEN
        return DARK if at < self._until["mains"] else RUNNING

    def registers(self, function: int) -> dict[int, int]:
        """The status block, as input registers."""
        if function != READ_INPUT:
            return {}
        celsius, now = self.celsius(), self.now()
        dark = now < self._until["mains"]
        cooling = not dark and celsius > SET_POINT + _NEAR
        contacts = _DOOR_OPEN * (now < self._until["door"]) | _MAINS_LOST * dark
        probes = [celsius] if self.spec == VACCINE else [celsius + 0.5, celsius]
        tenths = [round(10 * probe) & 0xFFFF for probe in probes]
        return dict(enumerate([_VERSION, _COOLING if cooling else _IDLE, contacts, *tenths]))

    def summary(self, part: str) -> str:
        """The temperature."""
        return f"{self.celsius():.1f} Cel"
