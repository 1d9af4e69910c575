"""What is ordered of the workshop: which device, how quick, on what heart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge_simulators.air import Air
from edge_simulators.device import Place, SimulatedDevice
from edge_simulators.recordings import Recording, from_folder, recording

RESIDENTS = ("resident-1", "resident-2")
"""Opaque references, as the region gives them; each has the cuff's user slot of its number."""

NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made.

    Attributes:
        folder: for journals, lines and retained memory.
        seed: of the physiology, and part of names and addresses.
        every: seconds between readings; None for each device's own.
        bond: whether Bluetooth devices demand a bond, where they can.
        molar: whether the meter measures in mmol/L.
        recording: name of the heart that a strap replays; "" for none.
        records: folder of further WFDB records; None for the packaged ones alone.
        rtu: Modbus on a pseudo terminal instead of TCP.
        port: TCP port of a Modbus device; 0 takes a free one.
        unit: address of a Modbus device.
        units: how many bench devices.
        journal: whether journals are kept.
    """

    folder: Path
    seed: int = 1
    every: float | None = None
    bond: bool = False
    molar: bool = False
    recording: str = ""
    records: Path | None = None
    rtu: bool = False
    port: int = 0
    unit: int = 1
    units: int = 1
    journal: bool = True

    def place(self, alias: str, resident: str | None = None) -> Place:
        """A device's place."""
        journals = self.folder / "journal" if self.journal else None
        return Place(alias=alias, journals=journals, resident=resident, seed=self.seed)

    def pace(self, default: float) -> float:
        """Seconds between readings of a device that has `default` of its own."""
        return default if self.every is None else self.every

    def heart(self, default: str = NORMAL) -> Recording:
        """The recording that a strap replays.

        Raises:
            LookupError: there is none of that name.
        """
        name = self.recording or default
        own = from_folder(self.records) if self.records else {}
        return own[name] if name in own else recording(name)


Make = Callable[[Order, Air], list[SimulatedDevice]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device that can be made.

    Attributes:
        title: for `--list`.
        make: makes it.
    """

    title: str
    make: Make
