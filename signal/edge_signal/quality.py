"""How far the raw signal can be trusted, per lead and window of two seconds.

The figure is the product of what four questions leave of 1; each that leaves less than 0.7 is named
as a reason. Windows begin at multiples of their length, so they are the same for any split.
(After Orphanidou 2018, Signal Quality Assessment in Physiological Monitoring, ch. 2.)
"""

from __future__ import annotations

import numpy as np

from edge_signal.linear import kernels
from edge_signal.values import Block, Quality, Reason, Samples
from edge_signal.wavelets import NARROW, gabor, reach

WINDOW_S = 2.0
LEAST_S = 0.5
NAMED = 0.7
USABLE = 0.5
"""With a figure below this nothing derived from the window is vouched for."""
FLAT_MV = 0.03
QUIET_MV = 0.015
HELD_S = 0.02
LARGEST_MV = 20.0
"""No surface ECG swings by more in the QRS band: wrong gain, wrong unit, or no ECG."""


class QualityStage:
    """Blocks in, one `Quality` per window and lead out, a window after its first sample."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._window = round(WINDOW_S * rate)
        self._system = kernels(np.stack(gabor(*NARROW, rate)))
        self._late = reach(rate)
        self._held: list[Block] = []
        self._envelopes: list[Samples] = []

    def push(self, item: Block, /) -> tuple[Quality, ...]:
        """A figure for every window that is now whole."""
        said: list[Quality] = []
        while item.count:
            room = self._window - item.first % self._window
            self._take(item.part(0, min(room, item.count)))
            if room > item.count:
                break
            said += self._judge()
            item = item.part(room, item.count)
        return tuple(said)

    def gap(self, samples: int, /) -> tuple[Quality, ...]:
        """A figure for what there was of the window before the gap."""
        del samples
        return self.flush()

    def flush(self) -> tuple[Quality, ...]:
        """A figure for what there was of the last window, if it is long enough to judge."""
        said = self._judge()
        self._system.reset()
        return said

    def _take(self, item: Block) -> None:
        self._held.append(item)
        cosine, sine = self._system.push(item.leads)
        self._envelopes.append(np.hypot(cosine, sine))

    def _judge(self) -> tuple[Quality, ...]:
        held, self._held = self._held, []
        envelope_parts, self._envelopes = self._envelopes, []
        if sum(block.count for block in held) < LEAST_S * self._rate:
            return ()
        leads = np.hstack([block.leads for block in held])
        envelopes = np.hstack(envelope_parts)
        return tuple(
            _quality(held[0].first, channel, lead, envelope, self._rate, self._window)
            for channel, (lead, envelope) in enumerate(zip(leads, envelopes, strict=True))
        )


def _quality(
    first: int, channel: int, lead: Samples, envelope: Samples, rate: float, window: int
) -> Quality:
    left = {
        Reason.MISSING: len(lead) / window,
        Reason.FLAT: float(np.ptp(lead) >= FLAT_MV),
        Reason.SATURATED: _unsaturated(lead, rate),
        Reason.SCALE: float(envelope.max() < LARGEST_MV),
        Reason.NOISY: _contrast(envelope),
        Reason.BASELINE: _steadiness(lead, rate),
    }
    if not left[Reason.FLAT]:
        left = {Reason.FLAT: 0.0}
    figure = float(np.prod(list(left.values())))
    named = sorted((reason for reason in left if left[reason] < NAMED), key=lambda one: left[one])
    return Quality(first, first + len(lead) - 1, figure, tuple(named), channel)


def _unsaturated(lead: Samples, rate: float) -> float:
    """1 until a tenth of the window lies still at one of its extremes, 0 from the half on."""
    run = max(3, round(HELD_S * rate))
    worst = 0.0
    for extreme in (lead.min(), lead.max()):
        held = np.convolve(lead == extreme, np.ones(run), "valid") == run
        worst = max(worst, float(held.mean()))
    return _share(worst, 0.1, 0.5)


def _contrast(envelope: Samples) -> float:
    """Noise fills the time between beats: the top of the QRS band's envelope against its middle.

    Rayleigh's law puts this ratio at 2.4 for noise alone; it is above 10 for a clean ECG. What is
    quiet is not noisy, beats or no beats: asystole is no fault of the signal.
    """
    middle, top = (float(one) for one in np.quantile(envelope, (0.5, 0.98)))
    quiet = _share(middle, QUIET_MV, 3 * QUIET_MV)
    return max(quiet, _share(top / (middle + 1e-3), 8.0, 3.0))


def _steadiness(lead: Samples, rate: float) -> float:
    """1 while the baseline (means over a quarter of a second) wanders by less than 0.6 mV."""
    size = max(1, round(rate / 4))
    whole = lead[: len(lead) // size * size].reshape(-1, size)
    return _share(float(np.ptp(np.median(whole, axis=1))), 0.6, 3.0)


def _share(value: float, good: float, bad: float) -> float:
    """1 at `good`, 0 at `bad`, straight between."""
    return min(1.0, max(0.0, (bad - value) / (bad - good)))
