"""Waves of LUDB's twelve leads together, on the signals as they are and made worse; what is unsure.

At other rates (polyphase, scipy), upside down, with mains, noise and wander put in, beats marked
late or early. Then, on the signals as they are: of the waves told with less
and with more certainty, how many are told wrong: none of the cardiologists' within 150 ms, or a
boundary farther than 25 ms (T: 40 ms) from theirs; and how far the intervals of the table are off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from delineation import NAMES, Mark, Study, beats_of, judged, said_by, studies
from ecg_records import DATA, Array, tool
from edge_signal.delineation import delineate_leads
from edge_signal.measurements import measure as measured
from edge_signal.values import Beat, BeatKind
from edge_signal.waves import UNSURE, Wave, Waves
from figures import Figure, Outcome

RATES = (100, 128, 250, 1000)
BOUNDS = ("P on", "P off", "QRS on", "QRS off", "T off")
WRONG_MS = {"p": 25.0, "N": 25.0, "t": 40.0}
WINDOW_S = 0.15
STEPS = (0.0, 0.3, UNSURE, 0.7, 0.85, 1.01)
FIELDS = {"p": "p", "N": "qrs", "t": "t"}
Leads = Sequence[Sequence[Waves]]
Harder = Callable[[Study], tuple[Study, Sequence[int]]]
Added = Callable[[Array, Array], Array]
"""What is put in, mV, at times, seconds, out of white noise of deviation 1."""


def measure(_options: object) -> Iterator[Outcome]:
    """Each hardship, then the certainties, or that there are no recordings."""
    if not DATA.is_dir():
        yield Outcome("hardship", "all", (), void="the recordings are not beside the repository")
        return
    some = studies("ludb")
    for name, harder in hardships().items():
        yield Outcome("hardship", f"LUDB, {name}", tuple(_deviations(some, harder)))
    plain = [(one, delineate_leads(one.leads, one.rate, beats_of(one))) for one in some]
    for symbol, name in NAMES.items():
        yield Outcome("hardship", f"certainty, {name}", tuple(_certainties(symbol, plain)))
    yield from _tables(some)


def hardships() -> dict[str, Harder]:
    """What is made of a study, and of its beats, by name."""
    made: dict[str, Harder] = {
        "as recorded, 500/s": lambda one: (one, beats_of(one)),
        "upside down": lambda one: (replace(one, leads=-one.leads), beats_of(one)),
        "50 Hz, 50 uV": _with(lambda t, _: 0.05 * np.sin(2 * np.pi * 50 * t)),
        "white noise, 20 uV": _with(lambda _, noise: 0.02 * noise),
        "white noise, 50 uV": _with(lambda _, noise: 0.05 * noise),
        "wander of 0.3 Hz, 0.3 mV": _with(lambda t, _: 0.3 * np.sin(2 * np.pi * 0.3 * t)),
        "beats marked within 30 ms": lambda one: (one, _shaken(one)),
    }
    return made | {f"{rate}/s": _at(rate) for rate in RATES}


def _with(what: Added) -> Harder:
    def made(one: Study) -> tuple[Study, Sequence[int]]:
        noise = np.random.default_rng(1).normal(size=one.leads.shape)
        times = np.arange(one.leads.shape[1], dtype=np.float64) / one.rate
        added = what(times, noise)
        return replace(one, leads=one.leads + added), beats_of(one)

    return made


def _shaken(one: Study) -> list[int]:
    random, most = np.random.default_rng(1), round(0.03 * one.rate)
    return [at + int(random.integers(-most, most + 1)) for at in beats_of(one)]


def _at(rate: int) -> Harder:
    """The study at another rate; what was marked stays as it is, to the part of a sample."""

    def made(one: Study) -> tuple[Study, Sequence[int]]:
        old, factor = round(one.rate), rate / one.rate
        first = one.leads[:, :1]
        leads: Any = tool("scipy.signal").resample_poly(one.leads - first, rate, old, axis=1)
        true = tuple(
            {symbol: [_scaled(mark, factor) for mark in some] for symbol, some in lead.items()}
            for lead in one.true
        )
        beats = [round(at * factor) for at in beats_of(one)]
        return replace(one, rate=float(rate), leads=leads, true=true), beats

    return made


def _scaled(mark: Mark, factor: float) -> Mark:
    on, peak, off = (None if at is None else at * factor for at in mark)
    return on, peak, off  # type: ignore[return-value]


def _deviations(some: Sequence[Study], harder: Harder) -> Iterator[Figure]:
    off: dict[str, list[float]] = {}
    for one in some:
        study, beats = harder(one)
        told = said_by(delineate_leads(study.leads, study.rate, beats))
        for tally in judged(study, told, {}).values():
            for name, values in tally.off.items():
                off.setdefault(name, []).extend(values)
    for name in BOUNDS:
        yield Figure(f"{name}, mean", float(np.mean(off[name])), "ms")
        yield Figure(f"{name}, deviation", float(np.std(off[name])), "ms")


def _certainties(symbol: str, told: Sequence[tuple[Study, Leads]]) -> Iterator[Figure]:
    rows = np.array([row for study, leads in told for row in _judged(symbol, study, leads)])
    for low, high in pairwise(STEPS):
        these = rows[(rows[:, 0] >= low) & (rows[:, 0] < high), 1]
        name = f"certainty {low:g} to {min(high, 1):g}"
        yield Figure(f"{name}, of all", 100 * len(these) / len(rows), "%")
        yield Figure(f"{name}, wrong", 100 * float(these.mean()), "%")


def _judged(symbol: str, study: Study, leads: Leads) -> Iterator[tuple[float, bool]]:
    """Certainty of each wave within the stretch that was marked, and whether it is wrong."""
    for true, lead in zip(study.true, leads, strict=True):
        every = [peak for some in true.values() for _, peak, _ in some] or [0]
        for beat in lead:
            wave: Wave | None = getattr(beat, FIELDS[symbol])
            if wave and min(every) <= wave.peak <= max(every):
                yield wave.certainty, wrong(wave, true[symbol], study.rate, WRONG_MS[symbol])


def wrong(wave: Wave, true: Sequence[Mark], rate: float, most_ms: float) -> bool:
    """Whether no mark near its peak has bounds near its own."""
    near = [one for one in true if abs(one[1] - wave.peak) <= WINDOW_S * rate]
    pairs = [(wave.onset, on, wave.offset, off) for on, _, off in near]
    off = [
        max(abs(at - mark) for at, mark in ((a, on), (b, end)) if mark is not None)
        for a, on, b, end in pairs
        if on is not None or end is not None
    ]
    return min(off, default=np.inf) > most_ms * rate / 1000


def _tables(some: Sequence[Study]) -> Iterator[Outcome]:
    """Intervals of the table against those of the marks by the same rule, sure and unsure."""
    pairs = [
        (told, true)
        for one in some
        if (told := measured(one.leads, one.rate, _normal(beats_of(one)))) and (true := _true(one))
    ]
    for name in ("pr", "qrs", "qt"):
        figures: list[Figure] = []
        for unsure in (False, True):
            off = [
                getattr(told, f"{name}_ms") - true[name]
                for told, true in pairs
                if (name in told.unsure) == unsure
                and getattr(told, f"{name}_ms") is not None
                and name in true
            ]
            kind = "unsure" if unsure else "sure"
            figures.append(Figure(f"{kind}, records", float(len(off)), ""))
            figures.append(Figure(f"{kind}, mean", float(np.mean(off or [0])), "ms"))
            figures.append(Figure(f"{kind}, deviation", float(np.std(off or [0])), "ms"))
        yield Outcome("hardship", f"table, {name}", tuple(figures))


def _normal(beats: Sequence[int]) -> list[Beat]:
    return [Beat(at, 1.0, 1.0, BeatKind.NORMAL, 1.0) for at in beats]


def _true(study: Study) -> dict[str, float]:
    """Intervals by the marks, ms: each lead's median against the beats, then quartiles of leads."""
    beats = np.array(beats_of(study))
    onset = _quartile(study, beats, "N", 0, 0.25)
    found = {
        "pr": (_quartile(study, beats, "p", 0, 0.25), onset),
        "qrs": (onset, _quartile(study, beats, "N", 2, 0.75)),
        "qt": (onset, _quartile(study, beats, "t", 2, 0.75)),
    }
    return {
        name: 1000 * (end - start) / study.rate
        for name, (start, end) in found.items()
        if start is not None and end is not None
    }


def _quartile(study: Study, beats: Array, symbol: str, which: int, quantile: float) -> float | None:
    side = {"p": 0.15, "N": 0.0, "t": -0.3}[symbol] * study.rate
    leads: list[float] = []
    for true in study.true:
        marks = [(one[which], one[1]) for one in true[symbol]]
        off = [
            float(at - beats[np.abs(beats - (peak + side)).argmin()])
            for at, peak in marks
            if at is not None
        ]
        leads += [float(np.median(off))] if off else []
    return float(np.quantile(leads, quantile)) if 2 * len(leads) >= len(study.true) else None
