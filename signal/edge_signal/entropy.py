"""Which code suits a channel's residuals best, and its slots: all residuals at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge_agent.model import rans
from edge_agent.model.lossless import MEMORIES, Head
from edge_signal.predictors import Ints, Residuals, initial, spreads

_COARSE = range(-8, 8, 3)
_ALONE = 12
_LAST = rans.ROWS - 1
_SYMBOLS = 2 * rans.table(rans.SHAPES[0], _LAST, 0).reach + 2
_ESCAPE_BITS = 20.0


class _Codes(NamedTuple):
    """All tables: (shape, level, phase, symbol)."""

    starts: Ints
    widths: Ints
    bits: NDArray[np.float64]


class _Places(NamedTuple):
    """Where residuals are in the tables, and the low bits that go beside."""

    level: Ints
    phase: Ints
    symbol: Ints
    low: Ints
    rest: Ints


def choose(head: Head, left: Residuals) -> Iterator[rans.Slot]:
    """The slots of a channel: its head, completed with the code that costs least, and its samples.

    Args:
        head: says how the residuals came about.
        left: the residuals.
    """
    sizes = left.sizes()
    start = initial(sizes)
    levels = [_levels(spreads(sizes, memory, start)) for memory in MEMORIES]

    def cheapest(memory: int, gains: Iterable[int]) -> tuple[float, int, int, int]:
        return min((*_cost(levels[memory] + gain, left), memory, gain) for gain in gains)

    _, _, memory, gain = min(cheapest(memory, _COARSE) for memory in range(len(MEMORIES)))
    near = range(max(-8, gain - 2), min(7, gain + 2) + 1)
    _, shape, memory, gain = cheapest(memory, near)
    yield from head._replace(shape=shape, memory=memory, gain=gain, start=start).slots()
    yield from _slots(shape, levels[memory] + gain, left)


def _cost(levels: Ints, left: Residuals) -> tuple[float, int]:
    """Bits with the best shape, and which that is."""
    places = _places(levels, left)
    bits = _codes().bits[:, places.level, places.phase, places.symbol].sum(axis=1)
    shape = int(bits.argmin())
    return float(bits[shape] + places.low.sum()), shape


def _slots(shape: int, levels: Ints, left: Residuals) -> Iterator[rans.Slot]:
    places = _places(levels, left)
    codes = _codes()
    at = (shape, places.level, places.phase, places.symbol)
    widths = np.where(_escapes(places) | (places.low > _ALONE), 0, codes.widths[at])
    rows = (codes.starts[at], widths, places.low, places.rest, levels, left.phase, left.whole)
    for begin, width, low, rest, level, phase, whole in zip(*map(Ints.tolist, rows), strict=True):
        if not width:
            yield from rans.number(whole, rans.SHAPES[shape], level, phase)
            continue
        yield begin, width
        if low:
            yield rest << rans.BITS - low, 1 << rans.BITS - low


def _places(levels: Ints, left: Residuals) -> _Places:
    folded = np.maximum(levels, 0)
    low = np.maximum(0, (folded - rans.ROWS + 4) // 4)
    level = folded - 4 * low
    half = np.where(low > 0, np.int64(1) << np.maximum(low - 1, 0), 0)
    raised = left.whole + half
    high = raised >> low
    reach = _reach()[level]
    inside = np.abs(high) <= reach
    symbol = np.where(inside, high + reach, 2 * reach + 1)
    return _Places(level, np.where(low > 0, 0, left.phase), symbol, low, raised - (high << low))


def _escapes(places: _Places) -> NDArray[np.bool_]:
    return places.symbol > 2 * _reach()[places.level]


@cache
def _reach() -> Ints:
    shape = rans.SHAPES[0]
    return np.array([rans.table(shape, level, 0).reach for level in range(rans.ROWS)])


@cache
def _codes() -> _Codes:
    starts = np.full((len(rans.SHAPES), rans.ROWS, 4, _SYMBOLS + 1), 1 << rans.BITS, dtype=np.int64)
    extra = np.zeros((*starts.shape[:-1], _SYMBOLS))
    for at, row, phase in product(range(len(rans.SHAPES)), range(rans.ROWS), range(4)):
        table = rans.table(rans.SHAPES[at], row, phase)
        starts[at, row, phase, : len(table.starts)] = table.starts
        extra[at, row, phase, len(table.starts) - 1] = _ESCAPE_BITS
    widths = np.diff(starts)
    return _Codes(starts[..., :-1], widths, rans.BITS - np.log2(np.maximum(widths, 1)) + extra)


def _levels(found: Ints) -> Ints:
    """Quarter octaves, `rans.fold`'s argument."""
    return np.searchsorted(_thresholds(), found, side="right") - 1


@cache
def _thresholds() -> Ints:
    """The least spread of each level: the first whose fourth power has level + 33 bits."""
    roots = [isqrt(isqrt(1 << level)) for level in range(32, 4 * 62)]
    return np.array([root + (root**4 < 1 << 32 + at) for at, root in enumerate(roots)])
