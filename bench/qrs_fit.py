"""Fit the weights of `edge_signal.evidence`: logistic regression on what the detector itself sees.

    python bench/qrs_fit.py [--rounds 2] [--cache FILE]

Records: MIT-BIH channel 0 as it is; with electrode motion and muscle noise of the Noise Stress Test
(of the first half of those recordings) added for two minutes out of four, at -3 to 12 dB; and
changed as `strain` changes them; and those of the QT database that are not parts of MIT-BIH. The
detector runs with the weights of the round before, so that it meets the situations it makes for
itself. The Noise Stress Test's own noisy records are left for judging. The records are in six
folds, each judged by weights to which no version of it was fitted; the worst are told first. Prints
the weights of all, to be put into `weights.py`.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import Pool
from multiprocessing.pool import Pool as Workers
from pathlib import Path

import numpy as np

from ecg_records import (
    OF_MITDB,
    Array,
    Record,
    Score,
    gross,
    load,
    noise,
    outside,
    paths,
    score,
)
from edge_signal import evidence
from edge_signal.candidates import Candidate, CandidateFinder
from edge_signal.filters import monitor_filter
from edge_signal.judge import Judge
from edge_signal.pacing import SpikeRemover, Spikes
from edge_signal.values import Beat, Block
from edge_signal.weights import TABLE
from strain import faster, part, paused, pops

Case = tuple[Record, list[Candidate]]
Study = tuple[Record, Score, Array, Array]
NEAR_S = 0.12
"""Of the candidates this near to a true beat the largest one is that beat."""
WORST = 7
BASE = {"nstdb": "118"}
"""What the records of a folder were made of."""
FOLDS = 6
PUSHED = 20
SHARES = {
    "mitdb": 1.0, "em": 1.0, "ma": 0.5, "0.7": 0.5, "1.4": 0.5, "2": 0.3, "0.55": 0.3,
    "pops": 0.5, "paused": 0.5, "qtdb": 0.3,
}  # fmt: skip
"""What a candidate of a kind of record counts for; a number is by how much the heart is faster."""


def noisy(record: Record, kind: str, rng: np.random.Generator) -> Record:
    """The record with noise in every second pair of minutes, scaled as `nst` does."""
    half = np.array_split(noise(kind, int(rng.integers(2))), 2)[0]
    added = np.concatenate([half, half[::-1]])
    swing = np.median([np.ptp(record.signal[max(0, at - 18) : at + 18]) for at in record.beats])
    decibels = float(rng.choice([-3, 0, 3, 6, 9, 12]))
    size = float(swing) / np.sqrt(8 * 10 ** (decibels / 10) * float(added.var()))
    shifted = np.roll(added, int(rng.integers(len(added))))[: len(record.signal)]
    on = np.arange(len(record.signal), dtype=np.float64) / record.rate // 120 % 2
    return replace(record, folder=kind, signal=record.signal + size * on * shifted)


def versions(path: Path) -> list[Record]:
    """A record as it is and, of MIT-BIH, with noise and changed."""
    record = load(path)
    if record.folder != "mitdb":
        return [record]
    rng = np.random.default_rng(int(record.name))
    early, late = part(record, 0, 900), part(record, 900, 600)
    changed = {
        "0.7": faster(0.7)(early),
        "1.4": faster(1.4)(early),
        "2": faster(2)(late),
        "0.55": faster(0.55)(late),
        "pops": pops(late),
        "paused": paused(late),
    }
    made = [replace(one, folder=name) for name, one in changed.items()]
    return [record, *(noisy(record, kind, rng) for kind in ("em", "ma")), *made]


def candidates(record: Record) -> list[Candidate]:
    """All candidates of a recording."""
    spikes, band = SpikeRemover(record.rate, Spikes()), monitor_filter(record.rate)
    finder, found, size = CandidateFinder(record.rate), list[Candidate](), round(record.rate)
    for first in range(0, len(record.signal), size):
        for block in spikes.push(Block(first, record.signal[first : first + size])):
            for filtered in band.push(block):
                found += finder.push(filtered)
    return found + finder.flush()


def prepare(path: Path) -> list[Case]:
    """Every version of a record and its candidates."""
    return [(version, candidates(version)) for version in versions(path)]


def true_ones(found: Sequence[Candidate], record: Record) -> dict[int, float]:
    """By index: 1 for the candidate of each true beat, 0 for the others."""
    at = np.array([one.index for one in found])
    size = np.array([one.narrow for one in found])
    labels = np.zeros(len(at))
    for beat in record.beats:
        near = np.flatnonzero(np.abs(at - beat) < NEAR_S * record.rate)
        if len(near):
            labels[near[size[near].argmax()]] = 1
    return dict(zip(at.tolist(), labels.tolist(), strict=True))


def study(job: tuple[Case, Array]) -> Study:
    """What the detector does with these weights: its score, features and labels of candidates."""
    (record, found), weights = job
    evidence.WEIGHTS[:] = weights
    at: list[int] = []
    told: list[Array] = []

    def watch(one: Candidate, features: Array) -> None:
        at.append(one.index)
        told.append(features)

    judge, beats = Judge(record.rate, watch), list[Beat]()
    for first in range(0, len(found), PUSHED):
        some = found[first : first + PUSHED]
        beats += judge.decide(some, some[-1].index)
    beats += judge.finish(())
    peaks = np.array([beat.index for beat in beats], dtype=np.int64)
    seen = np.array(at, dtype=np.int64)
    kept = np.isin(seen, outside(seen, record.spans))
    true = true_ones(found, record)
    labels = np.array([true[one] for one in at])
    return record, score(record, peaks), np.array(told)[kept], labels[kept]


def fitted(
    features: Array, labels: Array, ridge: float = 3e-4, shares: Array | None = None
) -> Array:
    """Logistic regression by Newton's method; rows count by their shares, equally without."""
    weights = np.zeros(features.shape[1])
    if shares is None:
        shares = np.ones(len(labels))
    whole = float(shares.sum())
    for _ in range(30):
        odds = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (shares * (odds - labels)) / whole + ridge * weights
        bend = (features.T * (shares * odds * (1 - odds))) @ features / whole
        step: Array = np.linalg.inv(bend + ridge * np.eye(len(weights))) @ slope
        weights = weights - step
    return weights


