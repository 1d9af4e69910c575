"""Pacing spikes: found, taken out of what the detector sees, and used to tell paced beats.

A spike of a pacemaker is over within 2 ms; a recorder's own band makes it 5 to 25 ms wide, where a
QRS complex takes 60 ms and more. So a spike is a peak most of which is gone 7 ms to either side,
that is not part of anything larger, and before which nothing was as steep for 0.1 s.
The R wave of an infant is as narrow as a spike that a recorder made wide. So a spike is taken out
as such if it is narrower at half its height than any wave of a heart; a wider one only while waves
as broad as paced complexes follow its like, or where the heart is silent: no wave for a second.
Below 250 samples a second it cannot be told from a QRS complex, and nothing is looked for.
(IEC 60601-2-27, 201.12.1.101.13: pulses of 0.1 to 2 ms must not be counted, beats follow or not.)
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from edge_signal.values import Block, Samples

LEAST_RATE = 250.0
NARROW_S = 0.007
SURELY_S, HEARTS_S = 0.004, 0.007
"""Where it is asked; no heart's wave is as narrow at half its height (an infant's R wave: 8 ms)."""
SILENT_S, LEAST_SILENT_S, SMOOTH_S = 1.0, 0.4, 0.02
SILENT, BROAD = 0.03, 0.2
"""Means over `SMOOTH_S` that swing by less of a spike's height hold no P wave and no T wave; where
one follows the other by more, it is a complex."""
KEPT_S = 2.0
"""Of the signal: what followed a spike is asked when the next one comes."""
QUIET_S = 0.1
LEAST_MV = 0.25
OF_WHOLE = 0.65
"""Of the larger drop to twice the distance, what the mean one to the distance itself is: 0.5 for an
R wave, 1 for a spike."""
STEEPER = 4.0
"""Against all that was before it within `QUIET_S`; muscle noise has more of its kind around."""
SET_OFF_S = (0.012, 0.17)
"""From a spike in the ventricle to the largest deflection of the complex that it sets off."""
REMEMBERED, SURE = 16, 0.7
"""Of the latest spikes, by Laplace's rule of succession, at least this share."""


class Spikes:
    """Where the latest spikes were: what `SpikeRemover` writes and `PacedBeats` reads. Bounded."""

    def __init__(self) -> None:
        self._at: deque[int] = deque(maxlen=2 * REMEMBERED)

    def add(self, index: int) -> None:
        """One more, after all others."""
        self._at.append(index)

    def take_until(self, index: int) -> list[int]:
        """Those up to an index; they are not told again."""
        taken: list[int] = []
        while self._at and self._at[0] <= index:
            taken.append(self._at.popleft())
        return taken


