"""Every place where a QRS complex could be, with what can be measured there; nothing is decided.

A candidate is a local maximum of the envelope in the QRS band, the only one within 0.1 s on both
sides. Rule of this file: what a candidate holds depends on the samples around it alone, never on
how they were cut or on what was decided before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge_signal.linear import Linear, kernels
from edge_signal.values import Block, Samples
from edge_signal.wavelets import qrs_kernels, reach

APART_S = 0.1
PEAK_S = 0.06
SHAPE_STEP_S = 0.008
SHAPE_STEPS = 10
BACKGROUND_S = 2.0
BACKGROUND_HZ = 100.0
FLOOR_MV = 0.02
"""An envelope below this is no candidate (a QRS complex of 0.15 mV gives about 0.04 mV)."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A place where a QRS complex could be.

    Attributes:
        index: the envelope's maximum, in samples of the (filtered) stream that came in.
        peak: the largest deflection near it.
        narrow: the envelope in the QRS band, mV.
        wide: the largest envelope in the band of ventricular beats near it, mV.
        sharp: the largest envelope in the band of muscle noise near it, mV.
        quiet: lower quartile of the QRS band's envelope over the two seconds before, mV: what lies
            between beats, even if these follow each other closely.
        sharp_median: median over the same of the envelope in the band of muscle noise, mV.
        step: by how much the level after it differs from that before it, mV.
        shape: the deflections of all leads around it, as a vector of length 1.
    """

    index: int
    peak: int
    narrow: float
    wide: float
    sharp: float
    quiet: float
    sharp_median: float
    step: float
    shape: Samples


class CandidateFinder:
    """Finds candidates in a stream without gaps.

    Attributes:
        known: index up to which (exclusive) all candidates have been told.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._late = reach(rate)
        self._apart = round(APART_S * rate)
        self._near = round(0.03 * rate)
        self._step = max(1, round(rate / BACKGROUND_HZ))
        steps = np.arange(-SHAPE_STEPS, SHAPE_STEPS + 1, dtype=np.float64) * (SHAPE_STEP_S * rate)
        self._grid = np.floor(steps).astype(np.int64)
        self._share: Samples = steps - self._grid
        self._system: Linear = kernels(qrs_kernels(rate))
        self.reset()

    def reset(self) -> None:
        """Forget the stream: the next block starts a new one."""
        self._system.reset()
        self._trail: Samples = np.empty((0, 0))
        self._first = self.known = 0
        self._past: Samples = np.empty((2, 0))
        self._edge: Samples | None = None
        self._skip = 0

    def push(self, item: Block) -> list[Candidate]:
        """Candidates that are certain now, in order."""
        answer = self._system.push(item.leads)
        if self._edge is None:
            self._first = self.known = item.first
            self._skip = self._late
        self._edge = item.leads[:, -1:].copy()
        return self._grow(_trail(answer))

    def flush(self) -> list[Candidate]:
        """Candidates at the end of the stream, as if its last sample stayed for ever."""
        if self._edge is None:
            return []
        still = np.repeat(self._edge, self._late + self._apart, axis=1)
        return self._grow(_trail(self._system.push(still)))

    def _grow(self, rows: Samples) -> list[Candidate]:
        """Add rows; the first ones, from before the stream's start, are left out."""
        skipped = min(self._skip, rows.shape[1])
        self._skip -= skipped
        rows = rows[:, skipped:]
        self._trail = np.hstack([self._trail, rows]) if self._trail.size else rows
        found = [self._measure(at) for at in self._maxima()]
        self._trim()
        return found

    def _maxima(self) -> list[int]:
        """Positions in the trail of the maxima among those that became certain."""
        apart = self._apart
        start, stop = self.known - self._first, self._trail.shape[1] - apart
        if stop <= start:
            return []
        envelope = self._trail[0]
        self.known = self._first + stop
        lead = max(0, apart - start)
        padded = np.concatenate([np.zeros(lead), envelope[max(0, start - apart) :]])
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * apart + 1)
        first = windows.argmax(axis=1) == apart
        return [start + int(at) for at in np.flatnonzero(first & (windows[:, apart] > FLOOR_MV))]

    def _measure(self, at: int) -> Candidate:
        trail, near = self._trail, self._near
        wide, sharp = trail[1:3, max(0, at - near) : at + near + 1].max(axis=1)
        quiet, sharp_median = self._background(at)
        return Candidate(
            index=self._first + at,
            peak=self._first + self._peak(at),
            narrow=float(trail[0, at]),
            wide=float(wide),
            sharp=float(sharp),
            quiet=quiet,
            sharp_median=sharp_median,
            step=float(trail[3, at]),
            shape=self._shape(at),
        )

    def _peak(self, at: int) -> int:
        start = max(0, at - round(PEAK_S * self._rate))
        around = self._trail[4:, start : at + round(PEAK_S * self._rate) + 1]
        return start + int((around**2).sum(axis=0).argmax())

    def _shape(self, at: int) -> Samples:
        """Deflections every 8 ms, interpolated: the same length at any rate."""
        leads, last = self._trail[4:], self._trail.shape[1] - 1
        before = leads[:, np.clip(at + self._grid, 0, last)]
        after = leads[:, np.clip(at + self._grid + 1, 0, last)]
        drawn = (before + self._share * (after - before)).ravel()
        size = math.sqrt(float(drawn @ drawn))
        return drawn / size if size > 0 else drawn

    def _background(self, at: int) -> tuple[float, float]:
        level, sharp = np.sort(self._remembered(at + self._apart), axis=1)
        return float(level[len(level) // 4]), float(sharp[len(sharp) // 2])

    def _remembered(self, stop: int) -> Samples:
        """The narrow and sharp envelopes of the latest two seconds before `stop`, thinned."""
        recent = self._trail[0:3:2, (-self._first) % self._step : stop : self._step]
        return np.hstack([self._past, recent])[:, -int(BACKGROUND_S * BACKGROUND_HZ) :]

    def _trim(self) -> None:
        """Keep what a later candidate can still need."""
        gone = self.known - self._first - 2 * self._apart
        if gone <= self._trail.shape[1] // 2:
            return
        self._past = self._remembered(gone)
        self._trail = self._trail[:, gone:].copy()
        self._first += gone


def _trail(answer: Samples) -> Samples:
    """Rows: envelopes narrow, wide, sharp and step of all leads, then each lead's deflection."""
    power = (answer**2).sum(axis=1)
    rows = (power[0] + power[1], power[2] + power[3], power[4] + power[5], power[7])
    return np.vstack([np.sqrt(rows), answer[6]])
