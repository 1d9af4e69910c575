"""Score the boundaries of waves against cardiologists': LUDB and QTDB, beside peers and by record.

    python bench/delineation.py

A wave counts as found within 150 ms of its peak. Errors are mean and standard deviation, ms: of all
marks together, and as the mean of the deviations within each record, as to our knowledge Laguna
1994 and Martinez 2004 give theirs, beside tolerances of the CSE working party (1985, twice the
deviation). Beats are our own detector's; neurokit2 is given the cardiologists' R peaks. LUDB: each
lead by itself, the twelve together, and lead II alone, which the peers see too. QTDB's cardiologist
looked at both leads: each is delineated by itself, and of each mark the nearer one counts (Martinez
2004), for the peers as for us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ecg_peers import DELINEATORS, Job, ask
from ecg_records import DATA, Array, tool
from edge_signal.delineation import delineate, delineate_leads
from edge_signal.ecg import detect_beats
from edge_signal.waves import Wave, Waves
from figures import Figure, Outcome, table

LEADS = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")
WINDOW_S = 0.15
CSE_MS = {"P on": 10.2, "P off": 12.7, "QRS on": 6.5, "QRS off": 11.6, "T off": 30.6}
NAMES = {"p": "P", "N": "QRS", "t": "T"}
MARKS = ("on", "peak", "off")
OURS, TOGETHER = "edge_signal", "edge_signal, leads together"
LEAD_II = 1
WORST = 5

Mark = tuple[int | None, int, int | None]
"""Onset, peak, offset; sample indices."""
Said = Mapping[str, Sequence[Mark]]
"""Waves by symbol: p, N, t."""


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A stretch of a recording and what its cardiologists marked.

    Attributes:
        name: folder and record.
        rate: samples a second.
        start: its first sample within the record.
        first: which lead of the record is its first.
        leads: mV, shape (leads, n).
        true: what was marked, of each lead or once for all of them; indices within the stretch.
    """

    name: str
    rate: float
    start: int
    first: int
    leads: Array
    true: tuple[Said, ...]


@dataclass
class Tally:
    """What was found of one kind of wave, and by how much it is off, ms."""

    found: int = 0
    missed: int = 0
    extra: int = 0
    off: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def note(self, name: str, true: int | None, said: Sequence[int | None], rate: float) -> None:
        """The error of a mark: that of the nearest of what was said."""
        errors = [
            1000 * (one - true) / rate for one in said if one is not None and true is not None
        ]
        if errors:
            self.off.setdefault(name, []).append(min(errors, key=abs))


def marks(path: Path, extension: str, start: int = 0) -> Said:
    """The cardiologist's waves; some lack a bracket."""
    notes: Any = tool("wfdb").rdann(str(path), extension)
    pairs = [
        (int(at) - start, symbol) for at, symbol in zip(notes.sample, notes.symbol, strict=True)
    ]
    found: dict[str, list[Mark]] = {symbol: [] for symbol in NAMES}
    for i, (at, symbol) in enumerate(pairs):
        if symbol in NAMES:
            before, after = pairs[i - 1 : i] if i else [], pairs[i + 1 : i + 2]
            on = before[0][0] if before and before[0][1] == "(" else None
            off = after[0][0] if after and after[0][1] == ")" else None
            found[symbol].append((on, at, off))
    return found


@cache
def studies(folder: str) -> tuple[Study, ...]:
    """LUDB whole; of QTDB what was marked, with 20 s before for the detector to settle."""
    suffix, extensions = ("*.hea", LEADS) if folder == "ludb" else ("*.q1c", ("q1c",))
    found: list[Study] = []
    for path in sorted(each.with_suffix("") for each in (DATA / folder).glob(suffix)):
        rate, start, stop = float(tool("wfdb").rdheader(str(path)).fs), 0, None
        if folder == "qtdb":
            peaks = [peak for some in marks(path, "q1c").values() for _, peak, _ in some]
            start, stop = max(0, min(peaks) - round(20 * rate)), max(peaks) + round(5 * rate)
        read = tool("wfdb").rdrecord(str(path), sampfrom=start, sampto=stop).p_signal.T
        true = tuple(marks(path, extension, start) for extension in extensions)
        found.append(Study(f"{folder}/{path.name}", rate, start, 0, np.nan_to_num(read), true))
    return tuple(found)


