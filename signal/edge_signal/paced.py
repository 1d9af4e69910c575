"""Beats that a pacing spike set off, told as such."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from edge_signal.pacing import REMEMBERED, SET_OFF_S, SURE, Spikes
from edge_signal.values import Beat, BeatKind

ATRIAL_S = 0.3
"""A spike up to this long before a beat may be the atrium's: it says nothing of the ventricle."""
PREVAILING = 8


class PacedBeats:
    """Beats in, the same out, those that a spike set off labelled paced and placed at the spike.

    The certainty is that of the spikes as such: of the latest sixteen, how many a beat followed in
    time (Laplace's rule of succession); noise that looks like spikes keeps no time. While paced
    beats prevail, the kind of another is unknown: it was judged against the shape of paced ones.

    Args:
        rate: samples a second.
        spikes: where they are; all before a beat must have been found when it comes.
    """

    def __init__(self, rate: float, spikes: Spikes) -> None:
        self._rate = rate
        self._spikes = spikes
        self._followed: deque[bool] = deque(maxlen=REMEMBERED)
        self._paced: deque[bool] = deque(maxlen=PREVAILING)

    def push(self, item: Beat, /) -> tuple[Beat, ...]:
        """The beat as what it is."""
        soonest, latest = (round(one * self._rate) for one in SET_OFF_S)
        before = self._spikes.take_until(item.index - soonest)
        own = before.pop() if before and before[-1] >= item.index - latest else None
        self._weigh(before, item.index, own is not None)
        certainty = (sum(self._followed) + 1) / (len(self._followed) + 2)
        paced = own is not None and certainty >= SURE
        prevailing = 2 * sum(self._paced) > PREVAILING
        self._paced.append(paced)
        if own is not None and paced:
            return (replace(item, index=own, kind=BeatKind.PACED, kind_certainty=certainty),)
        if prevailing and item.kind in (BeatKind.VENTRICULAR, BeatKind.SUPRAVENTRICULAR):
            return (replace(item, kind=BeatKind.UNKNOWN, kind_certainty=1 - item.kind_certainty),)
        return (item,)

    def gap(self, samples: int, /) -> tuple[Beat, ...]:
        """A pacemaker stays what it is across a gap."""
        del samples
        return ()

    def flush(self) -> tuple[Beat, ...]:
        """Nothing is held back."""
        return ()

    def _weigh(self, others: Iterable[int], beat: int, own: bool) -> None:
        """Spikes that no beat followed speak against their being spikes, unless the atrium's."""
        atrial = beat - round(ATRIAL_S * self._rate)
        self._followed.extend(False for spike in others if spike < atrial)
        if own:
            self._followed.append(True)
