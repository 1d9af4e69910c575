"""Polar's delta frames: a reference sample, then blocks of packed differences.

    reference sample: channels x ceil(bits / 8) octets, signed, little-endian
    block:            bit width | count | count x channels differences, least significant bit first
    block: …          each begins at an octet

Source: Polar BLE SDK, technical_documentation/online_measurement.pdf and the SDK's tests.
"""

from __future__ import annotations

import msgspec

from edge_agent.model.errors import MalformedError
from edge_drivers.codec.cursor import Cursor

MAX_SAMPLES = 20_000
"""More samples than any notification holds; a block of width 0 could otherwise claim any number."""
_WIDEST = 32

Sample = tuple[int, ...]


class Deltas(msgspec.Struct, frozen=True):
    """What a delta frame holds.

    Attributes:
        samples: one number a channel each, the reference sample first.
        counts: samples of each block.
        widths: bit width of each block.
    """

    samples: tuple[Sample, ...]
    counts: tuple[int, ...]
    widths: tuple[int, ...]


def read_deltas(cursor: Cursor, channels: int, bits: int) -> Deltas:
    """All samples to the end of the octets.

    Raises:
        TruncatedError: a block is longer than the octets.
        MalformedError: a block is wider than 32 bits, or there are too many samples.
    """
    sample = read_sample(cursor, channels, bits)
    samples = [sample]
    counts: list[int] = []
    widths: list[int] = []
    while cursor.remaining:
        width, count = cursor.take(2, "block header")
        if width > _WIDEST or len(samples) + count > MAX_SAMPLES:
            raise MalformedError(f"a block of {count} differences of {width} bits")
        octets = cursor.take((width * count * channels + 7) // 8, "block")
        for deltas in _unpack(octets, width, count, channels):
            sample = tuple(value + delta for value, delta in zip(sample, deltas, strict=True))
            samples.append(sample)
        counts.append(count)
        widths.append(width)
    return Deltas(tuple(samples), tuple(counts), tuple(widths))


def read_sample(cursor: Cursor, channels: int, bits: int) -> Sample:
    """One sample as it is, without differences.

    Raises:
        TruncatedError: octets are missing.
    """
    size = (bits + 7) // 8
    octets = cursor.take(channels * size, "sample")
    return tuple(
        int.from_bytes(octets[at : at + size], "little", signed=True)
        for at in range(0, len(octets), size)
    )


def _unpack(octets: bytes, width: int, count: int, channels: int) -> list[Sample]:
    packed = int.from_bytes(octets, "little")
    mask, sign = (1 << width) - 1, (1 << width) >> 1
    flat = [
        ((packed >> place & mask) ^ sign) - sign
        for place in (width * index for index in range(count * channels))
    ]
    return [tuple(flat[at : at + channels]) for at in range(0, len(flat), channels)]
