"""Temperature and humidity sensors over RTU or TCP: two registers in tenths.

The XY-MD02 has input registers, the R444A01 holding registers, the RS-WS-N01 the humidity first.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from edge_simulators.device import Place
from edge_simulators.modbus import READ_HOLDING, READ_INPUT
from edge_simulators.physiology import air_humidity, air_temperature
from edge_simulators.registers import ModbusDevice
from edge_simulators.specdata import part

SPEC = "xy-md02"
_FUNCTIONS = {SPEC: READ_INPUT, "r444a01": READ_HOLDING, "rs-ws-n01": READ_HOLDING}
_HUMIDITY_FIRST = ("rs-ws-n01",)


class ClimateSensor(ModbusDevice):
    """A sensor in a refrigerator.

    Args:
        place: where it is in the clinic.
        asset_tag: what a person wrote on it.
        now: seconds.
        spec: which of the sensors.
    """

    def __init__(
        self,
        place: Place,
        asset_tag: str,
        now: Callable[[], float] = time.monotonic,
        spec: str = SPEC,
    ) -> None:
        super().__init__(place, spec, asset_tag, now)
        registers = part(spec, "climate").registers
        self._first = registers.address if registers else 0

    def registers(self, function: int) -> dict[int, int]:
        """Temperature in two's complement and humidity, in the sensor's order and function."""
        if function != _FUNCTIONS[self.spec]:
            return {}
        values = self._values()
        if self.spec in _HUMIDITY_FIRST:
            values = values[::-1]
        return {self._first + number: value & 0xFFFF for number, value in enumerate(values)}

    def summary(self, part: str) -> str:
        """Both values with their units."""
        temperature, humidity = self._values()
        return f"{temperature / 10} Cel {humidity / 10} %"

    def _values(self) -> tuple[int, int]:
        now, seed = self.now(), self.place.seed
        return int(10 * air_temperature(now, seed)), int(10 * air_humidity(now, seed))
