"""Fit the weights of `edge_signal.evidence`: logistic regression on what the detector itself sees.

    python bench/qrs_fit.py [--rounds 2] [--cache FILE]

Records: MIT-BIH channel 0 as it is, and with electrode motion and muscle noise of the Noise Stress
Test added for two minutes out of four, at -3 to 12 dB. The detector runs with the weights of the
round before, so that it meets the situations it makes for itself. The Noise Stress Test's own noisy
records are left for judging. Two halves of the records are each judged by weights fitted to the
other half; the worst are told first. Prints the weights of all, to be put into `weights.py`.
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

from ecg_records import Array, Index, Record, Score, gross, load, noise, outside, paths, score
from edge_signal import evidence
from edge_signal.candidates import Candidate, CandidateFinder
from edge_signal.filters import monitor_filter
from edge_signal.judge import Judge
from edge_signal.values import Block
from edge_signal.weights import TABLE

Case = tuple[Record, list[Candidate]]
Study = tuple[Record, Score, Array, Array]
NEAR_S = 0.1
WORST = 12
BASE = {"nstdb": "118"}
"""What the records of a folder were made of."""
"""A candidate this near to a true beat, and nearest, is that beat."""


def noisy(record: Record, kind: str, rng: np.random.Generator) -> Record:
    """The record with noise in every second pair of minutes, scaled as `nst` does."""
    added = noise(kind, int(rng.integers(2)))
    swing = np.median([np.ptp(record.signal[max(0, at - 18) : at + 18]) for at in record.beats])
    decibels = float(rng.choice([-3, 0, 3, 6, 9, 12]))
    size = float(swing) / np.sqrt(8 * 10 ** (decibels / 10) * float(added.var()))
    shifted = np.roll(added, int(rng.integers(len(added))))[: len(record.signal)]
    on = np.arange(len(record.signal), dtype=np.float64) / record.rate // 120 % 2
    return replace(record, folder=kind, signal=record.signal + size * on * shifted)


def candidates(record: Record) -> list[Candidate]:
    """All candidates of a recording."""
    band, finder = monitor_filter(record.rate), CandidateFinder(record.rate)
    found: list[Candidate] = []
    for first in range(0, len(record.signal), 18):
        for block in band.push(Block(first, record.signal[first : first + 18])):
            found += finder.push(block)
    return found + finder.flush()


def prepare(path: Path) -> list[Case]:
    """A record as it is and, of MIT-BIH, with two kinds of noise."""
    record = load(path)
    versions = [record]
    if record.folder == "mitdb":
        rng = np.random.default_rng(int(record.name))
        versions += [noisy(record, kind, rng) for kind in ("em", "ma")]
    return [(version, candidates(version)) for version in versions]


def true_ones(at: Index, record: Record) -> Array:
    """1 for the candidate nearest to each true beat, if it is near; 0 for the others."""
    labels = np.zeros(len(at))
    for beat in record.beats:
        nearest = int(np.abs(at - beat).argmin())
        if abs(int(at[nearest]) - int(beat)) < NEAR_S * record.rate:
            labels[nearest] = 1
    return labels


def study(job: tuple[Case, Array]) -> Study:
    """What the detector does with these weights: its score, features and labels of candidates."""
    (record, found), weights = job
    evidence.WEIGHTS[:] = weights
    at: list[int] = []
    told: list[Array] = []

    def watch(one: Candidate, features: Array) -> None:
        at.append(one.index)
        told.append(features)

    judge = Judge(record.rate, watch)
    beats = [*judge.decide(found, found[-1].index), *judge.finish(())]
    peaks = np.array([beat.index for beat in beats], dtype=np.int64)
    seen = np.array(at, dtype=np.int64)
    kept = np.isin(seen, outside(seen, record.spans))
    return record, score(record, peaks), np.array(told)[kept], true_ones(seen, record)[kept]


def fitted(features: Array, labels: Array, ridge: float = 3e-4) -> Array:
    """Logistic regression by Newton's method."""
    weights = np.zeros(features.shape[1])
    for _ in range(30):
        odds = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (odds - labels) / len(labels) + ridge * weights
        bend = (features.T * (odds * (1 - odds))) @ features / len(labels)
        step: Array = np.linalg.inv(bend + ridge * np.eye(len(weights))) @ slope
        weights = weights - step
    return weights


def tell(studies: list[Study]) -> None:
    """Print gross figures per kind of record, then the worst records."""
    for kind in ("mitdb", "em", "ma", "nstdb"):
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
    cases = [case for some in pool.imap(prepare, paths("mitdb", "nstdb")) for case in some]
    if cache:
        cache.write_bytes(pickle.dumps(cases))
    return cases


def learnt(studies: list[Study], names: Sequence[str]) -> Array:
    """Weights from the records of these names; the Noise Stress Test is never among them."""
    some = [one for one in studies if one[0].name in names and one[0].folder != "nstdb"]
    return fitted(
        np.concatenate([one[2] for one in some]), np.concatenate([one[3] for one in some])
    )


def without(halves: Sequence[Sequence[str]], weights: Sequence[Array], record: Record) -> Array:
    """The weights that were fitted to the half in which a record is not."""
    name = BASE.get(record.folder, record.name)
    return weights[1] if name in halves[0] else weights[0]


def main() -> None:
    """Prepare all records, then fit in rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="keep the candidates here")
    args = parser.parse_args()
    weights = [evidence.WEIGHTS.copy()] * 2
    with Pool(2) as pool:
        cases = prepared(args.cache, pool)
        names = sorted({record.name for record, _ in cases if record.folder != "nstdb"})
        halves = (names[::2], names[1::2])
        for _ in range(args.rounds):
            jobs = [(case, without(halves, weights, case[0])) for case in cases]
            studies = pool.map(study, jobs, chunksize=1)
            tell(studies)
            weights = [learnt(studies, half) for half in halves]
            whole = learnt(studies, names)
            for row, plain, clean in zip(TABLE, *np.split(whole, 2), strict=True):
                print(f'    ("{row[0]}", {plain:.3f}, {clean:.3f}),', flush=True)


if __name__ == "__main__":
    main()
