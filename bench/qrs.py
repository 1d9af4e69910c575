"""Score the QRS detector: the chain that the agent runs, in blocks of 50 ms, beside peers.

Sets of records from ../shared/data (`ecg_records.sets`), channel 0, of LUDB lead II, whole records,
by the method of ANSI/AAMI EC57 (../shared/tools/ec57.py); the same scorer for the peers
(`ecg_peers`), each of which sees the whole record at once. Each record's figures are told, worst
first, then the gross ones.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from ecg_peers import DETECTORS, Job, ask
from ecg_records import DATA, LEADS, Index, Record, Score, gross, load, score, sets
from edge_signal.ecg import detect_beats
from figures import Figure, Outcome

OURS = "edge_signal"
GOALS = {"mitdb": 99.8, "nstdb": 91.779}
"""The goal; and the best of eleven published detectors on these records (py-ecg-detectors swt)."""
OFF_MS = 6.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One detector on one record.

    Attributes:
        detector, record: which.
        score: what was found.
        seconds: how long the record is.
        spent: processor time, seconds.
    """

    detector: str
    record: Path
    score: Score
    seconds: float
    spent: float


def found(path: Path) -> tuple[Index, float]:
    """Our beats of a record, and the processor time that they took."""
    record = load(path)
    began = time.process_time()
    return detect_beats(record.signal, record.rate), time.process_time() - began


def ours(wanted: list[Path]) -> list[Judged]:
    """Our detector on every record."""
    with Pool(2) as pool:
        said = pool.map(found, wanted, chunksize=1)
    return [_judged(OURS, path, *one) for path, one in zip(wanted, said, strict=True)]


def peers(wanted: list[Path]) -> list[Judged]:
    """Every peer on every record; one that fails found nothing."""
    cases = [(name, path) for name in DETECTORS for path in wanted]
    told = ask([_job(name, path) for name, path in cases])
    return [
        _judged(name, path, np.array(one["found"] or [], dtype=np.int64), one["spent"])
        for (name, path), one in zip(cases, told, strict=True)
    ]


def measure(_options: object) -> Iterator[Outcome]:
    """Our records, worst first; then each detector's gross figures on both sets."""
    if not DATA.is_dir():
        yield Outcome("qrs", "scores", (), void="the recordings are not beside the repository")
        return
    wanted = sets()
    every = [path for some in wanted.values() for path in some]
    mine = ours(every)
    for one in sorted(mine, key=lambda each: each.score.f1):
        yield Outcome("qrs", f"{one.record.parent.name}/{one.record.name}", _of_record(one))
    rows = [*mine, *peers(every)]
    for folder, some in wanted.items():
        for name in (OURS, *DETECTORS):
            told = [row for row in rows if row.detector == name and row.record in some]
            yield Outcome("qrs", f"{name} on {folder}", _of_set(folder, told))


def _judged(name: str, path: Path, said: Index, spent: float) -> Judged:
    record = _read(path)
    seconds = len(record.signal) / record.rate
    return Judged(name, path, score(record, said), seconds, spent)


def _job(name: str, path: Path) -> Job:
    folder = path.parent.name
    return {"peer": name, "record": f"{folder}/{path.name}", "lead": LEADS.get(folder, 0)}


@cache
def _read(path: Path) -> Record:
    return load(path)


def _of_record(one: Judged) -> tuple[Figure, ...]:
    return (
        Figure("F1", one.score.f1, "%"),
        Figure("missed", float(one.score.missed), ""),
        Figure("extra", float(one.score.extra), ""),
        Figure("off by", one.score.off_ms, "ms"),
    )


def _of_set(name: str, rows: list[Judged]) -> tuple[Figure, ...]:
    whole, own = gross([row.score for row in rows]), rows[0].detector == OURS
    return (
        Figure("Se", whole.sensitivity, "%"),
        Figure("+P", whole.predictivity, "%"),
        Figure("F1", whole.f1, "%", GOALS.get(name) if own else None, least=True),
        Figure("off by", whole.off_ms, "ms", OFF_MS if own and name in GOALS else None),
        Figure(
            "faster than real time",
            sum(row.seconds for row in rows) / max(sum(row.spent for row in rows), 1e-9),
            "times",
        ),
    )