@cache
def ours(study: Study) -> list[tuple[Waves, ...]]:
    """Each lead by itself."""
    beats = beats_of(study)
    return [delineate(lead, study.rate, beats) for lead in study.leads]


def together(study: Study) -> list[tuple[Waves, ...]]:
    """All leads at once."""
    return list(delineate_leads(study.leads, study.rate, beats_of(study)))


@cache
def beats_of(study: Study) -> list[int]:
    """Our detector's, from all leads."""
    return [int(one) for one in detect_beats(study.leads, study.rate)]


def said_by(leads: Sequence[Sequence[Waves]]) -> list[Said]:
    """Ours in the form in which all are judged."""
    return [
        {
            "p": [_mark(beat.p) for beat in lead if beat.p],
            "N": [_mark(beat.qrs) for beat in lead],
            "t": [_mark(beat.t) for beat in lead if beat.t],
        }
        for lead in leads
    ]


def lead_ii(study: Study) -> Study:
    """Nothing but that lead of it."""
    one = slice(LEAD_II, LEAD_II + 1)
    return replace(study, first=LEAD_II, leads=study.leads[one], true=study.true[one])


def questions(some: Sequence[Study]) -> list[Job]:
    """What the peers are asked: every lead, with the R peaks as marked."""
    jobs: list[Job] = []
    for study in some:
        where = {"start": study.start, "stop": study.start + study.leads.shape[1]}
        beats = [peak for _, peak, _ in study.true[0]["N"]]
        for lead in range(study.first, study.first + len(study.leads)):
            case = {"record": study.name, "lead": lead, **where, "beats": beats}
            jobs += [{"peer": peer, **case} for peer in DELINEATORS]
    return jobs


def peers(studied: Sequence[Study]) -> dict[str, list[list[Said]]]:
    """What each peer says of the leads of every study; of a lead in which it fails, nothing."""
    jobs = questions(studied)
    found: dict[str, dict[str, list[Said]]] = {name: {} for name in DELINEATORS}
    for job, answer in zip(jobs, ask(jobs), strict=True):
        told: dict[str, list[tuple[Any, Any, Any]]] = answer["found"] or {}
        said: Said = {
            symbol: [(on, peak, off) for on, peak, off in told.get(symbol, []) if peak is not None]
            for symbol in NAMES
        }
        found[job["peer"]].setdefault(job["record"], []).append(said)
    return {name: list(some.values()) for name, some in found.items()}


def compare(
    tallies: dict[str, Tally], true: Said, said: Sequence[Said], rate: float
) -> dict[str, Tally]:
    """Count and measure, over the stretch that the cardiologist marked."""
    every = [peak for some in true.values() for _, peak, _ in some]
    low, high = min(every) - 0.05 * rate, max(every) + 0.05 * rate
    for symbol, name in NAMES.items():
        tally = tallies.setdefault(name, Tally())
        for mark in true[symbol]:
            near = [wave for lead in said if (wave := _nearest(lead[symbol], mark[1], rate))]
            tally.found, tally.missed = tally.found + bool(near), tally.missed + (not near)
            for at, which in enumerate(MARKS):
                tally.note(f"{name} {which}", mark[at], [wave[at] for wave in near], rate)
        tops = np.array([peak for _, peak, _ in true[symbol]] or [-(10**9)])
        tally.extra += sum(
            low < peak < high and bool(np.abs(tops - peak).min() > WINDOW_S * rate)
            for _, peak, _ in said[0][symbol]
        )
    return tallies


def judged(study: Study, said: Sequence[Said], tallies: dict[str, Tally]) -> dict[str, Tally]:
    """One recording: lead by lead where each was marked, else the nearer of all leads."""
    cases = [(one, [said[lead]]) for lead, one in enumerate(study.true)]
    if len(study.true) == 1:
        cases = [(study.true[0], list(said))]
    for true, leads in cases:
        if any(true.values()):
            compare(tallies, true, leads, study.rate)
    return tallies


