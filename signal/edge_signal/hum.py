"""Mains hum subtracted as what it is, a sine, and no notch: nothing rings after a QRS complex.

Whether there is hum, at 50 or at 60 Hz, how strong and at which frequency it is, is found as it
flows (`phasors`); what is not hum stays, at 50 Hz too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge_signal.phasors import Fit, Phasors, components, wave
from edge_signal.values import Block, Samples

CELL_S = 0.02
LOOK_CELLS = 10
"""A cell is mended once this many more are known: 0.2 s."""
TUNED_CELLS = 10
TOLD_CELLS = 50
HEARD_MV = 0.01
"""Less is no hum that anybody sees: 0.2 mm of a sheet from crest to trough."""


NOTHING: Samples = np.empty(0)


@dataclass(frozen=True, slots=True)
class Hum:
    """The mains, as heard at some time.

    Attributes:
        index: the sample.
        nominal: 50 or 60 Hz; None where there is no hum.
        hz: its true frequency, where there is hum.
        amplitudes: of the fundamental in each lead, mV.
    """

    index: int
    nominal: float | None
    hz: float
    amplitudes: tuple[float, ...]


class MainsCanceller:
    """Takes 50 and 60 Hz and their second and third harmonics away; all leads at once.

    Exact: any split of the input gives the same output to the last bit.

    Attributes:
        latency: a sample comes out this many samples later at most.
        delay: what the index of a wave is late by: nothing.

    Args:
        rate: samples a second; a component that it cannot carry stays.
        heard: is told about once a second what is heard.
    """

    delay = 0.0

    def __init__(self, rate: float, heard: Callable[[Hum], None] | None = None) -> None:
        self._rate, self._heard = rate, heard
        self._cell = max(1, round(CELL_S * rate))
        self.latency = (LOOK_CELLS + 1) * self._cell
        self._late = LOOK_CELLS * self._cell
        self._phasors = Phasors(rate, self._cell, self._late + (self._cell + 1) / 2)
        self._line: Samples = NOTHING
        self._done = self._in = self._out = self._cells = 0

    def push(self, item: Block, /) -> tuple[Block, ...]:
        """The samples that are now known."""
        if not item.count:
            return ()
        if not self._line.size:
            self._begin(item)
        self._line = np.concatenate([self._line, item.samples], axis=-1)
        first, said = self._out, list[Samples]()
        while self._line.shape[-1] - self._done >= self._cell:
            said += self._step()
        return (Block(first, np.concatenate(said, axis=-1)),) if said else ()

    def gap(self, samples: int, /) -> tuple[Block, ...]:
        """What is held back, mended as far as is known; then start anew."""
        del samples
        return self.flush()

    def flush(self) -> tuple[Block, ...]:
        """What is held back, mended as far as is known."""
        if not self._line.size:
            return ()
        start = self._done - (self._in - self._out)
        held = self._line[..., start:]
        said = Block(
            self._out, self._mended(held, self._phasors.fit(self._in)) if self._cells else held
        )
        self._line = NOTHING
        self._phasors.reset()
        return (said,)

    def _begin(self, item: Block) -> None:
        """As if the first sample had always been.

        `_line` holds samples; the first `_done` columns of it, to index `_in`, are known to the
        phasors, and those to index `_out` have been said.
        """
        self._done = max(self._phasors.window, self._late + self._cell)
        self._in = self._out = item.first
        self._cells = 0
        self._line = np.repeat(item.samples[..., :1], self._done, axis=-1)

    def _step(self) -> list[Samples]:
        """Hear one cell more; mend the one that is now known well enough."""
        self._done += self._cell
        self._in += self._cell
        self._cells += 1
        window = self._line[..., self._done - self._phasors.window : self._done]
        self._phasors.take(window.reshape(-1, self._phasors.window), self._in)
        if self._cells % TUNED_CELLS == 0:
            self._phasors.tune()
        said: list[Samples] = []
        if self._cells > LOOK_CELLS:
            fit = self._phasors.fit(self._in)
            stop = self._done - self._late
            said = [self._mended(self._line[..., stop - self._cell : stop], fit)]
            self._tell(fit)
            self._out += self._cell
        self._line, self._done = self._line[..., self._cell :], self._done - self._cell
        return said

    def _mended(self, held: Samples, fit: Fit) -> Samples:
        indices = self._out + np.arange(held.shape[-1], dtype=np.float64)
        hum = wave(fit, indices, self._rate)
        return held - hum.reshape(held.shape)

    def _tell(self, fit: Fit) -> None:
        if self._heard is None or self._cells % TOLD_CELLS:
            return
        self._heard(loudest(fit, components(self._rate)))


def loudest(fit: Fit, kept: tuple[tuple[float, int], ...]) -> Hum:
    """The stronger of the mains, if either is there."""
    index = round(fit.at)
    amplitudes = np.abs(fit.level)
    basic = [at for at, (_, number) in enumerate(kept) if number == 1]
    best = max(basic, key=lambda at: float(amplitudes[at].max()), default=None)
    if best is None or amplitudes[best].max() < HEARD_MV:
        return Hum(index, None, 0.0, ())
    found = tuple(float(one) for one in amplitudes[best])
    return Hum(index, kept[best][0], float(fit.hz[best]), found)
