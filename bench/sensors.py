"""Thirty climate sensors on one RTU line: `python bench/sensors.py PORT DAMAGED`, until SIGTERM.

The line keeps the pace of 9600 baud. DAMAGED is the share of answers that have a wrong bit.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from random import Random

from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.modbus import Request
from edge_simulators.modbus_rtu import RtuLine
from edge_simulators.xy_md02 import ClimateSensor

SENSORS = 30
BAUD = 9600


class NoisySensor(ClimateSensor):
    """A sensor some of whose answers are damaged on their way."""

    def __init__(self, number: int, line: RtuLine, share: float) -> None:
        super().__init__(Place(alias=f"sensor-{number}", seed=number), f"SENSOR-{number}")
        self._line = line
        self._share = share
        self._random = Random(number)  # noqa: S311

    def sent(self, request: Request, registers: bytes, fault: str | None) -> None:
        """Whether the next answer on the line will be damaged."""
        if self._random.random() < self._share:
            self._line.tampering.inflict(Fault("garble", 1))


async def run(port: Path, share: float) -> None:
    """Answer until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    units: dict[int, NoisySensor] = {}
    line = RtuLine(units, port, BAUD)
    units |= {unit: NoisySensor(unit, line, share) for unit in range(1, SENSORS + 1)}
    await line.open()
    await stop.wait()
    await line.close()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), float(sys.argv[2])))
