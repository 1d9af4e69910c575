"""Linear systems as one matrix product per hop: exact for any split, and without `scipy.signal`.

A system's answer to a hop of samples and its state after it are linear in the samples and the state
before: [outputs, state'] = [samples, state] @ matrix. The matrix is tabulated once, by running the
plain recursion over unit vectors.

The rule: every product has the same shape and the same operands at the same places, however the
input is cut. A hop that is not yet full is filled with zeros; causality puts zeros in the matrix
where later samples would act on earlier outputs, so these outputs have their last bit already.
"""

from __future__ import annotations

import numpy as np

from edge_signal.sections import Section
from edge_signal.values import Samples

HOP = 32
"""Samples per product: large enough to spare calls, small enough for the cache."""


class Linear:
    """A causal linear system with a state; it starts as if the first sample had always been.

    Args:
        matrix: (hop + states, outputs * hop + states), see above.
        rest: the state after a constant 1 for ever.
        hop: samples per product.
        outputs: signals that come out for each that goes in.
    """

    def __init__(self, matrix: Samples, rest: Samples, hop: int, outputs: int = 1) -> None:
        self._matrix = matrix
        self._hop = hop
        self._outputs = outputs
        self._rest = rest
        self._work: Samples = np.empty((0, 0))
        self._fill = 0

    def reset(self) -> None:
        """Forget; the next sample starts a new signal."""
        self._work = np.empty((0, 0))
        self._fill = 0

    def push(self, leads: Samples) -> Samples:
        """Answer to samples of shape (channels, n), with shape (outputs, channels, n)."""
        channels, count = leads.shape
        answer = np.empty((self._outputs, channels, count))
        if count and not self._work.size:
            self._work = self._steady(leads[:, 0])
        at = 0
        while at < count:
            at += self._advance(leads[:, at:], answer[:, :, at:])
        return answer

    def _steady(self, level: Samples) -> Samples:
        work = np.zeros((len(level), self._matrix.shape[0]))
        work[:, self._hop :] = np.multiply.outer(level, self._rest)
        return work

    def _advance(self, leads: Samples, answer: Samples) -> int:
        work, start = self._work, self._fill
        stop = min(self._hop, start + int(leads.shape[1]))
        taken = stop - start
        work[:, start:stop] = leads[:, :taken]
        done = work @ self._matrix
        for output in range(self._outputs):
            begin = output * self._hop
            answer[output, :, :taken] = done[:, begin + start : begin + stop]
        self._fill = stop % self._hop
        if self._fill == 0:
            work[:, : self._hop] = 0
            work[:, self._hop :] = done[:, self._outputs * self._hop :]
        return taken


def recursive(sections: tuple[Section, ...], hop: int = HOP) -> Linear:
    """A cascade of second-order sections."""
    states = 2 * len(sections)
    unit = np.eye(hop + states)
    samples, state = unit[:, :hop].copy(), unit[:, hop:].copy()
    for at, section in enumerate(sections):
        samples, state[:, 2 * at : 2 * at + 2] = _plain(
            section, samples, state[:, 2 * at : 2 * at + 2]
        )
    return Linear(np.hstack([samples, state]), _rest(sections), hop)


def _rest(sections: tuple[Section, ...]) -> Samples:
    """The state of each section after a constant 1 for ever at the head of the cascade."""
    level, state = 1.0, list[float]()
    for s in sections:
        out = level * (s.b0 + s.b1 + s.b2) / (1 + s.a1 + s.a2)
        second = s.b2 * level - s.a2 * out
        state += (s.b1 * level - s.a1 * out + second, second)
        level = out
    return np.array(state)


def _plain(section: Section, samples: Samples, state: Samples) -> tuple[Samples, Samples]:
    """Transposed direct form II, sample by sample, over all rows at once."""
    out = np.empty_like(samples)
    first, second = state[:, 0].copy(), state[:, 1].copy()
    for n in range(samples.shape[1]):
        x = samples[:, n]
        y = section.b0 * x + first
        first = section.b1 * x - section.a1 * y + second
        second = section.b2 * x - section.a2 * y
        out[:, n] = y
    return out, np.stack([first, second], axis=1)


def kernels(taps: Samples, hop: int = HOP) -> Linear:
    """Several finite kernels over the same signal: `taps` has shape (outputs, length)."""
    outputs, length = taps.shape
    past = int(length) - 1
    line = np.roll(np.arange(past + hop, dtype=np.int64), hop)
    matrix = np.zeros((hop + past, outputs * hop + past))
    for output in range(outputs):
        for n in range(hop):
            lag = past + n - line
            inside = (lag >= 0) & (lag < length)
            matrix[inside, output * hop + n] = taps[output][lag[inside]]
    for kept in range(past):
        matrix[np.flatnonzero(line == hop + kept), outputs * hop + kept] = 1
    return Linear(matrix, np.ones(past), hop, outputs)
