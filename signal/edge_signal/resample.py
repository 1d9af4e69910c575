"""From a device's own sample clock onto a true time base, as it flows.

The output's sample m is the signal m / `to` seconds after the stream's first sample, by the clock
of the stamps. What is between two samples is what a band-limited signal has there: a sinc over 32
samples under a Kaiser window, right to 1e-4 up to 0.42 of the rate. Gaps stay gaps.

Rule: a stamp counts from the sample after it; between two stamps any split gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from edge_signal.stamps import ENOUGH, ClockLine, Stamp
from edge_signal.values import Block, Samples

HALF = 16
"""Samples on either side; what comes out is late by these."""
SHAPE = 8.0
PHASES = 512
LEARNT_S = 5.0
"""So much is held back at the start, for the first rate; with few stamps it is the nominal one."""
STEERED_S = 20.0
SLEW = 0.002
"""Being off the clock's line is made good within the former, by this part of the rate at most."""
LOWEST = 0.9
"""Of the nominal rate: below, frequencies would fold, and a filter has to go before."""


@dataclass(frozen=True, slots=True)
class Leg:
    """From a sample on, the time passes so: `seconds` at `start`, then 1 / `rate` for each."""

    start: int
    seconds: float
    rate: float

    def at(self, index: int) -> float:
        """Seconds at a sample."""
        return self.seconds + (index - self.start) / self.rate


class Resampler:
    """Blocks and stamps in, blocks of even rate out; all leads at once.

    Attributes:
        latency: samples of the input that a sample comes out later.
        clock: the line through the stamps; `clock.rate` is the device's true rate.

    Args:
        nominal: samples a second as the device states them, within 10 % of the truth.
        to: samples a second wanted.

    Raises:
        ValueError: `to` is much lower than `nominal`.
    """

    def __init__(self, nominal: float, to: float) -> None:
        if to < LOWEST * nominal:
            raise ValueError(f"{to} samples a second cannot carry what {nominal} a second can")
        self.latency = HALF
        self.clock = ClockLine(nominal)
        self._to = to
        self._learn = round(LEARNT_S * nominal)
        self._held: list[Block | None] | None = []
        self._origin = 0.0
        self._legs: list[Leg] = []
        self._line: Samples = np.empty((0, 0))
        self._first = self._end = self._next = 0
        self._flat = True

    def push(self, item: Block | Stamp, /) -> tuple[Block, ...]:
        """The samples that are now known."""
        if isinstance(item, Stamp):
            self.clock.add(item)
            if self._held is None:
                self._steer(item)
            return ()
        if not item.count:
            return ()
        if self._held is None:
            return self._take(item)
        self._held.append(item)
        first = next(one.first for one in self._held if one)
        return self._begin() if item.end - first >= self._learn else ()

    def gap(self, samples: int, /) -> tuple[Block, ...]:
        """What is held back of the samples before; the next block tells how many are missing."""
        del samples
        if self._held is None:
            return self._stop()
        if self._held and self._held[-1]:
            self._held.append(None)
        return ()

    def flush(self) -> tuple[Block, ...]:
        """What is held back."""
        return (*self._begin(), *self._stop())

    def _begin(self) -> tuple[Block, ...]:
        """With the rate learnt, or nominal where the stamps were too few, take what was held."""
        held = self._held
        if not held:
            return ()
        self._held = None
        first = next(one.first for one in held if one)
        rate = self.clock.rate if self.clock.known >= ENOUGH // 2 else self.clock.nominal
        self._legs = [Leg(first, 0.0, rate)]
        self._origin = self.clock.seconds(first)
        said: list[Block] = []
        for one in held:
            said += self._take(one) if one else self._stop()
        return tuple(said)

    def _take(self, item: Block) -> tuple[Block, ...]:
        if not self._line.size:
            self._line = np.repeat(item.leads[:, :1], HALF, axis=1)
            self._first = item.first - HALF
            self._next = int(np.ceil(self._leg(item.first).at(item.first) * self._to - 1e-9))
        self._flat = item.samples.ndim == 1
        self._line = np.hstack([self._line, item.leads])
        self._end = item.end
        return self._said(item.end)

    def _leg(self, index: int) -> Leg:
        """The one that a sample is on."""
        return next(leg for leg in reversed(self._legs) if leg.start <= index)

    def _steer(self, stamp: Stamp) -> None:
        """From the next sample on go towards the line of the stamps."""
        if not self._legs:
            return
        if len(self._legs) > 1 and self._legs[-1].start >= self._end:
            self._legs.pop()
        last = self._legs[-1]
        start = max(stamp.index + 1, self._end, last.start + 1)
        off = self.clock.seconds(start) - self._origin - last.at(start)
        slew = min(SLEW, max(-SLEW, off / STEERED_S)) if self.clock.believed else 0.0
        self._legs.append(Leg(start, last.at(start), self.clock.rate * (1 - slew)))

    def _stop(self) -> tuple[Block, ...]:
        """The signal ends here: say the rest of it, as if the last sample stayed."""
        if not self._line.size:
            return ()
        self._line = np.hstack([self._line, np.repeat(self._line[:, -1:], HALF, axis=1)])
        said = self._said(self._end + HALF)
        self._line = np.empty((0, 0))
        return said

    def _said(self, end: int) -> tuple[Block, ...]:
        """What can be told of the samples before `end`."""
        places = self._places(end - HALF)
        if not len(places):
            return ()
        first, self._next = self._next, self._next + len(places)
        leads = interpolated(self._line, places, self._first)
        keep = int(places[-1]) - HALF - self._first
        self._line, self._first = self._line[:, keep:], self._first + keep
        return (Block(first, leads[0] if self._flat else leads),)

    def _places(self, stop: int) -> Samples:
        """Where in the input the next samples of the output are, up to before `stop`."""
        found: list[Samples] = []
        wanted = self._next
        ends = [*(leg.start for leg in self._legs[1:]), stop]
        for leg, end in zip(self._legs, ends, strict=True):
            until = min(stop, end)
            count = int(np.ceil(leg.at(until) * self._to)) - wanted + 1
            moments = (wanted + np.arange(max(0, count))) / self._to
            places = leg.start + (moments - leg.seconds) * leg.rate
            found.append(places[places < until])
            wanted += len(found[-1])
        self._legs = self._legs[sum(end <= stop for end in ends[:-1]) :]
        return np.concatenate(found)


def interpolated(line: Samples, places: Samples, first: int) -> Samples:
    """Samples of (channels, n) at places between them, each at least `HALF` from both ends.

    The places count as the samples do, of which `first` is the first one.

    Tap by tap: a sum over an axis would depend on how many places there are, in its last bit.
    """
    whole = np.floor(places)
    phase = (places - whole) * PHASES
    row = phase.astype(np.int64)
    part = (phase - row)[:, None]
    taps = _table()[row] * (1 - part) + _table()[row + 1] * part
    start = whole.astype(np.int64) - first - HALF + 1
    out = np.zeros((len(line), len(places)))
    for tap in range(2 * HALF):
        out += taps[:, tap] * line[:, start + tap]
    return out


@lru_cache(maxsize=1)
def _table() -> Samples:
    """Taps for each phase between two samples; each row adds up to 1, so a level stays."""
    late = np.arange(PHASES + 1)[:, None] / PHASES
    apart = np.arange(1 - HALF, HALF + 1) - late
    bell = np.i0(SHAPE * np.sqrt(np.maximum(0, 1 - (apart / HALF) ** 2)))
    taps: Samples = np.sinc(apart) * bell
    normal: Samples = taps / taps.sum(axis=1, keepdims=True)
    return normal