def measure(_options: object) -> Iterator[Outcome]:
    """Both databases, our worst records first, or that there are none."""
    if not DATA.is_dir():
        yield Outcome("delineation", "all", (), void="the recordings are not beside the repository")
        return
    twelve, two = studies("ludb"), studies("qtdb")
    second = [lead_ii(one) for one in twelve]
    for some in (twelve, two):
        yield from worst(some)
    yield from _scored("LUDB, 12 leads", twelve, {OURS: _all(ours, twelve)}, whole=True)
    yield from _scored("LUDB, 12 leads", twelve, {TOGETHER: _all(together, twelve)}, whole=True)
    told = {OURS: _all(ours, second)} | peers(second)
    yield from _scored("LUDB, lead II", second, told, whole=True)
    told = {OURS: _all(ours, two)} | peers(two)
    yield from _scored("QTDB, nearer of 2 leads", two, told, whole=False)


def _all(
    delineator: Callable[[Study], list[tuple[Waves, ...]]], some: Sequence[Study]
) -> list[list[Said]]:
    return [said_by(delineator(one)) for one in some]


def _scored(
    case: str, some: Sequence[Study], told: Mapping[str, Sequence[Sequence[Said]]], *, whole: bool
) -> Iterator[Outcome]:
    for name, said in told.items():
        each = [judged(study, one, {}) for study, one in zip(some, said, strict=True)]
        for wave in NAMES.values():
            tallies = [one[wave] for one in each if wave in one]
            figures = tuple(_figures(tallies, whole=whole, own=name in (OURS, TOGETHER)))
            yield Outcome("delineation", f"{case}, {wave}, {name}", figures)


def worst(some: Sequence[Study]) -> Iterator[Outcome]:
    """The records with the largest errors of boundaries that have a tolerance."""
    rows = [(errors(judged(one, said_by(ours(one)), {})), one.name) for one in some]
    for each, name in sorted(rows, key=lambda row: -max(row[0].values(), default=0))[:WORST]:
        figures = tuple(Figure(mark, off, "ms") for mark, off in each.items())
        yield Outcome("delineation", f"{name}, root mean square", figures)


def errors(tallies: Mapping[str, Tally]) -> dict[str, float]:
    """Root mean square of the errors of each boundary that has a tolerance, ms."""
    off = {name: values for tally in tallies.values() for name, values in tally.off.items()}
    return {name: float(np.sqrt(np.mean(np.square(off[name])))) for name in CSE_MS if name in off}


def _figures(tallies: Sequence[Tally], *, whole: bool, own: bool) -> Iterator[Figure]:
    found, missed, extra = (
        sum(getattr(one, what) for one in tallies) for what in ("found", "missed", "extra")
    )
    yield Figure("Se", 100 * found / max(1, found + missed), "%")
    if whole:
        yield Figure("+P", 100 * found / max(1, found + extra), "%")
    for name in dict.fromkeys(name for one in tallies for name in one.off):
        records = [np.array(one.off[name]) for one in tallies if name in one.off]
        every = np.concatenate(records)
        within = float(np.mean([off.std() for off in records if len(off) > 1] or [0.0]))
        yield Figure(f"{name}, mean", float(every.mean()), "ms")
        yield Figure(
            f"{name}, deviation", float(every.std()), "ms", CSE_MS.get(name) if own else None
        )
        yield Figure(f"{name}, deviation within records", within, "ms")


def _mark(wave: Wave) -> Mark:
    return wave.onset, wave.peak, wave.offset


def _nearest(waves: Sequence[Mark], peak: int, rate: float) -> Mark | None:
    best = min(waves, key=lambda one: abs(one[1] - peak), default=None)
    return best if best and abs(best[1] - peak) <= WINDOW_S * rate else None


if __name__ == "__main__":
    for outcome in measure(None):
        print("\n".join(table(outcome)), flush=True)
