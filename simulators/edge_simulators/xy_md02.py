"""XY-MD02 temperature and humidity sensor: two input registers in tenths, over RTU or TCP."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge_simulators.device import Place
from edge_simulators.modbus import READ_INPUT
from edge_simulators.physiology import air_humidity, air_temperature
from edge_simulators.registers import ModbusDevice
from edge_simulators.specdata import part

SPEC = "xy-md02"


class ClimateSensor(ModbusDevice):
    """A sensor in a refrigerator."""

    def __init__(
        self, place: Place, asset_tag: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(place, SPEC, asset_tag, now)
        registers = part(SPEC, "climate").registers
        self._first = registers.address if registers else 1

    def registers(self, function: int) -> dict[int, int]:
        """Temperature in two's complement, then humidity; only as input registers."""
        if function != READ_INPUT:
            return {}
        values = self._values()
        return {self._first + number: value & 0xFFFF for number, value in enumerate(values)}

    def summary(self, part: str) -> str:
        """Both values with their units."""
        temperature, humidity = self._values()
        return f"{temperature / 10} Cel {humidity / 10} %"

    def _values(self) -> tuple[int, int]:
        now, seed = self.now(), self.place.seed
        return int(10 * air_temperature(now, seed)), int(10 * air_humidity(now, seed))
