"""The decoders in Python, for what the fields of a spec cannot say: by the name that specs use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from edge_drivers.codec import astm, meters
from edge_drivers.codec.cursor import Cursor
from edge_drivers.codec.polar_pmd import read_delta_payload, read_frame, read_settings

SPECIAL: Mapping[str, Callable[[bytes], Cursor]] = MappingProxyType(
    {
        "polar_pmd": read_frame,
        "polar_pmd_settings": read_settings,
        "polar_pmd_delta": read_delta_payload,
        "astm": astm.read_message,
        "contour_result": astm.read_contour_result,
        "spotchem": astm.read_spotchem,
        "ultra2": meters.read_ultra2_line,
        "ua767": meters.read_ua767,
        "taidoc_time": meters.read_taidoc_time,
        "taidoc_reading": meters.read_taidoc_reading,
        "uscc": meters.read_uscc,
        "ric": meters.read_ric,
    }
)
"""Octets to a cursor past all fields; each raises nothing but `DecodeError`."""
