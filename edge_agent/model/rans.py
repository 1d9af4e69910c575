"""The entropy code of lossless waveform blocks: range asymmetric numeral systems, in integers.

Rule: the same tables on every machine. Only what IEEE 754 rounds exactly is used to make them
(`+ - * /` and the square root, one at a time), so a block of an arm64 gateway is read on x86-64.

Source: J. Duda, "Asymmetric numeral systems", arXiv:1311.2540; state of 32 bits, words of 16.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from math import sqrt
from typing import NamedTuple

from edge_agent.model.errors import MalformedError

BITS = 15
SHAPES = (2, 4, 8)
ROWS = 29
_TOTAL = 1 << BITS
_LOW = 1 << 16
_WORD_BITS = 16
_LENGTH_BITS = 6


Slot = tuple[int, int]
"""A symbol's place in the code: where it starts and how wide it is, of 2**15."""


class Table(NamedTuple):
    """The code of integers -reach to reach, and last of an escape: where each begins."""

    reach: int
    starts: tuple[int, ...]


def level(spread: int) -> int:
    """Quarter octaves by which residuals of some spread are above a sixteenth of a count.

    Args:
        spread: their mean size, in 1/4096 counts, at least 256.
    """
    return (spread**4).bit_length() - 33


def fold(octaves4: int) -> tuple[int, int]:
    """The table for a level (any, in quarter octaves), and how many low bits go beside it."""
    low = max(0, (octaves4 - ROWS + 4) // 4)
    return max(octaves4, 0) - 4 * low, low


@cache
def table(shape: int, row: int, phase: int) -> Table:
    """Student's t with an even number of degrees of freedom, in cells of one count.

    Args:
        shape: degrees of freedom: 2, 4 or 8.
        row: 0 to 28; the scale is 2**(row / 4 - 4) counts.
        phase: the middle, in quarter counts, 0 to 3.
    """
    reach = 3 + (1 << row // 4 >> 1)
    scale = _quarter_octaves(row) / 16
    edges = [(at - 0.5 - phase / 4) / scale for at in range(-reach, reach + 2)]
    free = _TOTAL - len(edges)
    floors = [int(_below(edge, shape) * free) + at for at, edge in enumerate(edges)]
    return Table(reach, tuple(one - floors[0] for one in floors))


def _quarter_octaves(row: int) -> float:
    return float(1 << row // 4) * (1.0, sqrt(sqrt(2.0)), sqrt(2.0), sqrt(sqrt(8.0)))[row % 4]


def _below(x: float, shape: int) -> float:
    """The distribution function: Abramowitz and Stegun 26.7.4, even degrees of freedom."""
    sine = x / sqrt(shape + x * x)
    cosine2 = shape / (shape + x * x)
    total = term = 1.0
    for at in range(1, shape // 2):
        term = term * cosine2 * (2 * at - 1) / (2 * at)
        total = total + term
    return 0.5 + 0.5 * sine * total


def raw(value: int, bits: int) -> list[Slot]:
    """The slots of a natural number sent as it is, the highest bits first."""
    slots: list[Slot] = []
    while bits > 0:
        part = min(bits, 12)
        bits -= part
        width = _TOTAL >> part
        slots.append(((value >> bits & ((1 << part) - 1)) * width, width))
    return slots


def signed(value: int) -> list[Slot]:
    """The slots of any integer below 2**61 in size, when nothing is known of it."""
    folded = value << 1 if value >= 0 else (-value << 1) - 1
    bits = folded.bit_length()
    return raw(bits, _LENGTH_BITS) + raw(folded, bits)


def number(value: int, shape: int, octaves4: int, phase: int = 0) -> list[Slot]:
    """The slots of an integer that is expected to be small; see `Reader.number`."""
    row, low = fold(octaves4)
    high, rest = _split(value, low)
    reach, starts = table(shape, row, 0 if low else phase)
    at = high + reach
    if 0 <= at <= 2 * reach:
        return [(starts[at], starts[at + 1] - starts[at]), *raw(rest, low)]
    return [(starts[-1], _TOTAL - starts[-1]), *signed(value)]


def _split(value: int, low: int) -> tuple[int, int]:
    """The high part, rounded to the nearest, and the `low` low bits."""
    if not low:
        return value, 0
    raised = value + (1 << low - 1)
    return raised >> low, raised & ((1 << low) - 1)


def written(slots: Iterable[Slot]) -> bytes:
    """The octets from which a `Reader` takes these slots in this order; the last comes first."""
    state, words = _LOW, list[int]()
    for start, width in reversed(list(slots)):
        if state >= width << 32 - BITS:
            words.append(state & 0xFFFF)
            state >>= _WORD_BITS
        state = (state // width << BITS) + state % width + start
    words += state & 0xFFFF, state >> _WORD_BITS
    return struct.pack(f"<{len(words)}H", *reversed(words))


class Reader:
    """Takes what `written` was given.

    Raises:
        MalformedError: from any method, when the octets end before what is asked for.
    """

    def __init__(self, octets: bytes) -> None:
        if len(octets) < 4 or len(octets) % 2:
            raise MalformedError(f"a lossless block of {len(octets)} octets is cut short")
        high, low, *words = struct.unpack(f"<{len(octets) // 2}H", octets)
        self._state: int = high << _WORD_BITS | low
        self._words = iter(words)

    def raw(self, bits: int) -> int:
        """A natural number of so many bits."""
        value = 0
        while bits > 0:
            part = min(bits, 12)
            bits -= part
            got = (self._state & _TOTAL - 1) >> BITS - part
            self._step(got << BITS - part, _TOTAL >> part)
            value = value << part | got
        return value

    def signed(self) -> int:
        """Any integer."""
        folded = self.raw(self.raw(_LENGTH_BITS))
        return -(folded + 1 >> 1) if folded & 1 else folded >> 1

    def number(self, shape: int, octaves4: int, phase: int = 0) -> int:
        """An integer that is expected to be small.

        Args:
            shape: degrees of freedom of its distribution.
            octaves4: how small, see `level`.
            phase: where its middle is, in quarters.
        """
        row, low = fold(octaves4)
        reach, starts = table(shape, row, 0 if low else phase)
        slot = self._state & _TOTAL - 1
        at = bisect_right(starts, slot) - 1
        if at > 2 * reach:
            self._step(starts[at], _TOTAL - starts[at])
            return self.signed()
        self._step(starts[at], starts[at + 1] - starts[at])
        return at - reach if not low else (at - reach << low) + self.raw(low) - (1 << low - 1)

    def end(self) -> None:
        """Nothing is left, and nothing was wrong.

        Raises:
            MalformedError: otherwise.
        """
        if self._state != _LOW or next(self._words, None) is not None:
            raise MalformedError("a lossless block holds something else than its samples")

    def _step(self, start: int, width: int) -> None:
        state = self._state
        state = width * (state >> BITS) + (state & _TOTAL - 1) - start
        if state < _LOW:
            try:
                state = state << _WORD_BITS | next(self._words)
            except StopIteration:
                raise MalformedError("a lossless block ends too early") from None
        self._state = state
