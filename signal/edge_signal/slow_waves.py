"""P and T waves: one place for all leads, then peak and boundaries in each lead.

A wave rises and falls again, or the other way round. Where the average of like beats does so most,
over all leads, at a time that is usual for such a wave, there it is; a lead's own hump is sought
near that place. It begins and ends where its slope has fallen to a share of the steepest one on its
side (after Martinez et al. 2004, doi 10.1109/TBME.2003.821031).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from edge_signal.complexes import walked
from edge_signal.gaussians import humps, slope, smoothed
from edge_signal.values import Samples

SIGMA_S = 0.013
EDGE_S = 0.03
"""How far before its span a wave may begin to rise."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a slow wave is like.

    Attributes:
        sigma_s: width of its hump.
        usual_s, spread_s: when its peak is expected after the onset of the complex, and how surely.
        near_s: how far a lead's peak is from that of all leads, at most.
        side_s: how far its flanks are from its peak, at most.
        on, off: share of the steepest slope where it begins and ends.
        least_mv: a smaller deflection is none.
    """

    sigma_s: float
    usual_s: float
    spread_s: float
    near_s: float
    side_s: float
    on: float
    off: float
    least_mv: float


P_WAVE = Kind(0.02, -0.125, 0.03, 0.05, 0.06, 0.4, 0.65, 0.008)
T_WAVE = Kind(0.03, 0.36, 0.15, 0.07, 0.12, 0.3, 0.3, 0.02)
"""The usual time of a T wave is that at 60 a minute; it goes with the cube root of the interval."""


class Humps:
    """A recording seen through the width of one kind of wave.

    Args:
        level: mV, shape (leads, n), without baseline.
        blank: the same with a line in place of each complex, which would make humps of its own.
        rate: samples a second.
        kind: the wave.
    """

    def __init__(self, level: Samples, blank: Samples, rate: float, kind: Kind) -> None:
        self.rate = rate
        self.leads = len(level)
        self._kind = kind
        self._smooth = np.array([smoothed(lead, rate, SIGMA_S) for lead in level])
        self._slope = np.array([slope(lead, rate, SIGMA_S) for lead in level])
        self._humps = np.array([humps(lead, rate, kind.sigma_s) for lead in blank])
        self._side = round(kind.side_s * rate)
        calm = np.array([smoothed(lead, rate, SIGMA_S) for lead in blank])
        self._calm = np.pad(calm, ((0, 0), (self._side, self._side)), mode="edge")

    def place(self, onsets: NDArray[np.int64], start: int, stop: int, usual_s: float) -> int:
        """Where between two samples the wave of a beat stands in all leads.

        Args:
            onsets: of this beat's complex, then of those of all like it, itself included.
            start: first sample that it may peak at.
            stop: first sample after those.
            usual_s: when it is expected after the onset.
        """
        width, held = stop - start + 2 * self._side, self._side - round(EDGE_S * self.rate)
        from_onset = start - onsets[0] + onsets[1:]
        whole = [at for at in from_onset if 0 <= at <= self._calm.shape[1] - width]
        mean = np.mean([self._calm[:, at : at + width] for at in whole], axis=0)
        mean[:, :held] = mean[:, held : held + 1]
        off = (np.arange(start, stop) - onsets[0]) / self.rate - usual_s
        usual = np.exp(-((off / self._kind.spread_s) ** 2) / 2)
        size = np.maximum(_swing(mean, self._side), _swing(-mean, self._side))
        return start + int((np.sqrt((size**2).mean(axis=0)) * usual).argmax())

    def wave(self, lead: int, place: int, start: int, stop: int) -> tuple[int, int, int] | None:
        """Onset, peak and offset of one lead's wave near a place, between two samples."""
        level, kind = self._smooth[lead], self._kind
        peak, up = self._peak(lead, place, start, stop)
        rise, side, middle = up * self._slope[lead, start:stop], self._side, peak - start
        left = max(0, middle - side)
        left += int(rise[left : middle + 1].argmax())
        right = middle + int((-rise[middle : middle + side + 1]).argmax())
        onset = start + walked(rise, left, -1, kind.on * rise[left])
        offset = start + walked(-rise, right, 1, -kind.off * rise[right])
        height = abs(float(level[peak] - (level[onset] + level[offset]) / 2))
        return (onset, peak, offset) if height >= kind.least_mv else None

    def _peak(self, lead: int, place: int, start: int, stop: int) -> tuple[int, float]:
        """The turning point nearest to the top of the hump; 1 if it is up, -1 if down."""
        reach = round(self._kind.near_s * self.rate)
        low, high = max(start, place - reach), min(stop, place + reach + 1)
        hump = self._humps[lead, low:high]
        top = low + int(np.abs(hump).argmax())
        up = 1.0 if hump[top - low] > 0 else -1.0
        low, high = max(start, top - reach // 2), min(stop, top + reach // 2 + 1)
        rise = up * self._slope[lead, low:high]
        turns = low + 1 + np.flatnonzero((rise[:-1] > 0) & (rise[1:] <= 0))
        return (int(turns[np.abs(turns - top).argmin()]), up) if len(turns) else (top, up)


def _swing(level: Samples, side: int) -> Samples:
    """How far the level falls to both sides within so many samples.

    Shape (leads, n) to (leads, n - 2 side).
    """
    lowest = sliding_window_view(level, side + 1, axis=1).min(axis=2)
    count = level.shape[1] - 2 * side
    below = np.maximum(lowest[:, :count], lowest[:, side : side + count])
    swing: Samples = level[:, side : side + count] - below
    return swing
