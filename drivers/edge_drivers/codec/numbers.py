"""IEEE 11073-20601 medical floats as exact decimals: trailing zeros are precision and are kept.

Specials are recognised by the whole word: 0x0FFF is -1 and no NaN. What a special means as a FHIR
dataAbsentReason is from the HL7 Personal Health Device guide, page FLOATS.
"""

from __future__ import annotations

from decimal import Context, Decimal

from edge_agent.model.observations import AbsentReason
from edge_drivers.codec.readings import Absent

EXACT = Context(prec=80)
"""Arithmetic that rounds nothing a spec can say: 64-bit integers times any written scale."""

_NAN = Absent(AbsentReason.NOT_A_NUMBER, "NaN")
_NRES = Absent(AbsentReason.ERROR, "NRes")
_ABOVE = Absent(AbsentReason.POSITIVE_INFINITY, "+INFINITY")
_BELOW = Absent(AbsentReason.NEGATIVE_INFINITY, "-INFINITY")
_RESERVED = Absent(AbsentReason.ERROR, "reserved")

_SPECIAL_16 = {0x07FF: _NAN, 0x0800: _NRES, 0x07FE: _ABOVE, 0x0802: _BELOW, 0x0801: _RESERVED}
_SPECIAL_32 = {
    0x007FFFFF: _NAN,
    0x00800000: _NRES,
    0x007FFFFE: _ABOVE,
    0x00800002: _BELOW,
    0x00800001: _RESERVED,
}


def medfloat16(word: int) -> Decimal | Absent:
    """SFLOAT: exponent in the top 4 bits, mantissa in the low 12, both two's complement."""
    special = _SPECIAL_16.get(word)
    return special if special is not None else _scaled(_signed(word & 0xFFF, 12), word >> 12, 4)


def medfloat32(word: int) -> Decimal | Absent:
    """FLOAT: exponent in the top 8 bits, mantissa in the low 24, both two's complement."""
    special = _SPECIAL_32.get(word)
    if special is not None:
        return special
    return _scaled(_signed(word & 0xFFFFFF, 24), word >> 24, 8)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _scaled(mantissa: int, exponent: int, bits: int) -> Decimal:
    return Decimal(mantissa).scaleb(_signed(exponent, bits), EXACT)
