"""A Modbus device for load: twenty holding registers that change with every tick.

Register N is the tick plus N, modulo 65536: what a gateway received tells when it was read. Its
firmware spec is made here (`edge-simulator modbus-bench` writes it beside `clinic.json`), for it is
no device that anybody can buy; its points pass for temperatures.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from edge_simulators.device import Place
from edge_simulators.modbus import READ_HOLDING
from edge_simulators.registers import ModbusDevice
from edge_simulators.specdata import Block

SPEC = "modbus-bench"
PART = "points"
POINTS = 20
_BLOCK = Block(PART, READ_HOLDING, 0, POINTS)

SPEC_TEXT = f"""\
format = 1
device = "{SPEC}"
title = {{ en = "Bench device of {POINTS} points", zh = "{POINTS} 点测试设备" }}

[sources]
simulator = "edge_simulators/modbus_bench.py"

[link]
type = "modbus"
unit = 1

[parts.{PART}]
title = "All points, read in one request"
source = "simulator"
registers = {{ function = {READ_HOLDING}, address = 0, count = {POINTS}, every = 1 }}
fields = [{{ name = "point", type = "u16", repeat = {POINTS}, scale = 0.1, unit = "Cel" }}]

[[parts.{PART}.observations]]
kind = "air-temperature"
value = "point"
"""


class BenchDevice(ModbusDevice):
    """A bench device; a tick is a second."""

    def __init__(
        self, place: Place, asset_tag: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(place, SPEC, asset_tag, now, (_BLOCK,))

    @property
    def baud(self) -> int:
        """As fast as lines of this kind go."""
        return 115200

    def registers(self, function: int) -> dict[int, int]:
        """The points."""
        if function != READ_HOLDING:
            return {}
        tick = int(self.now())
        return {point: (tick + point) & 0xFFFF for point in range(POINTS)}

    def summary(self, part: str) -> str:
        """The tick."""
        return f"tick {int(self.now())}"