class SpikeRemover:
    """Blocks in, the same without spikes out: a straight line where each sure one was.

    Late by 34 ms at most; indices stay those of the stream. What is before a gap or at the end is
    left as it is within that time.

    Args:
        rate: samples a second; below `LEAST_RATE` blocks go through as they are.
        spikes: is told of each.
    """

    def __init__(self, rate: float, spikes: Spikes) -> None:
        self._spikes = spikes
        self._off = rate < LEAST_RATE
        self._near = round(NARROW_S * rate)
        self._surely = max(1, round(SURELY_S * rate))
        self._sure = 1 - 2 ** -((2 * self._surely / rate / HEARTS_S) ** 2)  # of a bell so wide
        self._silent, self._least = round(SILENT_S * rate), round(LEAST_SILENT_S * rate)
        self._smooth, self._after = round(SMOOTH_S * rate), round(SET_OFF_S[1] * rate)
        self._kept = round(KEPT_S * rate)
        self._reach = 2 * self._near
        self._quiet = round(QUIET_S * rate)
        self._unseen: list[int] = []  # spikes of which nobody asked yet what followed
        self._broad: deque[bool] = deque(maxlen=REMEMBERED)
        self._held: Block | None = None
        self._known = self._told = 0
        self._lines: list[int] = []

    def push(self, item: Block, /) -> tuple[Block, ...]:
        """What is certain now."""
        if self._off or not item.count:
            return (item,)
        if self._held is None:
            self._held, self._told, self._known = item, item.first, item.first
        else:
            joined = np.concatenate([self._held.samples, item.samples], axis=-1)
            self._held = Block(self._held.first, joined)
        self._find(self._held)
        return self._release(self._known - self._reach)

    def gap(self, samples: int, /) -> tuple[Block, ...]:
        """What was held back."""
        del samples
        return self.flush()

    def flush(self) -> tuple[Block, ...]:
        """What was held back."""
        if self._held is None:
            return ()
        said = self._release(self._held.end)
        self._held = None
        self._lines.clear()
        return said

    def _find(self, held: Block) -> None:
        """The spikes among the samples that became certain: all within twice the width is there."""
        near = self._near
        start = max(self._known - held.first, self._quiet + near)
        stop = held.count - 2 * near
        if stop <= start:
            return
        self._known = held.first + stop
        skipped = start - self._quiet - near
        leads = held.leads[:, skipped:]
        steep, whole = _steepness(leads, near), _larger_drop(leads, self._reach)
        sure = _steepness(leads, self._surely) > self._sure * whole
        candidates = np.flatnonzero((steep >= LEAST_MV) & (steep > OF_WHOLE * whole))
        for place in (int(at) for at in candidates if start <= at + skipped < stop):
            before = steep[place - self._quiet : place - 2 * near]
            highest = steep[place - near : place + near + 1].max()
            if steep[place] == highest and steep[place] > STEEPER * before.max():
                spike = held.first + skipped + place
                self._spikes.add(spike)
                self._look_back(held, spike)
                if sure[place] or self._paces() or self._is_silent(held, spike, whole[place]):
                    self._lines.append(spike)

    def _look_back(self, held: Block, spike: int) -> None:
        """At spikes before this one: did a complex follow?"""
        seen = [one for one in self._unseen if one + self._after <= spike]
        self._unseen = [*self._unseen[len(seen) :], spike]
        for one in seen:
            at = one - held.first
            if at >= self._reach:
                after = _means(held.leads[:, at + self._reach : at + self._after], self._smooth)
                height = held.leads[:, at] - held.leads[:, at - self._reach]
                steps = np.abs(np.diff(after, axis=1)).max(axis=1)
                self._broad.append(_root(steps) > BROAD * _root(height))

    def _paces(self) -> bool:
        return (sum(self._broad) + 1) / (len(self._broad) + 2) >= SURE

    def _is_silent(self, held: Block, spike: int, height: float) -> bool:
        """Whether there was nothing before it but what was taken out."""
        first = max(held.first, spike - self._silent)
        stop = spike - self._reach
        kept = np.ones(max(0, stop - first), dtype=np.bool_)
        for one in self._lines:
            kept[max(0, one - self._reach - first) : max(0, one + self._reach + 1 - first)] = False
        before = held.leads[:, first - held.first : stop - held.first][:, kept]
        if before.shape[1] < self._least:
            return False
        return _root(np.ptp(_means(before, self._smooth), axis=1)) < SILENT * height

    def _release(self, end: int) -> tuple[Block, ...]:
        held = self._held
        if held is None or end <= self._told:
            return ()
        part = held.part(self._told - held.first, end - held.first)
        for spike in self._lines:
            if spike - self._reach < end and spike + self._reach > self._told:
                part = part.filled(self._bridged(held, part, spike))
        self._told = end
        kept = end - self._kept
        self._lines = [spike for spike in self._lines if spike + self._reach > kept]
        self._held = held.part(max(0, kept - held.first), held.count)
        return (part,)

    def _bridged(self, held: Block, part: Block, spike: int) -> Samples:
        """The part's samples, those of the spike replaced by a line between its ends."""
        reach = self._reach
        left, right = (
            held.leads[:, spike + side - held.first][:, None] for side in (-reach, reach)
        )
        offsets = np.arange(part.first, part.end) - spike
        line = left + (right - left) * ((offsets + reach) / (2 * reach))
        bridged: Samples = np.where(np.abs(offsets) < reach, line, part.leads)
        return bridged


def _means(leads: Samples, size: int) -> Samples:
    """Of each lead, over so many samples; what is left over at the end is left out."""
    whole = leads[:, : leads.shape[1] // size * size]
    means: Samples = whole.reshape(len(leads), -1, size).mean(axis=2)
    return means


def _root(leads: Samples) -> float:
    """Root sum of squares over the leads."""
    return math.sqrt(float((leads**2).sum()))


def _steepness(leads: Samples, near: int) -> Samples:
    """At each sample the mean drop to both sides, root sum of squares over the leads, mV.

    Zero where a side is missing or a lead has no peak.
    """
    before, after = _sides(leads, near)
    steep = np.where(before * after > 0, np.abs(before + after) / 2, 0.0)
    root: Samples = np.sqrt((steep**2).sum(axis=0))
    return root


def _larger_drop(leads: Samples, reach: int) -> Samples:
    """At each sample the larger drop of both sides, root sum of squares over the leads, mV."""
    larger = np.maximum(*np.abs(_sides(leads, reach)))
    root: Samples = np.sqrt((larger**2).sum(axis=0))
    return root


def _sides(leads: Samples, reach: int) -> Samples:
    """How far each sample lies above that `reach` before it, and above that after it."""
    sides = np.zeros((2, *leads.shape))
    if leads.shape[1] > 2 * reach:
        middle = leads[:, reach:-reach]
        sides[0, :, reach:-reach] = middle - leads[:, : -2 * reach]
        sides[1, :, reach:-reach] = middle - leads[:, 2 * reach :]
    return sides
