"""Filters: what the standards ask of their bands, and noise added to records and taken away again.

`python bench/filter_pictures.py` draws what is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy.signal

from ecg_records import DATA, Array, Index, noise
from edge_signal.aligned import Aligned
from edge_signal.ecg import detect_beats
from edge_signal.filters import SectionFilter, mains_filter, muscle_filter
from edge_signal.hum import Hum
from edge_signal.resample import Resampler
from edge_signal.sections import low_pass, notch
from edge_signal.stamps import Stamp
from edge_signal.taps import Fir, low_pass_taps
from edge_signal.values import Block
from figures import Figure, Outcome
from hearts import Heart, db, hearts, heights, levels
from responses import BANDS, Make, gains, left_behind, through, triangle

HUM_MV, NOISE_MV = 0.1, 0.06
STRAP = (130.0, 124.8, 73)
"""Nominal rate, true rate (4 % slow, as in the cold), samples of a frame."""


def bands() -> Iterator[Outcome]:
    """What IEC 60601-2-25 and -27 ask."""
    for name, make in BANDS.items():
        hz, gain, delay = gains(make, 1000.0)
        offset, slope = left_behind(make, 1000.0)
        flat = gain[(hz >= 0.67) & (hz <= (30 if "monitor" in name else 40))]
        qrs = (hz > 5) & (hz < 30)
        passed = hz[gain > np.sqrt(0.5)]
        diagnostic = "diagnostic" in name
        yield Outcome(
            "filters",
            name,
            (
                Figure("-3 dB from", round(float(passed[0]), 3), "Hz"),
                Figure("-3 dB to", round(float(passed[-1]), 1), "Hz"),
                Figure("0.67 Hz on, off by", _percent(flat), "%", 10 if diagnostic else 29),
                Figure("latency", float(np.mean(delay[qrs])), "ms"),
                Figure("its spread, 5-30 Hz", round(float(np.ptp(delay[qrs])), 2), "ms"),
                Figure("impulse leaves", round(offset, 3), "mV", 0.1 if diagnostic else None),
                Figure("and a slope of", round(slope, 3), "mV/s", 0.3 if diagnostic else None),
                Figure("triangle of 20 ms", round(100 * triangle(make, 1000.0), 1), "%"),
            ),
        )


def _percent(gain: Array) -> float:
    return round(100 * float(np.abs(gain - 1).max()), 1)


def hum_cases() -> dict[str, Callable[[Array], Array]]:
    """Hum of 0.1 mV at each second: as the mains are, and as they are not."""

    def turning(cycles: Array) -> Array:
        return HUM_MV * np.sin(2 * np.pi * cycles + 1)

    return {
        "50.0 Hz": lambda t: turning(50 * t),
        "50.3 Hz": lambda t: turning(50.3 * t),
        "49.5 Hz": lambda t: turning(49.5 * t),
        "by half louder and softer, in 5 s": lambda t: (
            turning(50.1 * t) * (1 + 0.5 * np.sin(2 * np.pi * 0.2 * t))
        ),
        "50 +- 0.2 Hz, in 20 s": lambda t: turning(50 * t + 0.2 * np.sin(0.1 * np.pi * t) / 0.314),
    }


def hums(records: list[Heart]) -> Iterator[Outcome]:
    """Added to records: what is left by following it, and by notches 5 and 1.7 Hz wide."""
    ways: dict[str, Make] = {
        "followed": mains_filter,
        "notch of 5 Hz": lambda rate: SectionFilter((notch(50, rate, 10),), rate),
        "notch of 1.7 Hz": lambda rate: SectionFilter((notch(50, rate, 30),), rate),
    }
    for case, make_hum in hum_cases().items():
        figures: list[Figure] = []
        for way, make in ways.items():
            off = [_off(one, make, make_hum) for one in records]
            figures.append(Figure(f"{way}: quieter by", round(float(np.mean(off)), 1), "dB"))
        yield Outcome("filters", f"hum {case}", tuple(figures))
    ringing = [
        Figure(f"{way}: changes QRS by", 1000 * _rung(records, make, after=False), "uV")
        for way, make in ways.items()
    ]
    ringing += [
        Figure(f"{way}: rings by", round(1000 * _rung(records, make, after=True), 1), "uV")
        for way, make in ways.items()
    ]
    yield Outcome("filters", "no hum: median over beats of the largest change", tuple(ringing))
    yield Outcome("filters", "hum told, of each second", _told(records))


def _off(heart: Heart, make: Make, make_hum: Callable[[Array], Array]) -> float:
    hum = make_hum(np.arange(len(heart.signal)) / heart.rate)
    left = through(make(heart.rate), heart.signal + hum) - heart.signal
    settled = slice(720, -360)
    return db(hum[settled], left[settled])


def _rung(records: list[Heart], make: Make, *, after: bool) -> float:
    """In the complex (60 ms to either side of R), or in the 100 ms that follow."""
    changes: list[float] = []
    for heart in records:
        change = np.abs(through(make(heart.rate), heart.signal) - heart.signal)
        start, stop = (round(s * heart.rate) for s in ((0.06, 0.16) if after else (-0.06, 0.06)))
        changes += [float(change[at + start : at + stop].max()) for at in heart.beats]
    return float(np.median(changes))


def _told(records: list[Heart]) -> tuple[Figure, ...]:
    right: dict[str, list[bool]] = {"50 Hz": [], "60 Hz": [], "none": []}
    for heart in records:
        for name, hz in (("50 Hz", 50.2), ("60 Hz", 59.9), ("none", 0.0)):
            heard: list[Hum] = []
            t = np.arange(len(heart.signal)) / heart.rate
            added = 0.2 * HUM_MV * np.sin(2 * np.pi * hz * t)
            through(mains_filter(heart.rate, heard.append), heart.signal + added)
            nominal = float(round(hz, -1)) or None
            right[name] += [one.nominal == nominal for one in heard[2:]]
    return tuple(
        Figure(f"{name} as such", round(100 * float(np.mean(told)), 2), "%")
        for name, told in right.items()
    )


def muscles(records: list[Heart]) -> Iterator[Outcome]:
    """Muscle noise of the Noise Stress Test from 15 Hz on, and white noise; 60 uV."""
    ways: dict[str, Make] = {
        "spared": muscle_filter,
        "40 Hz": lambda rate: Aligned(Fir(low_pass_taps(40, rate, 0.05))),
        "15 Hz": lambda rate: Aligned(Fir(low_pass_taps(15, rate, 0.1))),
    }
    recorded = through(SectionFilter((low_pass(15, 360),), 360), noise("ma", 0))
    kinds = {
        "muscle": noise("ma", 0) - recorded,
        "white": np.random.default_rng(1).normal(size=30000),
    }
    for kind, whole in kinds.items():
        for way, make in ways.items():
            rows: list[tuple[float, ...]] = []
            for heart in records:
                added = whole[1000 : 1000 + len(heart.signal)]
                added = added * (NOISE_MV / float(added.std()))
                out = through(make(heart.rate), heart.signal + added)
                outside = ~heart.near(0.08, 0.08)
                outside[:720] = False
                clean = through(make(heart.rate), heart.signal)
                rows.append(
                    (
                        db(added[outside], (out - heart.signal)[outside]),
                        float(np.median(heights(out, heart) / heights(heart.signal, heart))),
                        float(np.median(heights(clean, heart) / heights(heart.signal, heart))),
                    )
                )
            quieter, noisy, clean_kept = np.mean(rows, axis=0)
            yield Outcome(
                "filters",
                f"{kind} noise, {way}",
                (
                    Figure("between beats quieter by", round(float(quieter), 1), "dB"),
                    Figure("QRS height against the clean", round(100 * float(noisy), 1), "%"),
                    Figure("the same without noise", round(100 * float(clean_kept), 1), "%"),
                ),
            )


def wanders(records: list[Heart]) -> Iterator[Outcome]:
    """Baseline wander of the Noise Stress Test, and what each filter does to ST segments."""
    for name, make in BANDS.items():
        moved: list[float] = []
        for heart in records:
            out = through(make(heart.rate), heart.signal)
            moved += list(np.abs(levels(out, heart) - levels(heart.signal, heart)))
        wander = noise("bw", 0)[: (120 * 360)]
        left = through(make(360.0), wander)
        yield Outcome(
            "filters",
            f"wander, {name}",
            (
                Figure("quieter by", round(db(wander[7200:-7200], left[7200:-7200]), 1), "dB"),
                Figure("moves ST, median", 1000 * float(np.median(moved)), "uV"),
                Figure("95 % within", 1000 * float(np.quantile(moved, 0.95)), "uV"),
            ),
        )


def strap(records: list[Heart]) -> Iterator[Outcome]:
    """A strap of 130 Hz that is 4 % slow: the heart rate as it states it, and by its stamps."""
    nominal, true, frame = STRAP
    off: dict[str, list[float]] = {"as stated": [], "resampled": []}
    for heart in records:
        count = round(len(heart.signal) / heart.rate * true)
        taken = np.asarray(scipy.signal.resample(heart.signal, count), np.float64)
        stage, said = Resampler(nominal, nominal), list[Block]()
        for at in range(0, count - frame + 1, frame):
            last = at + frame - 1
            said += stage.push(Block(at, taken[at : last + 1]))
            said += stage.push(Stamp(last, round(last / true * 1e9)))
        evened = np.concatenate([one.samples for one in (*said, *stage.flush())])
        truth = _rate(detect_beats(heart.signal, heart.rate), heart.rate)
        for name, signal in (("as stated", taken), ("resampled", evened)):
            off[name].append(100 * (_rate(detect_beats(signal, nominal), nominal) / truth - 1))
    yield Outcome(
        "filters",
        f"strap of {nominal:g} Hz that has {true:g}",
        tuple(
            Figure(f"heart rate off by, {name}", round(float(np.median(np.abs(all_off))), 2), "%")
            for name, all_off in off.items()
        ),
    )


def _rate(beats: Index, rate: float) -> float:
    """Beats a second."""
    return float((len(beats) - 1) / ((beats[-1] - beats[0]) / rate))


def measure(_options: object) -> Iterator[Outcome]:
    """For `./edge bench filters`."""
    yield from bands()
    if not DATA.is_dir():
        yield Outcome("filters", "noise", (), void="the recordings are not beside the repository")
        return
    records = hearts()
    yield from hums(records)
    yield from muscles(records)
    yield from wanders(records)
    yield from strap(records)
