"""Check values over octets, by the names that specs use.

Parameters as in the catalogue of parametrised CRC algorithms (reveng.sourceforge.io/crc-catalogue).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType


def crc16_reflected(octets: bytes, polynomial: int) -> int:
    """CRC-16, reflected, initial value FFFF, no final exclusive-or."""
    crc = 0xFFFF
    table = _REFLECTED[polynomial]
    for octet in octets:
        crc = crc >> 8 ^ table[(crc ^ octet) & 0xFF]
    return crc


def _reflected_table(polynomial: int) -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        return value

    return tuple(entry(value) for value in range(256))


_MCRF4XX, _MODBUS = 0x8408, 0xA001
_REFLECTED = {polynomial: _reflected_table(polynomial) for polynomial in (_MCRF4XX, _MODBUS)}


def _crc_forward(octets: bytes, width: int, polynomial: int, initial: int) -> int:
    crc, top, mask = initial, 1 << (width - 1), (1 << width) - 1
    for octet in octets:
        crc ^= octet << (width - 8)
        for _ in range(8):
            crc = (crc << 1 ^ (polynomial if crc & top else 0)) & mask
    return crc


def _xor(octets: bytes) -> int:
    value = 0
    for octet in octets:
        value ^= octet
    return value


CHECKS: Mapping[str, Callable[[bytes], int]] = MappingProxyType(
    {
        "sum8": lambda octets: sum(octets) & 0xFF,
        "sum16": lambda octets: sum(octets) & 0xFFFF,
        "sum8-from-1": lambda octets: sum(octets[1:]) & 0xFF,
        "xor8": _xor,
        "xor8-from-5": lambda octets: _xor(octets[5:]),
        "inverse": lambda octets: octets[-1] ^ 0xFF if octets else 0,
        "crc8-07": lambda octets: _crc_forward(octets, 8, 0x07, 0),
        "crc16-mcrf4xx": lambda octets: crc16_reflected(octets, _MCRF4XX),
        "crc16-modbus": lambda octets: crc16_reflected(octets, _MODBUS),
        "crc16-ccitt-false": lambda octets: _crc_forward(octets, 16, 0x1021, 0xFFFF),
    }
)
"""Each named check of a spec: octets before it to its value."""
