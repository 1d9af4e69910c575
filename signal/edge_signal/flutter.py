"""Whether the ventricles beat at all: windows in which the signal swings without QRS complexes.

In fibrillation and flutter the signal is a wandering sine: it is never still, has no sharp peaks,
most of its power lies around one frequency of 2 to 9 Hz, and its slopes are much the same. Logistic
regression on eight measures of four seconds, fitted by `bench/rhythm.py`. (Leakage: Kuo & Dillman
1978; time above a threshold: Arafat et al. 2011, doi 10.1007/s11760-009-0136-1.)
"""

from __future__ import annotations

import math

import numpy as np

from edge_signal.values import Block, Chaos, Samples

WINDOW_S = 4.0
STEP_S = 2.0
LEAST_MV = 0.1
"""Standard deviation below which there is nothing to judge: fine fibrillation or asystole."""
WEIGHTS: Samples = np.array([2.277, 2.352, -0.068, 2.509, -1.549, -0.625, -3.243, 2.802, -0.883])
"""Of `measures`; fitted to the ventricular ectopy and arrhythmia databases."""
CAUTION = 0.6
"""By so much the logarithmic odds are lowered: half of what is falsely suspected, and one window of
fibrillation in 137, lie between."""


class FlutterStage:
    """Filtered blocks in, a probability every two seconds out, once four are there.

    Args:
        rate: samples a second.
        delay: what the filters before it make its input late by, samples.
    """

    def __init__(self, rate: float, delay: float = 0.0) -> None:
        self._rate = rate
        self._late = round(delay)
        self._step = round(STEP_S * rate)
        self._held: list[Block] = []

    def push(self, item: Block, /) -> tuple[Chaos, ...]:
        """A probability for every window that is now whole."""
        said: list[Chaos] = []
        while item.count:
            room = self._step - item.first % self._step
            self._held.append(item.part(0, min(room, item.count)))
            if room > item.count:
                break
            said += self._judge()
            item = item.part(room, item.count)
        return tuple(said)

    def gap(self, samples: int, /) -> tuple[Chaos, ...]:
        """Start anew."""
        del samples
        self._held.clear()
        return ()

    def flush(self) -> tuple[Chaos, ...]:
        """Half a window is none."""
        return ()

    def _judge(self) -> list[Chaos]:
        first, end = self._held[0].first, self._held[-1].end
        if end - first < 2 * self._step:
            return []
        leads = np.hstack([block.leads for block in self._held])[:, -2 * self._step :]
        self._held = [block for block in self._held if block.first >= end - self._step]
        lead = leads[int(np.abs(leads).mean(axis=1).argmax())]
        chance = flutter(lead, self._rate)
        if chance is None:
            return []
        return [Chaos(end - 2 * self._step - self._late, end - 1 - self._late, chance)]


def flutter(lead: Samples, rate: float) -> float | None:
    """Probability that a window of four seconds, 0.5-40 Hz, is fibrillation or flutter."""
    if float(lead.std()) < LEAST_MV:
        return None
    odds = float(measures(lead, rate) @ WEIGHTS) - CAUTION
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def measures(lead: Samples, rate: float) -> Samples:
    """What tells fibrillation from beats, shape (9,).

    One; time above a fifth of the largest; leakage of half a period; share of power around the
    peak; logarithm of the kurtosis; and of the share of power above 12 Hz; logarithm of the
    kurtosis of the slope, which complexes and what electrodes do make large; frequency of the peak
    against 5 Hz; share of power below 1.5 Hz, where movement is.
    """
    lead = lead - lead.mean()
    size = np.abs(lead)
    above = int(np.count_nonzero(size > 0.2 * float(size.max()))) / len(size)
    power: Samples = np.abs(np.fft.rfft(lead * np.hanning(len(lead)))) ** 2
    hertz = np.arange(len(power), dtype=np.float64) * (rate / len(lead))
    band = (hertz > 1.5) & (hertz < 9.5)
    peak = float(hertz[band][int(power[band].argmax())])
    around = np.abs(hertz - peak) < 1.0
    half = max(1, round(rate / peak / 2))
    leakage = float(np.abs(lead[half:] + lead[:-half]).sum() / (size[half:] + size[:-half]).sum())
    return np.array(
        [
            1.0,
            above,
            leakage,
            float(power[around].sum() / power.sum()),
            math.log(_kurtosis(lead)),
            math.log(float(power[hertz > 12].sum() / power.sum()) + 1e-3),
            math.log(_kurtosis(np.diff(lead))),
            peak / 5,
            float(power[hertz < 1.5].sum() / power.sum()),
        ]
    )


def _kurtosis(values: Samples) -> float:
    return float(np.mean(values**4) / np.mean(values**2) ** 2)
