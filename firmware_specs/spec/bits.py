"""Bit ranges of the spec format: `"3"` or `"3-4"`, 0 is the least significant bit."""

from __future__ import annotations

import re

_RANGE = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


def bit_range(text: str) -> tuple[int, int]:
    """The least and the most significant bit of a range.

    Raises:
        ValueError: it is no range.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no bit range such as `3` or `3-4`")
    low = int(found[1])
    high = int(found[2] or low)
    if high < low:
        raise ValueError(f"{text!r} ends before it begins")
    return low, high


def width(text: str) -> int:
    """How many bits a range has."""
    low, high = bit_range(text)
    return high - low + 1
