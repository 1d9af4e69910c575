"""The words that specs may use beside the code table: units of fields, fields of decoders."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge_agent.model.codes import CODES

_OTHER_UNITS = ("s", "ms", "min", "h", "L", "kg", "kg/L", "mol/L", "mg/dL/min", "Ohm", "V", "1")
_KIND_UNITS = (unit for code in CODES.values() for unit in code.units)
UNITS: frozenset[str] = frozenset((*_OTHER_UNITS, *_KIND_UNITS))
"""UCUM units that a field may have: of the code table, and of what is no kind of it."""

_FRAME = """
    measurement_type measurement timestamp frame_type compressed count
    ecg ppg acc ppi gyro mag samples block_counts block_bits
    oversampling skin_contact contact_impedance ecg_tag pace_tag data0 data1 status
    heart_rate error_estimate flags
"""
_SETTINGS = "sample_rate resolution range range_milli channels factor"
DECODER_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "polar_pmd": frozenset(_FRAME.split()),
        "polar_pmd_settings": frozenset(_SETTINGS.split()),
        "polar_pmd_delta": frozenset(("count", "samples", "block_counts", "block_bits")),
    }
)
"""The fields that each decoder in Python may give."""

SIZES: Mapping[str, int] = MappingProxyType(
    {
        "u8": 1,
        "u16": 2,
        "u24": 3,
        "u32": 4,
        "u48": 6,
        "u64": 8,
        "s8": 1,
        "s16": 2,
        "s24": 3,
        "s32": 4,
        "s64": 8,
        "medfloat16": 2,
        "medfloat32": 4,
        "datetime": 7,
        "eui64": 8,
        "joined": 0,
        "computed": 0,
    }
)
"""Octets of each type that always has the same; `text` and `octets` are not among them."""
