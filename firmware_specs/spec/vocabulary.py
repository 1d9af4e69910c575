"""The words that specs may use beside the code table: fields of decoders, sizes of types."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_FRAME = """
    measurement_type measurement timestamp frame_type compressed count
    ecg ppg acc ppi gyro mag samples block_counts block_bits
    oversampling skin_contact contact_impedance ecg_tag pace_tag data0 data1 status
    heart_rate error_estimate flags intervals
"""
_SETTINGS = "sample_rate resolution range range_milli channels factor"
_ASTM = """
    frames checksum checksums terminator results sender product serial sku total_records datetime
    range unit_code completed patient
"""
_CONTOUR = "seq test value unit ref_method markers datetime timestamp molar control"
_ULTRA2 = "text kind checksum serial datetime glucose control too_high meal comment"
_UA767 = "code pulse_pressure diastolic systolic pulse more"
DECODER_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "polar_pmd": frozenset(_FRAME.split()),
        "polar_pmd_settings": frozenset(_SETTINGS.split()),
        "polar_pmd_delta": frozenset(("count", "samples", "block_counts", "block_bits")),
        "astm": frozenset(_ASTM.split()),
        "contour_result": frozenset(_CONTOUR.split()),
        "spotchem": frozenset(("no_checksum", "time", "na", "k", "cl")),
        "ultra2": frozenset(_ULTRA2.split()),
        "ua767": frozenset(_UA767.split()),
        "taidoc_time": frozenset(("datetime",)),
        "taidoc_reading": frozenset(("datetime", "glucose", "meal")),
        "uscc": frozenset(("valid",)),
        "ric": frozenset(("valid",)),
    }
)
"""Each decoder in Python (`edge_drivers.codec.special`), and the fields that it may give."""

TALKS = frozenset(("taidoc", "lifescan", "ultra2"))
"""What is spoken with devices that must be asked (`edge_drivers.procedures.talks`)."""

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
        "epoch1900": 4,
        "epoch1970": 4,
        "epoch2000": 4,
        "decoded": 0,
        "joined": 0,
        "computed": 0,
    }
)
"""Octets of each type that always has the same; `text` and `octets` are not among them."""
