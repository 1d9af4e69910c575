"""Waveform blocks in the fewest octets: prediction with fitted taps, and a code that learns.

A block is CRC-32 (little-endian) and what `rans.written` made of, for each channel: a `Head`, and
one residual for each sample. A sample is predicted from those before it and from the channels
before it, at the same moment and a few samples around; the residual's code follows the size of the
latest residuals. All of it is integer arithmetic, so it is exact on any machine. The decoder is
here, in plain Python, for whoever reads a `Waveform`; the encoder, which needs numpy, is
`edge_signal.lossless`. docs/decisions/105 says why.
"""

from __future__ import annotations

import zlib
from array import array
from itertools import repeat
from operator import mul
from typing import NamedTuple

from edge_agent.model import rans
from edge_agent.model.errors import MalformedError

ENCODING = "s32-taps-rans"
MAX_SAMPLES = 1_000_000
CRC_OCTETS = 4
MOST_AROUND = 7
PAD = 128
FLOOR = 256
_BEYOND = 2**33


class Memory(NamedTuple):
    """How past residuals tell the next one's size: four windows and their weights in 1/1024."""

    spans: tuple[int, int, int, int]
    weights: tuple[int, int, int, int]


MEMORIES = (
    Memory((2, 6, 20, 80), (128, 60, 13, 2)),
    Memory((1, 3, 10, 80), (307, 137, 26, 1)),
)


class Head(NamedTuple):
    """What the decoder is told of a channel.

    Attributes:
        origin: the first sample; all are counted from it.
        own: taps on the channel's own past, 0 to 31.
        around: 0, or taps on each channel before: from `around - 1` samples before to as many
            after, 1 to 7.
        shift: taps are in 2**-shift, 0 to 15.
        bias: added to each prediction, quarter counts.
        shape: which of `rans.SHAPES`.
        memory: which of `MEMORIES`.
        gain: quarter octaves by which residuals are larger than the memory says, -8 to 7.
        start: residuals before the block are taken as 2**start / 8 counts, 0 to 63.
        taps: own, the oldest sample first, then of each channel before.
    """

    origin: int
    own: int
    around: int
    shift: int
    bias: int
    shape: int
    memory: int
    gain: int
    start: int
    taps: tuple[int, ...]

    def slots(self) -> list[rans.Slot]:
        """The head in the block."""
        level = tap_level(self.taps)
        slots = rans.signed(self.origin) + rans.signed(self.bias)
        slots += rans.raw(self.own, 5) + rans.raw(self.around, 3) + rans.raw(self.shift, 4)
        slots += rans.raw(self.shape, 2) + rans.raw(self.memory, 1) + rans.raw(self.gain + 8, 4)
        slots += rans.raw(self.start, 6) + rans.raw(level, 6)
        return slots + [slot for tap in self.taps for slot in rans.number(tap, 2, level)]


def tap_level(taps: tuple[int, ...]) -> int:
    """The level at which these taps take the fewest octets, roughly: their mean size."""
    mean = sum(map(abs, taps)) / max(1, len(taps))
    return min(63, (int(1 + 8 * mean) ** 4).bit_length())


def head(reader: rans.Reader, before: int) -> Head:
    """Read a channel's head, `before` channels in."""
    origin, bias = reader.signed(), reader.signed()
    own, around, shift = (reader.raw(bits) for bits in (5, 3, 4))
    shape, memory, gain, start = (reader.raw(bits) for bits in (2, 1, 4, 6))
    if shape >= len(rans.SHAPES):
        raise MalformedError(f"a lossless block names shape {shape}, there are 0 to 2")
    level = reader.raw(6)
    width = own + before * max(0, 2 * around - 1)
    taps = tuple(reader.number(2, level) for _ in range(width))
    return Head(origin, own, around, shift, bias, shape, memory, gain - 8, start, taps)


def unpack(block: bytes, channels: int, count: int) -> tuple[array[int], ...]:
    """The counts of each channel.

    Raises:
        MalformedError: the block is damaged, or is not `channels` times `count` samples.
    """
    if not 0 <= channels * count <= MAX_SAMPLES:
        raise MalformedError(f"a waveform of {channels * count} samples is beyond {MAX_SAMPLES}")
    octets = block[CRC_OCTETS:]
    if len(block) < CRC_OCTETS or zlib.crc32(octets) != int.from_bytes(
        block[:CRC_OCTETS], "little"
    ):
        raise MalformedError("the checksum of a lossless block is wrong")
    reader = rans.Reader(octets)
    rows: list[list[int]] = []
    found: list[array[int]] = []
    for _ in range(channels if count else 0):
        told = head(reader, len(rows))
        row = _row(reader, told, rows, count)
        rows.append(row)
        found.append(_counts(row[PAD : PAD + count], told.origin))
    reader.end()
    return tuple(found) if count else tuple(array("i") for _ in range(channels))


def _counts(row: list[int], origin: int) -> array[int]:
    try:
        return array("i", [one + origin for one in row])
    except OverflowError:
        raise MalformedError("a lossless block holds samples beyond 32 bits") from None


def _row(reader: rans.Reader, told: Head, rows: list[list[int]], count: int) -> list[int]:
    """A channel counted from its origin, padded on both sides with its end values."""
    row = [0] * PAD
    sums = [at * ((1 << told.start) >> 1) for at in range(PAD + 1)]
    shape, spans, weights = rans.SHAPES[told.shape], *MEMORIES[told.memory]
    first, own, reach, shift, bias = told.taps[: told.own], told.own, told.around, *told[3:5]
    others = told.taps[own:]
    for at in range(PAD, PAD + count):
        exact = sum(map(mul, first, row[at - own :]))
        if reach:
            near = [one for other in rows for one in other[at - reach + 1 : at + reach]]
            exact += sum(map(mul, others, near))
        base, phase = divmod((exact << 2 >> shift) + bias, 4)
        sum_now = sums[at]
        spread = FLOOR
        for span, weight in zip(spans, weights, strict=True):
            spread += weight * (sum_now - sums[at - span])
        residual = reader.number(shape, rans.level(spread) + told.gain, phase)
        if not -_BEYOND < base + residual < _BEYOND:
            raise MalformedError("a lossless block holds samples beyond 32 bits")
        row.append(base + residual)
        sums.append(sum_now + abs(4 * residual - phase))
    row.extend(repeat(row[-1], MOST_AROUND))
    return row