def tell(studies: list[Study]) -> None:
    """Print gross figures per kind of record, then the worst records."""
    for kind in (*SHARES, "nstdb"):
        whole = gross([one for record, one, _, _ in studies if record.folder == kind])
        print(f"{kind:>8} F1 {whole.f1:.3f}  missed {whole.missed}  extra {whole.extra}")
    for record, one, _, _ in sorted(studies, key=lambda study: study[1].f1)[:WORST]:
        counts = f"missed {one.missed}  extra {one.extra}"
        print(f"{record.folder:>8} {record.name:>7} F1 {one.f1:.3f}  {counts}", flush=True)


def prepared(cache: Path | None, pool: Workers) -> list[Case]:
    """All cases, from a cache if there is one."""
    if cache and cache.exists():
        kept: list[Case] = pickle.loads(cache.read_bytes())  # noqa: S301  written by this program
        return kept
    cases = [case for some in pool.imap(prepare, paths("mitdb", "nstdb", "qtdb")) for case in some]
    if cache:
        cache.write_bytes(pickle.dumps(cases))
    return cases


def fold(record: Record, names: Sequence[str]) -> int:
    """In which fold a record is; FOLDS for what nothing is ever fitted to."""
    name = BASE.get(record.folder, record.name)
    return names.index(name) % FOLDS if name in names else FOLDS


def learnt(studies: list[Study], names: Sequence[str], without: int) -> Array:
    """Weights from the records that are not of this fold, and not of the Noise Stress Test."""
    some = [
        one
        for one in studies
        if one[0].folder in SHARES and fold(one[0], names) not in (without, FOLDS)
    ]
    shares = [np.full(len(one[3]), SHARES[one[0].folder]) for one in some]
    return fitted(
        np.concatenate([one[2] for one in some]),
        np.concatenate([one[3] for one in some]),
        shares=np.concatenate(shares),
    )


def main() -> None:
    """Prepare all records, then fit in rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="keep the candidates here")
    args = parser.parse_args()
    weights = [evidence.WEIGHTS.copy()] * (FOLDS + 1)
    with Pool(2) as pool:
        cases = prepared(args.cache, pool)
        every = sorted({record.name for record, _ in cases if record.folder in SHARES})
        names = [name for name in every if not OF_MITDB.fullmatch(name)]
        for _ in range(args.rounds):
            jobs = [(case, weights[fold(case[0], names)]) for case in cases]
            studies = pool.map(study, jobs, chunksize=1)
            tell(studies)
            weights = [learnt(studies, names, without) for without in range(FOLDS + 1)]
            for row, plain, clean in zip(TABLE, *np.split(weights[FOLDS], 2), strict=True):
                print(f'    ("{row[0]}", {plain:.3f}, {clean:.3f}),', flush=True)


if __name__ == "__main__":
    main()
