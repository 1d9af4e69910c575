"""Other people's decoders, and what Python's `struct` alone would take: a bound, for it does less.

None of them marks what is absent, keeps the precision, names an observation or checks lengths as a
spec's decoder does; read the ratio as the price of that.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from bumble.profiles.heart_rate_service import HeartRateService
from pymodbus.client.mixin import ModbusClientMixin

Decode = Callable[[bytes], object]

_POINTS = struct.Struct(">20H")
_CLIMATE = struct.Struct(">hH")
_PRESSURE = struct.Struct("<B3H")
_GLUCOSE = struct.Struct("<BHHBBBBB")


def _heart_rate(octets: bytes) -> object:
    wide = octets[0] & 1
    at = 3 if wide else 2
    rate = struct.unpack_from("<H" if wide else "<B", octets, 1)[0]
    at += 2 if octets[0] & 8 else 0
    return rate, struct.unpack_from(f"<{(len(octets) - at) // 2}H", octets, at)


def _points(octets: bytes) -> object:
    return [value / 10 for value in _POINTS.unpack(octets)]


def _climate(octets: bytes) -> object:
    temperature, humidity = _CLIMATE.unpack(octets)
    return temperature / 10, humidity / 10


def _registers(octets: bytes) -> object:
    words = list(struct.unpack(f">{len(octets) // 2}H", octets))
    return ModbusClientMixin.convert_from_registers(words, ModbusClientMixin.DATATYPE.INT16)


def _ecg(octets: bytes) -> object:
    body = octets[10:]
    return [
        int.from_bytes(body[at : at + 3], "little", signed=True) for at in range(0, len(body), 3)
    ]


BY_HAND = "struct by hand"
PEERS: dict[tuple[str, str], dict[str, Decode]] = {
    ("heart-rate", "measurement"): {
        BY_HAND: _heart_rate,
        "bumble": HeartRateService.HeartRateMeasurement.from_bytes,
    },
    ("blood-pressure", "measurement"): {BY_HAND: lambda octets: _PRESSURE.unpack_from(octets)},
    ("glucose", "measurement"): {BY_HAND: lambda octets: _GLUCOSE.unpack_from(octets)},
    ("xy-md02", "climate"): {BY_HAND: _climate, "pymodbus": _registers},
    ("modbus-bench", "points"): {BY_HAND: _points, "pymodbus": _registers},
    ("polar-pmd", "data"): {BY_HAND: _ecg},
}
