"""How far the raw signal can be trusted, per lead and window of two seconds.

The figure is the product of what some questions leave of 1; each that leaves less than 0.8 is named
as a reason. Windows begin at multiples of their length, so they are the same for any split.
(After Orphanidou 2018, Signal Quality Assessment in Physiological Monitoring, ch. 2.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge_signal.linear import kernels
from edge_signal.mains import mains_amplitude
from edge_signal.values import RECORDABLE, Block, Quality, Reason, Samples
from edge_signal.wavelets import NARROW, SHARP, gabor

WINDOW_S = 2.0
LEAST_S = 0.5
FLAT_MV = 0.03
STILL_MV = 0.025
"""What stays below this in the QRS band nobody takes for a beat, noise or not."""
HELD_S = 0.02
OFF_MV = 2.0
"""Mains hum or a rail beyond this, and no heart in it: an electrode hangs in the air."""
LARGEST_MV = 20.0
"""No surface ECG swings by more in the QRS band: wrong gain, wrong unit, or no ECG."""
HUM_LEAVES = 0.7
"""The chain removes hum; waves cannot be read by eye."""
MUSCULAR, MOVED = 0.8, 0.4
"""Middle of the 24 Hz envelope against that at 14 Hz: 1.2 is white noise, 0.3 motion."""


class QualityStage:
    """Blocks in, one `Quality` per window and lead out, a window after its first sample."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._window = round(WINDOW_S * rate)
        self._system = kernels(np.stack([*gabor(*NARROW, rate), *gabor(*SHARP, rate)]))
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
        answer = self._system.push(item.leads)
        self._envelopes.append(np.hypot(answer[0::2], answer[1::2]))

    def _judge(self) -> tuple[Quality, ...]:
        held, self._held = self._held, []
        envelope_parts, self._envelopes = self._envelopes, []
        if sum(block.count for block in held) < LEAST_S * self._rate:
            return ()
        leads = np.hstack([block.leads for block in held])
        envelopes = np.concatenate(envelope_parts, axis=2).swapaxes(0, 1)
        hums = mains_amplitude(leads, self._rate)
        whole = leads.shape[1] / self._window
        return tuple(
            _quality(held[0].first, channel, lead, self._rate, _measured(envelope, hum, whole))
            for channel, (lead, envelope, hum) in enumerate(
                zip(leads, envelopes, hums, strict=True)
            )
        )


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is measured of a lead's window beside its samples.

    Attributes:
        largest, top, middle: of the QRS band's envelope: maximum, 98th percentile, median, mV.
        tilt: the middle of the muscle band's envelope against that.
        hum: amplitude of the mains, mV.
        whole: the share of the window that is there.
    """

    largest: float
    top: float
    middle: float
    tilt: float
    hum: float
    whole: float


def _measured(envelopes: Samples, hum: float, whole: float) -> _Measured:
    narrow, sharp = envelopes
    middle, top, largest = (float(one) for one in np.quantile(narrow, (0.5, 0.98, 1)))
    tilt = float(np.median(sharp)) / (middle + 1e-6)
    return _Measured(largest, top, middle, tilt, float(hum), whole)


def _quality(first: int, channel: int, lead: Samples, rate: float, measured: _Measured) -> Quality:
    left = _left(lead, rate, measured)
    figure = float(np.prod(list(left.values())))
    named = (reason for reason in left if left[reason] < RECORDABLE)
    reasons = tuple(sorted(named, key=lambda one: left[one]))
    return Quality(first, first + len(lead) - 1, figure, reasons, channel)


def _left(lead: Samples, rate: float, measured: _Measured) -> dict[Reason, float]:
    """What each question leaves of 1."""
    if float(np.ptp(lead)) < FLAT_MV:
        return {Reason.OFF if abs(float(lead[0])) > OFF_MV else Reason.FLAT: 0.0}
    if measured.largest >= LARGEST_MV:
        return {Reason.SCALE: 0.0}
    if measured.hum > OFF_MV:
        return {Reason.OFF: 0.0, Reason.MAINS: 0.0}
    return {
        Reason.MISSING: measured.whole,
        Reason.SATURATED: _unsaturated(lead, rate),
        Reason.MAINS: max(HUM_LEAVES, _share(measured.hum, 0.05, 0.5)),
        Reason.MOTION: _steadiness(lead, rate),
        **_contrast(measured),
    }


def _unsaturated(lead: Samples, rate: float) -> float:
    """1 until a tenth of the window lies still at one of its extremes, 0 from the half on."""
    run = max(3, round(HELD_S * rate))
    worst = 0.0
    for extreme in (lead.min(), lead.max()):
        held = np.convolve(lead == extreme, np.ones(run), "valid") == run
        worst = max(worst, float(held.mean()))
    return _share(worst, 0.1, 0.5)


def _contrast(measured: _Measured) -> dict[Reason, float]:
    """Noise fills the time between beats: the top of the QRS band's envelope against its middle.

    Rayleigh's law puts this ratio at 2.4 for noise alone; it is above 10 for a clean ECG. Where
    nothing stands out, nothing is noisy: asystole is no fault of the signal.
    """
    if measured.largest < STILL_MV:
        return {}
    left = _share(measured.top / (measured.middle + 1e-3), 8.0, 3.0)
    if measured.tilt > MUSCULAR:
        return {Reason.MUSCLE: left}
    if measured.tilt < MOVED and left < RECORDABLE:
        return {Reason.MOTION: left}
    return {Reason.NOISE: left}


def _steadiness(lead: Samples, rate: float) -> float:
    """1 while the baseline (means over a quarter of a second) wanders by less than 0.6 mV."""
    size = max(1, round(rate / 4))
    whole = lead[: len(lead) // size * size].reshape(-1, size)
    return _share(float(np.ptp(np.median(whole, axis=1))), 0.6, 3.0)


def _share(value: float, good: float, bad: float) -> float:
    """1 at `good`, 0 at `bad`, straight between."""
    return min(1.0, max(0.0, (bad - value) / (bad - good)))
