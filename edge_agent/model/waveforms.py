"""Waveforms are first-class: whole samples on a counted time base, lossless, gaps as jumps."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

import msgspec

from edge_agent.model import lossless
from edge_agent.model.errors import MalformedError
from edge_agent.model.gaps import GapReason

ENCODING = "s32-delta-zlib"
MAX_SAMPLES = lossless.MAX_SAMPLES


class Channel(msgspec.Struct, frozen=True):
    """One signal of a waveform: physical value = origin + scale * sample.

    Attributes:
        kind: a kind of `codes.CODES`, such as `ecg-lead-i`.
        unit: UCUM of the physical value.
        scale: physical units per count.
        origin: the physical value of count 0.
    """

    kind: str
    unit: str
    scale: Decimal = Decimal(1)
    origin: Decimal = Decimal(0)


class Waveform(msgspec.Struct, frozen=True, omit_defaults=True):
    """A segment of 1-10 s of a stream; a jump of `first` past the samples before it is a gap.

    Attributes:
        stream: id of the stream: one continuous count of samples from one device.
        first: index of the first sample in the stream, a 64-bit count from 0.
        rate: samples a second as a fraction, such as `130` or `2500/3`.
        channels: what each channel is, in the order in which the samples are interleaved.
        count: samples per channel.
        block: the samples, see `pack` and `lossless`.
        encoding: how `block` is packed: `ENCODING`, or `lossless.ENCODING` in the fewest octets.
        gap: why `first` jumped, when it did.
        quality: 0 (worthless) to 1 (clean), where it has been judged.
    """

    stream: str
    first: int
    rate: str
    channels: tuple[Channel, ...]
    count: int
    block: bytes
    encoding: str = ENCODING
    gap: GapReason | None = None
    quality: Decimal | None = None

    @property
    def hertz(self) -> Fraction:
        """Samples a second."""
        return Fraction(self.rate)

    def samples(self) -> tuple[array[int], ...]:
        """The counts of each channel.

        Raises:
            MalformedError: the block is not what `encoding`, `count` and `channels` say.
        """
        unpackers = {ENCODING: unpack, lossless.ENCODING: lossless.unpack}
        if self.encoding not in unpackers:
            known = " or ".join(unpackers)
            raise MalformedError(f"waveform encoding {self.encoding!r} is not {known}")
        return unpackers[self.encoding](self.block, len(self.channels), self.count)


def pack(channels: Sequence[Sequence[int]]) -> bytes:
    """Lossless block of equally long channels: first differences, 32-bit little-endian, zlib."""
    return zlib.compress(b"".join(_octets(_differences(samples)) for samples in channels), 6)


def unpack(block: bytes, channels: int, count: int) -> tuple[array[int], ...]:
    """The counts that `pack` was given.

    Raises:
        MalformedError: the block is damaged, or is not `channels` times `count` samples.
    """
    size = channels * count
    if not 0 <= size <= MAX_SAMPLES:
        raise MalformedError(f"a waveform of {size} samples is beyond {MAX_SAMPLES}")
    inflate = zlib.decompressobj()
    try:
        octets = inflate.decompress(block, size * 4 + 1)
    except zlib.error as error:
        raise MalformedError(f"waveform block: {error}") from error
    if len(octets) != size * 4:
        raise MalformedError(f"waveform block does not hold {size} samples")
    width = count * 4
    return tuple(_counts(octets[at * width : (at + 1) * width]) for at in range(channels))


def _differences(samples: Sequence[int]) -> array[int]:
    head = samples[:1]
    return array("i", [*head, *(b - a for a, b in pairwise(samples))])


def _octets(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _counts(octets: bytes) -> array[int]:
    values = array("i")
    values.frombytes(octets)
    if sys.byteorder == "big":
        values.byteswap()
    return array("i", accumulate(values))
