"""Numbers and times as octets, written from the standards and not from our drivers.

Rule of this file: nothing here is shared with `edge_drivers`; an error must not be made twice.
"""

from __future__ import annotations

import struct
from datetime import datetime
from decimal import Decimal

SFLOAT_NAN = 0x07FF
FLOAT_NAN = 0x007FFFFF
_MANTISSA = 1 << 11
_EXPONENT = 1 << 3


def sfloat(value: Decimal | None) -> bytes:
    """IEEE 11073-20601 SFLOAT (medfloat16), little-endian, keeping the digits as they are written.

    Four bits of exponent to ten above twelve of mantissa, both two's complement. `2.0` and `2.00`
    give different octets: the exponent says how many digits were measured. None is NaN.

    Raises:
        ValueError: the value does not fit.
    """
    if value is None:
        return struct.pack("<H", SFLOAT_NAN)
    exponent = int(value.as_tuple().exponent)
    mantissa = int(value.scaleb(-exponent))
    # 0x7FE, 0x7FF, 0x800, 0x801 and 0x802 are special values: the mantissa stays between them.
    if not -_MANTISSA + 3 <= mantissa <= _MANTISSA - 3 or not -_EXPONENT <= exponent < _EXPONENT:
        raise ValueError(f"{value} does not fit an SFLOAT")
    return struct.pack("<H", (exponent & 0xF) << 12 | mantissa & 0xFFF)


def date_time(when: datetime) -> bytes:
    """GATT Date Time (2A08): year, month, day, hours, minutes, seconds; a wall time, no zone."""
    return struct.pack(
        "<HBBBBB", when.year, when.month, when.day, when.hour, when.minute, when.second
    )


def system_id(eui64: str) -> bytes:
    """System ID (2A23) of an EUI-64 in hex: 40 bits of manufacturer, 24 of OUI, little-endian."""
    return bytes.fromhex(eui64)[::-1]


def signed24(value: int) -> bytes:
    """A 24-bit two's complement number, little-endian."""
    return value.to_bytes(3, "little", signed=True)


def float32(value: Decimal | None) -> bytes:
    """IEEE 11073-20601 FLOAT (medfloat32), little-endian: 8 bits of exponent above 24 of mantissa.

    The digits are kept as of `sfloat`; None is NaN.

    Raises:
        ValueError: the value does not fit.
    """
    if value is None:
        return struct.pack("<I", FLOAT_NAN)
    exponent = int(value.as_tuple().exponent)
    mantissa = int(value.scaleb(-exponent))
    if abs(mantissa) > FLOAT_NAN - 2 or not -128 <= exponent < 128:
        raise ValueError(f"{value} does not fit a FLOAT")
    return struct.pack("<I", (exponent & 0xFF) << 24 | mantissa & 0xFFFFFF)


def crc_e2e(octets: bytes) -> bytes:
    """The E2E-CRC of CGM and others (CGMS 1.0.2, 3.11): bit by bit, sent low octet first.

    Polynomial x^16 + x^12 + x^5 + 1, each octet from its least significant bit on, from FFFF.
    """
    crc = 0xFFFF
    for octet in octets:
        for place in range(8):
            out = (crc ^ octet >> place) & 1
            crc = crc >> 1 ^ (0x8408 if out else 0)
    return struct.pack("<H", crc)


def crc8(octets: bytes) -> bytes:
    """CRC-8 of Lepu's and Viatom's frames: polynomial 07, from 0, most significant bit first."""
    crc = 0
    for octet in octets:
        for place in range(7, -1, -1):
            out = crc >> 7 ^ octet >> place & 1
            crc = crc << 1 & 0xFF ^ (0x07 if out else 0)
    return bytes([crc])
