"""ECG paper: a grid of millimetres, the calibration pulse, and traces upon it.

Scale: 25 mm/s and 10 mm/mV, or half of that for tall signals (IEC 60601-2-25, 201.12.4.108;
AHA/ACC/HRS 2007, Kligfield et al., doi 10.1161/CIRCULATIONAHA.106.180200).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_signal.sheets.page import Area, Ink, Points, Strokes, segment

MM_PER_S = 25.0
MM_PER_MV, HALF = 10.0, 5.0
TRACE = Ink("#111111", 0.28)
_FINE = Ink("#f6c3bd", 0.08)
_BOLD = Ink("#ea9a92", 0.2)
_TICK = Ink("#111111", 0.2)
_HOLE = "#e4e4e4"


@dataclass(frozen=True, slots=True)
class Paper:
    """A piece of paper on a page, mm; width and height are multiples of 5.

    Attributes:
        x, y: of its top left corner.
        width, height: its size.
        gain: mm for each mV.
    """

    x: float
    y: float
    width: float
    height: float
    gain: float = MM_PER_MV

    def holds(self, baseline: float, millivolts: NDArray[np.float64]) -> bool:
        """Whether a signal with its 0 mV at `baseline` stays on the paper."""
        known = baseline - millivolts[np.isfinite(millivolts)] * self.gain
        return bool(((known >= self.y) & (known <= self.y + self.height)).all())

    def grid(self) -> Iterator[Strokes]:
        """Lines every millimetre, bolder every five."""
        yield Strokes(tuple(self._lines(1)), _FINE)
        yield Strokes(tuple(self._lines(5)), _BOLD)

    def _lines(self, step: int) -> Iterator[Points]:
        right, bottom = self.x + self.width, self.y + self.height
        for x in np.arange(self.x, right + step / 2, step).tolist():
            yield segment(x, self.y, x, bottom)
        for y in np.arange(self.y, bottom + step / 2, step).tolist():
            yield segment(self.x, y, right, y)

    def pulse(self, x: float, baseline: float) -> Strokes:
        """The calibration pulse: 1 mV for 0.2 s, with a millimetre of line at each side."""
        top = baseline - self.gain
        corners = [(x - 1, baseline), (x, baseline), (x, top), (x + 5, top), (x + 5, baseline)]
        return Strokes((np.array([*corners, (x + 6, baseline)], dtype=np.float64),), TRACE)

    def tick(self, x: float, baseline: float) -> Strokes:
        """Where one lead ends and the next begins."""
        return Strokes((segment(x, baseline - 3, x, baseline + 3),), _TICK)

    def trace(
        self, x: float, baseline: float, millivolts: NDArray[np.float64], rate: float
    ) -> Iterator[Strokes | Area]:
        """A signal from `x` on; what is NaN is a grey field, what leaves the paper is cut off.

        Args:
            x: of the first sample, mm.
            baseline: where 0 mV is, mm.
            millivolts: shape (n,).
            rate: samples a second.
        """
        at = x + np.arange(len(millivolts), dtype=np.float64) * (MM_PER_S / rate)
        high: Points = np.clip(baseline - millivolts * self.gain, self.y, self.y + self.height)
        known = np.isfinite(millivolts)
        edges = np.flatnonzero(np.diff(known)) + 1
        drawn: list[Points] = []
        for run in np.split(np.arange(len(millivolts)), edges):
            if len(run) and known[run[0]]:
                drawn.append(np.column_stack((at[run], high[run])))
            elif len(run):
                wide = len(run) * MM_PER_S / rate
                yield Area(float(at[run[0]]), baseline - 8, wide, 16, _HOLE)
        yield Strokes(tuple(drawn), TRACE)
