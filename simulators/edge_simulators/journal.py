"""The truth: what each simulated device made, one JSON line each, written when it was made.

What "made" means on each wire:

- A record that a device *stores* is made when it is stored.
- A notification or indication is made when it is handed to a connected, subscribed peer. One that
  the device keeps until it is confirmed, and sends again, is made once: at its first sending.
- A Modbus answer is made when it is sent; a packet on a serial line when the line took it while
  the far end was open. Nobody reads a cable that is plugged in nowhere.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

Kept = Literal["stored", "acknowledged", "live"]


def boot_ns() -> int:
    """CLOCK_BOOTTIME in nanoseconds."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line of a journal says of octets.

    Attributes:
        part: the part of the firmware spec.
        kept: how long the device keeps it.
        name: how the device itself names it (`ids.reported_name`), if it does.
        resident: who was measured, if anybody.
        value: a summary for people.
    """

    part: str
    kept: Kept
    name: str | None = None
    resident: str | None = None
    value: str = ""


class Journal:
    """One device's journal, a file of JSON lines; each line is on its way to disk at once.

    Args:
        folder: where `<alias>.jsonl` is; None keeps no journal.
        alias: the device's alias.
        device: the key under which the gateway will know it (`DeviceIdentity.key`).
    """

    def __init__(self, folder: Path | None, alias: str, device: str) -> None:
        self.alias = alias
        self.device = device
        self._path = folder / f"{alias}.jsonl" if folder else None
        self._file: TextIO | None = None
        self._told: set[tuple[str, str, bytes]] = set()

    def open(self) -> None:
        """Begin, or go on with what is in the file; nothing is written before."""
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", buffering=1)

    def made(self, entry: Entry, octets: bytes, fault: str | None = None) -> None:
        """Write down what was made; what has a name is made once, however often it is sent.

        Args:
            entry: what it is.
            octets: exactly as they are sent.
            fault: what a fault did to these octets, if one did (`garbled`).
        """
        if self._file is None or self._known(entry, octets):
            return
        line: dict[str, object] = {
            "at": boot_ns(),
            "device": self.device,
            "alias": self.alias,
            "class": entry.kept,
            "part": entry.part,
            "octets": octets.hex(),
            "name": entry.name,
            "resident": entry.resident,
            "value": entry.value,
        }
        if fault:
            line["fault"] = fault
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _known(self, entry: Entry, octets: bytes) -> bool:
        if entry.name is None:
            return False
        key = (entry.part, entry.name, octets)
        known = key in self._told
        self._told.add(key)
        return known

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
