"""Which taps predict a channel of a waveform best: a few shapes are fitted, the cheapest is taken.

Fitted by weighted least squares: a sample weighs the less the larger the errors around it, so that
taps suit the many quiet samples and not the few of a QRS complex. Everything a decoder repeats
(`Predictor.residuals`) is in integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge_agent.model.lossless import FLOOR, MEMORIES, PAD, Head, Memory, tap_level

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FITTED = ((16, 3), (16, 0), (8, 2), (8, 0), (3, 1), (3, 0), (0, 1))
"""Taps on the past, and around on the channels before (`Head.own`, `Head.around`); widest first."""
POLYNOMIALS = ((), (1,), (-1, 2), (1, -3, 3))
"""Taps that need no fitting, for short blocks."""
SHIFTS = (8, 11)
LEAST_FITTED = 64
_OWN, _AROUND = FITTED[0]
_SMOOTH = 10
_LARGEST_TAP = 2**18
_LARGEST = 2**45


class Residuals(NamedTuple):
    """What prediction leaves over, one for each sample.

    Attributes:
        whole: counts from the whole part of the prediction.
        phase: the rest of the prediction, quarter counts.
    """

    whole: Ints
    phase: Ints

    def sizes(self) -> Ints:
        """How far off the prediction was, quarter counts."""
        off: Ints = 4 * self.whole - self.phase
        return np.abs(off)


class Predictor(NamedTuple):
    """Taps as in `lossless.Head`."""

    own: int
    around: int
    shift: int
    taps: tuple[int, ...]
    bias: int = 0

    def head(self, origin: int) -> Head:
        """The head of a block that predicts so; its code is still to be chosen."""
        return Head(origin, self.own, self.around, self.shift, self.bias, 0, 0, 0, 0, self.taps)

    def residuals(self, counts: Ints, before: Sequence[Ints]) -> Residuals:
        """What is left of `counts`, given the padded channels before."""
        exact = np.zeros(len(counts), dtype=np.int64)
        for tap, row in zip(self.taps, _rows(self, padded(counts), before), strict=True):
            exact += tap * row
        quarters = (exact * 4 >> self.shift) + self.bias
        return Residuals(counts - (quarters >> 2), quarters & 3)


def padded(counts: Ints) -> Ints:
    """With zeros before and the last one repeated behind, as the decoder keeps it."""
    return np.concatenate((np.zeros(PAD, np.int64), counts, np.full(PAD, counts[-1])))


def best_predictor(counts: Ints, before: Sequence[Ints]) -> Predictor:
    """The one that leaves the least, its own octets included.

    Args:
        counts: of the channel, the first being 0.
        before: the channels before it, padded.
    """
    polynomials = [Predictor(len(taps), 0, 0, taps) for taps in POLYNOMIALS]
    found = [(_cost(one, one.residuals(counts, before).sizes()), one) for one in polynomials]
    if len(counts) >= LEAST_FITTED:
        found += _fitted(counts, before)
    return min(found)[1]


def _cost(predictor: Predictor, sizes: Ints) -> float:
    """Bits, roughly: those of Student's t with four degrees of freedom, and of the taps."""
    spread = spreads(sizes, MEMORIES[0], initial(sizes))
    outside = (sizes * 1024.0 / spread) ** 2
    taps = len(predictor.taps) * (2 + tap_level(predictor.taps) / 4)
    return float(np.log2(spread).sum() + 2.5 * np.log2(1 + outside / 4).sum() + taps)


def spreads(sizes: Ints, memory: Memory, start: int) -> Ints:
    """What the decoder expects of each residual when its turn comes, in 1/4096 counts."""
    count, before = len(sizes), (1 << start) >> 1
    sums = np.concatenate((np.arange(PAD + 1) * before, PAD * before + sizes.cumsum()))
    found = np.full(count, FLOOR, dtype=np.int64)
    for span, weight in zip(memory.spans, memory.weights, strict=True):
        found += weight * (sums[PAD : PAD + count] - sums[PAD - span : PAD - span + count])
    return found


def initial(sizes: Ints) -> int:
    """`Head.start` for residuals of these sizes."""
    return int(sizes[:16].mean()).bit_length()


def _fitted(counts: Ints, before: Sequence[Ints]) -> Iterator[tuple[float, Predictor]]:
    widest = Predictor(_OWN, _AROUND if before else 0, 0, ())
    rows = np.array([*_rows(widest, padded(counts), before), np.ones_like(counts)], np.float64)
    target = counts.astype(np.float64)
    left = np.diff(target, 2, prepend=(0, 0))
    left = target - _mixed(_solved(*_gram(rows, target, left)), rows)
    gram, moment = _gram(rows, target, left)
    for own, around in FITTED:
        if before or not around:
            part = _part(own, around, len(before))
            taps = _solved(gram[np.ix_(part, part)], moment[part])[:-1]
            for shift in SHIFTS:
                whole = np.clip(np.rint(taps * 2.0**shift), -_LARGEST_TAP, _LARGEST_TAP)
                left = target - _mixed(whole / 2**shift, rows[part[:-1]])
                bias = round(4 * _middle(left))
                found = Predictor(own, around, shift, tuple(int(one) for one in whole), bias)
                sizes = np.rint(np.minimum(np.abs(4 * left - bias), _LARGEST)).astype(np.int64)
                yield _cost(found, sizes), found


def _gram(rows: Floats, target: Floats, left: Floats) -> tuple[Floats, Floats]:
    """The normal equations, samples weighed by what was left around them."""
    sums = np.pad(np.abs(left), (_SMOOTH + 1, _SMOOTH), "edge").cumsum()
    around = (sums[2 * _SMOOTH + 1 :] - sums[: -2 * _SMOOTH - 1]) / (2 * _SMOOTH + 1)
    weighed = rows / (around + 0.5) ** 2
    gram: Floats = np.einsum("it,jt->ij", weighed, rows)  # no BLAS: its threads cost more than that
    moment: Floats = np.einsum("it,t->i", weighed, target)
    return gram, moment


def _mixed(taps: Floats, rows: Floats) -> Floats:
    mixed: Floats = np.einsum("i,it->t", taps, rows)
    return mixed


def _middle(left: Floats) -> float:
    """The mean of most: what is more than a count from the median counts as one."""
    median = float(np.median(left))
    return median + float(np.clip(left - median, -1, 1).mean())


def _solved(gram: Floats, moment: Floats) -> Floats:
    ridge = 1e-7 * np.trace(gram) / len(gram) + 1e-12
    return np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), moment), np.float64)


def _part(own: int, around: int, channels: int) -> list[int]:
    """Which rows of the widest shape a narrower one has."""
    part = list(range(_OWN - own, _OWN))
    middle = [_OWN + (2 * _AROUND - 1) * at + _AROUND - 1 for at in range(channels)]
    part += [one + k for one in middle for k in range(1 - around, around)]
    return [*part, _OWN + (2 * _AROUND - 1) * channels]


def _rows(shape: Predictor, counts: Ints, before: Sequence[Ints]) -> Iterator[Ints]:
    """What each tap is multiplied with."""
    count = len(counts) - 2 * PAD
    for lag in range(shape.own, 0, -1):
        yield counts[PAD - lag : PAD - lag + count]
    for other in before:
        for k in range(1 - shape.around, shape.around):
            yield other[PAD + k : PAD + k + count]
