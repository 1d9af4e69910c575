"""Half minutes of records with their beats, and what of them is looked at in noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_records import DATA, Array, Index, load

RECORDS = ("101", "106", "114", "116", "119", "122", "203", "208", "215", "223")
SECONDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """Half a minute of a record without mains, and its beats.

    Attributes:
        signal: mV.
        beats: indices, none near the edges.
        rate: samples a second.
    """

    signal: Array
    beats: Index
    rate: float

    def near(self, before_s: float, after_s: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which samples lie so near to a beat."""
        mask = np.zeros(len(self.signal), np.bool_)
        for at in self.beats:
            mask[at - round(before_s * self.rate) : at + round(after_s * self.rate)] = True
        return mask


def hearts() -> list[Heart]:
    """From MIT-BIH; what hum there is in them (60 Hz, to the hertz) is taken out beforehand."""
    found: list[Heart] = []
    for name in RECORDS:
        record = load(DATA / "mitdb" / name)
        count = round(SECONDS * record.rate)
        clean = _without(record.signal[:count], record.rate, 59.0, 61.0)
        beats = record.beats[(record.beats > 720) & (record.beats < count - 720)]
        found.append(Heart(clean, beats, record.rate))
    return found


def _without(signal: Array, rate: float, low: float, high: float) -> Array:
    spectrum = np.fft.rfft(signal)
    hz = np.arange(len(spectrum)) * rate / len(signal)
    spectrum[(hz > low) & (hz < high)] = 0
    return np.asarray(np.fft.irfft(spectrum, len(signal)), np.float64)


def db(before: Array, after: Array) -> float:
    """How much quieter."""
    return float(10 * np.log10(np.mean(before**2) / np.mean(after**2)))


def heights(signal: Array, heart: Heart) -> Array:
    """Peak to peak of each complex."""
    reach = round(0.055 * heart.rate)
    return np.array([np.ptp(signal[at - reach : at + reach]) for at in heart.beats])


def levels(signal: Array, heart: Heart) -> Array:
    """ST (100 to 120 ms after R) against the line before the complex (80 to 60 ms before)."""

    def mean(at: int, start: float, stop: float) -> float:
        return float(signal[at + round(start * heart.rate) : at + round(stop * heart.rate)].mean())

    return np.array([mean(at, 0.1, 0.12) - mean(at, -0.08, -0.06) for at in heart.beats])
