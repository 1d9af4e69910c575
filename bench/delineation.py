"""Score the boundaries of waves against cardiologists': LUDB, each of twelve leads; and QTDB.

    python bench/delineation.py

A wave counts as found within 150 ms of its peak. Errors are mean and standard deviation, ms, beside
tolerances of the CSE working party (1985, twice the deviation). Beats are our own detector's.
QTDB's cardiologist looked at both leads: of each mark the nearer lead counts (Martinez 2004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ecg_records import DATA, tool
from edge_signal.delineation import Wave, Waves, delineate
from edge_signal.ecg import detect_beats
from figures import Figure, Outcome, table

LEADS = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")
WINDOW_S = 0.15
CSE_MS = {"P on": 10.2, "P off": 12.7, "QRS on": 6.5, "QRS off": 11.6, "T off": 30.6}
NAMES = {"p": "P", "N": "QRS", "t": "T"}

Mark = tuple[str, int | None, int, int | None]
"""p, N or t; onset, peak, offset."""


@dataclass
class Tally:
    """What was found of one kind of wave, and by how much it is off, ms."""

    found: int = 0
    missed: int = 0
    extra: int = 0
    off: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def note(self, name: str, true: int | None, said: Sequence[int], rate: float) -> None:
        """The error of a mark: that of the nearest of what was said."""
        if true is not None and said:
            errors = [1000 * (one - true) / rate for one in said]
            self.off.setdefault(name, []).append(min(errors, key=abs))


def marks(path: Path, extension: str) -> list[Mark]:
    """The cardiologist's waves; some lack a bracket."""
    notes: Any = tool("wfdb").rdann(str(path), extension)
    pairs = list(zip((int(at) for at in notes.sample), notes.symbol, strict=True))
    found: list[Mark] = []
    for i, (at, symbol) in enumerate(pairs):
        if symbol in NAMES:
            before, after = pairs[i - 1 : i] if i else [], pairs[i + 1 : i + 2]
            on = before[0][0] if before and before[0][1] == "(" else None
            off = after[0][0] if after and after[0][1] == ")" else None
            found.append((symbol, on, at, off))
    return found


def compare(
    tallies: dict[str, Tally], true: Sequence[Mark], said: Sequence[Sequence[Waves]], rate: float
) -> None:
    """Count and measure, over the stretch that the cardiologist marked."""
    low, high = true[0][2] - 0.05 * rate, true[-1][2] + 0.05 * rate
    for symbol, name in NAMES.items():
        tally = tallies.setdefault(name, Tally())
        leads = [[wave for beat in lead if (wave := _of(beat, symbol))] for lead in said]
        wanted = [mark for mark in true if mark[0] == symbol]
        for _, on, peak, off in wanted:
            near = [wave for lead in leads if (wave := _nearest(lead, peak, rate))]
            tally.found, tally.missed = tally.found + bool(near), tally.missed + (not near)
            tally.note(f"{name} on", on, [one.onset for one in near], rate)
            tally.note(f"{name} peak", peak, [one.peak for one in near], rate)
            tally.note(f"{name} off", off, [one.offset for one in near], rate)
        tops = np.array([mark[2] for mark in wanted] or [-(10**9)])
        tally.extra += sum(
            low < wave.peak < high and np.abs(tops - wave.peak).min() > WINDOW_S * rate
            for wave in leads[0]
        )


def ludb() -> dict[str, Tally]:
    """Every lead by itself; beats from all twelve."""
    tallies: dict[str, Tally] = {}
    for path in sorted((DATA / "ludb").glob("*.hea")):
        record = tool("wfdb").rdrecord(str(path.with_suffix("")))
        signal, rate = np.nan_to_num(record.p_signal.T), float(record.fs)
        beats = [int(one) for one in detect_beats(signal, rate)]
        for lead, name in zip(signal, LEADS, strict=True):
            if true := marks(path.with_suffix(""), name):
                compare(tallies, true, [delineate(lead, rate, beats)], rate)
    return tallies


def qtdb() -> dict[str, Tally]:
    """Both leads; predictivity cannot be told, for few beats are marked."""
    tallies: dict[str, Tally] = {}
    for path in sorted((DATA / "qtdb").glob("*.q1c")):
        true = marks(path.with_suffix(""), "q1c")
        rate = 250.0
        start, stop = max(0, true[0][2] - 20 * 250), true[-1][2] + 5 * 250
        record = tool("wfdb").rdrecord(str(path.with_suffix("")), sampfrom=start, sampto=stop)
        signal = np.nan_to_num(record.p_signal.T)
        beats = [int(one) for one in detect_beats(signal, rate)]
        shifted = [tuple(m if m is None else m - start for m in mark[1:]) for mark in true]
        moved: list[Mark] = [
            (mark[0], on, peak or 0, off)
            for mark, (on, peak, off) in zip(true, shifted, strict=True)
        ]
        compare(tallies, moved, [delineate(lead, rate, beats) for lead in signal], rate)
    return tallies


def measure(_options: object) -> Iterator[Outcome]:
    """Both databases, or that there are none."""
    if not DATA.is_dir():
        yield Outcome("delineation", "all", (), void="the recordings are not beside the repository")
        return
    for case, tallies, is_whole in (("LUDB", ludb(), True), ("QTDB", qtdb(), False)):
        for name, tally in tallies.items():
            yield Outcome("delineation", f"{case}, {name}", tuple(_figures(tally, whole=is_whole)))


def _figures(tally: Tally, *, whole: bool) -> Iterator[Figure]:
    yield Figure("Se", 100 * tally.found / max(1, tally.found + tally.missed), "%")
    if whole:
        yield Figure("+P", 100 * tally.found / max(1, tally.found + tally.extra), "%")
    for name, off in tally.off.items():
        yield Figure(f"{name}, mean", float(np.mean(off)), "ms")
        yield Figure(f"{name}, deviation", float(np.std(off)), "ms", CSE_MS.get(name))


def _of(beat: Waves, symbol: str) -> Wave | None:
    return {"p": beat.p, "N": beat.qrs, "t": beat.t}[symbol]


def _nearest(waves: Sequence[Wave], peak: int, rate: float) -> Wave | None:
    best = min(waves, key=lambda one: abs(one.peak - peak), default=None)
    return best if best and abs(best.peak - peak) <= WINDOW_S * rate else None


if __name__ == "__main__":
    for outcome in measure(None):
        print("\n".join(table(outcome)), flush=True)
