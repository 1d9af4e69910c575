"""The octets that set a device's clock: Date Time (2A08) and Current Time (2A2B). Pure.

    Date Time      year u16 | month | day | hours | minutes | seconds
    Current Time   Date Time | day of week, 1 Monday … 7 Sunday | 1/256 s | why

Source: GATT Specification Supplement, Date Time, Day Date Time, Exact Time 256, Current Time.
"""

from __future__ import annotations

import struct
from datetime import datetime

from firmware_specs.spec.types import ClockSetting

EXTERNAL_REFERENCE = 0x02
"""Adjust reason: an external reference time update."""


def setting(way: ClockSetting, local: datetime) -> bytes:
    """What is written.

    Args:
        way: of the spec.
        local: naive wall time of the device's place.
    """
    words = current_time(local) if way.form == "current-time" else date_time(local)
    return bytes.fromhex(way.before) + words


def date_time(local: datetime) -> bytes:
    """Seven octets; what is less than a second is cut off."""
    at = (local.month, local.day, local.hour, local.minute, local.second)
    return struct.pack("<H5B", local.year, *at)


def current_time(local: datetime) -> bytes:
    """Ten octets."""
    fractions = local.microsecond * 256 // 1_000_000
    return date_time(local) + bytes((local.isoweekday(), fractions, EXTERNAL_REFERENCE))
