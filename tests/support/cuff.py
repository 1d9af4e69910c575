"""What a cuff said, as a capture file: octets of the Blood Pressure Service made by hand."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

MOVED = 0x0001
NAN = 0x07FF
"""Of a medfloat16: the cuff could not measure it."""


class Said(NamedTuple):
    """A reading as the cuff tells it: its own time, mmHg, its user, status bits."""

    at: datetime
    systolic: int
    diastolic: int
    user: int = 1
    status: int = 0

    @property
    def octets(self) -> bytes:
        """Blood Pressure Measurement (2A35) with time, user and status: BLS 1.1.1, clause 3.1."""
        mean = NAN if self.systolic == NAN else (self.systolic + 2 * self.diastolic) // 3
        date = (self.at.year, self.at.month, self.at.day)
        clock = (self.at.hour, self.at.minute, self.at.second)
        pressures = (self.systolic, self.diastolic, mean)
        return struct.pack("<B3HH5BBH", 0x1A, *pressures, *date, *clock, self.user, self.status)


def capture(file: Path, said: Iterable[Said]) -> None:
    """Write what it said, one reading after the other."""
    head = {"format": 1, "spec": "blood-pressure@0", "identity": {"serial": "C-1"}}
    lines = [{"ns": 0, "part": "measurement", "hex": one.octets.hex()} for one in said]
    file.write_text("".join(json.dumps(one) + "\n" for one in (head, *lines)))
