"""The QRS detector on records that were changed: other rates, gains, hearts, and what disturbs.

Two minutes of each MIT-BIH record of ../shared/data (channel 0), each change by itself, scored as
`qrs` scores. Nothing here is of the Noise Stress Test. A heart that is made faster or slower has
narrower or wider complexes too, as those of infants and of wide ventricular rhythms are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from ecg_records import DATA, Array, Index, Record, Score, gross, load, paths, score, tool
from edge_signal.ecg import detect_beats
from figures import Figure, Outcome

SECONDS = 120.0
Change = Callable[[Record], Record]


def part(record: Record, start: float, seconds: float) -> Record:
    """A stretch of a record."""
    first = round(start * record.rate)
    signal = record.signal[first : first + round(seconds * record.rate)]
    stop = first + len(signal)
    beats: Index = record.beats[(record.beats >= first) & (record.beats < stop)] - first
    spans = [(max(0, a - first), b - first) for a, b in record.spans if b > first and a < stop]
    return replace(record, signal=signal, beats=beats, spans=spans)


def sampled(rate: float) -> Change:
    """As another recorder would have sampled it."""

    def change(record: Record) -> Record:
        share = Fraction(rate / record.rate).limit_denominator(1000)
        middle = float(np.median(record.signal))
        signal: Array = tool("scipy.signal").resample_poly(
            record.signal - middle, share.numerator, share.denominator
        )
        beats = np.rint(record.beats * float(share)).astype(np.int64)
        spans = [(int(a * share), int(b * share)) for a, b in record.spans]
        return Record(record.folder, record.name, rate, signal + middle, beats, spans)

    return change


def times(gain: float) -> Change:
    """Another gain."""
    return lambda record: replace(record, signal=gain * record.signal)


def faster(share: float) -> Change:
    """The same heart, so many times as fast."""
    return lambda record: replace(record, rate=share * record.rate)


def beside(noise: Callable[[Record, Array], Array]) -> Change:
    """Something added, told by the record and the seconds of its samples."""

    def change(record: Record) -> Record:
        at = np.arange(len(record.signal), dtype=np.float64) / record.rate
        return replace(record, signal=record.signal + noise(record, at))

    return change


def hum(hertz: float, size: float) -> Change:
    """Mains with a third harmonic."""
    return beside(
        lambda _, at: (
            size * np.sin(2 * np.pi * hertz * at) + size / 3 * np.sin(6 * np.pi * hertz * at)
        )
    )


def wander(size: float) -> Change:
    """Breathing and slower."""
    return beside(lambda _, at: size * (np.sin(2.07 * at) + 0.5 * np.sin(0.44 * at + 1)))


def muscle(size: float) -> Change:
    """Noise without colour, ten seconds on, ten off; its standard deviation."""
    return beside(lambda record, at: size * _chance(record).normal(0, at // 10 % 2))


def pops(record: Record) -> Record:
    """An electrode leaps by 1 to 5 mV every 15 s or so, and recovers."""
    chance, signal = _chance(record), record.signal.copy()
    for start in np.arange(10.0, SECONDS - 10, 15):
        first = round(float(start + chance.uniform(0, 5)) * record.rate)
        fading = np.arange(len(signal) - first) / record.rate / chance.uniform(0.1, 1.5)
        signal[first:] += chance.choice([-1, 1]) * chance.uniform(1, 5) * np.exp(-fading)
    return replace(record, signal=signal)


def paused(record: Record) -> Record:
    """No heart for four seconds in thirty: a straight line from half a second after a beat on."""
    signal, kept, size = record.signal.copy(), np.ones(len(record.beats), dtype=np.bool_), 4.0
    for near in np.arange(20.0, len(signal) / record.rate - 30, 30):
        after = int(np.searchsorted(record.beats, near * record.rate))
        first = round(float(record.beats[max(0, after - 1)]) + 0.5 * record.rate)
        stop = first + round(size * record.rate)
        signal[first:stop] = np.linspace(signal[first], signal[stop], stop - first)
        kept &= (record.beats < first) | (record.beats > stop + 0.06 * record.rate)
    quiver = _chance(record).normal(0, 0.002, len(signal))
    return replace(record, signal=signal + quiver, beats=record.beats[kept])


def rounded(step: float) -> Change:
    """Quantised to steps of so many mV."""
    return lambda record: replace(record, signal=np.rint(record.signal / step) * step)


def clipped(most: float) -> Change:
    """An amplifier's rails, mV about the median."""

    def change(record: Record) -> Record:
        middle = float(np.median(record.signal))
        return replace(record, signal=np.clip(record.signal, middle - most, middle + most))

    return change


def midway(record: Record) -> Record:
    """It begins 150 ms after an R peak, in the ST segment."""
    start = float(record.beats[3] / record.rate + 0.15)
    return part(record, start, SECONDS - start)


def _chance(record: Record) -> np.random.Generator:
    return np.random.default_rng(int(record.name))


CHANGES: dict[str, Change] = {
    "as it is": lambda record: record,
    **{f"at {rate}/s": sampled(rate) for rate in (100, 128, 130, 200, 250, 500, 1000)},
    "a tenth of the size": times(0.1),
    "ten times the size": times(10),
    "upside down": times(-1),
    "begun in the ST segment": midway,
    "in steps of 0.04 mV": rounded(0.04),
    "rails at 1 mV": clipped(1.0),
    "wander of 3 mV": wander(3),
    "hum of 0.3 mV at 50 Hz": hum(50, 0.3),
    "hum of 0.3 mV at 60 Hz": hum(60, 0.3),
    "muscle noise of 0.1 mV": muscle(0.1),
    "muscle noise of 0.3 mV": muscle(0.3),
    "electrodes that leap": pops,
    "0.55 times as fast": faster(0.55),
    "0.7 times as fast": faster(0.7),
    "1.4 times as fast": faster(1.4),
    "twice as fast": faster(2),
}


def judged(job: tuple[str, Path]) -> Score:
    """One change on one record."""
    name, path = job
    record = CHANGES[name](part(load(path), 0, SECONDS))
    return score(record, detect_beats(record.signal, record.rate))


def measure(_options: object) -> Iterator[Outcome]:
    """Each change over all records."""
    if not DATA.is_dir():
        yield Outcome("strain", "all", (), void="the recordings are not beside the repository")
        return
    wanted = paths("mitdb")
    with Pool(2) as pool:
        for name in CHANGES:
            whole = gross(pool.map(judged, [(name, path) for path in wanted], chunksize=1))
            yield Outcome("strain", name, _figures(whole))


def _figures(whole: Score) -> tuple[Figure, ...]:
    return (
        Figure("Se", whole.sensitivity, "%"),
        Figure("+P", whole.predictivity, "%"),
        Figure("F1", whole.f1, "%"),
        Figure("off by", whole.off_ms, "ms"),
    )
