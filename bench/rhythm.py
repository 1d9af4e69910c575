"""Score what is suspected of the rhythm, and fit its weights; no record is judged by its own.

    python bench/rhythm.py

Classes of strips: all of Challenge 2017 (../shared/data/cinc2017), by weights of `strips_fit`.
Atrial fibrillation from intervals alone: those that are not too noisy. Each strip is judged by
weights fitted to four fifths of the others. Ventricular fibrillation: windows of four seconds of
vfdb, some of MIT-BIH and the Noise Stress Test, each record judged by weights fitted to the others.
Prints the weights of all, too.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import strips_fit
from ecg_records import DATA, Array, tool
from edge_signal import flutter, irregularity
from edge_signal.ecg import ecg_chain
from edge_signal.filters import monitor_filter
from edge_signal.strips import classify
from edge_signal.values import Beat, BeatKind, Block
from figures import Figure, Outcome, table

FOLDS = 5
MIXTURE = np.array([5076.0, 758.0, 2415.0, 279.0])
"""Strips of each class among the 8,528 of the challenge."""
ALSO = ("mitdb/207", "mitdb/203", "mitdb/223", "mitdb/106", "mitdb/118", "mitdb/215", "mitdb/201")
NOISY = ("mitdb/119", "nstdb/118e06", "nstdb/118e00")
CHAOS = ("(VF", "(VFL", "(VFIB")
DOUBTFUL = ("(VT", "(ASYS", "(NOISE", "(HGEA", "(B3")
"""Neither the one nor the other: tachycardia may be chaos, noise and silence are no rhythm."""

ALIKE = "vfdb/418"
"""What is annotated N here is, in both leads, the same broad waves without rest between them as
what is annotated flutter, a little slower: nothing is fitted to it, it is only told."""

Labels = NDArray[np.str_]


def fitted(features: Array, labels: Array, ridge: float = 1e-3) -> Array:
    """Logistic regression by Newton's method; both classes weigh the same."""
    share = np.where(labels > 0, 0.4 / max(1, labels.sum()), 0.6 / max(1, (1 - labels).sum()))
    weights = np.zeros(features.shape[1])
    for _ in range(40):
        odds = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        bend = (features.T * (share * odds * (1 - odds))) @ features + ridge * np.eye(len(weights))
        slope = features.T @ (share * (odds - labels)) + ridge * weights
        step: Array = np.linalg.inv(bend) @ slope
        weights = weights - step * min(1.0, 3 / float(np.abs(step).max()))
    return weights


def strip(path: Path) -> Array | None:
    """The measures of a strip's intervals, through the chain; None when there are too few."""
    record = tool("wfdb").rdrecord(str(path))
    chain, samples = ecg_chain(record.fs), np.nan_to_num(record.p_signal[:, 0])
    found = (*chain.push(Block(0, samples)), *chain.flush())
    beats = [one for one in found if isinstance(one, Beat)]
    seconds = [
        (after.index - before.index) / record.fs
        for before, after in pairwise(beats)
        if BeatKind.VENTRICULAR not in (before.kind, after.kind)
    ]
    return irregularity.measures(np.array(seconds)) if len(seconds) >= irregularity.LEAST else None


def windows(name: str) -> tuple[str, Array, Labels]:
    """The measures of a record's windows, and their rhythm."""
    wfdb: Any = tool("wfdb")
    record, notes = wfdb.rdrecord(str(DATA / name)), wfdb.rdann(str(DATA / name), "atr")
    signal = np.nan_to_num(record.p_signal[:, 0])
    (block,) = monitor_filter(record.fs, None).push(Block(0, signal))
    marks = [(at, text.strip("\0")) for at, text in zip(notes.sample, notes.aux_note, strict=True)]
    marks = [(at, text) for at, text in marks if text.startswith("(")]
    rhythm = np.full(len(signal), "", dtype="U8")
    for (start, text), (stop, _) in pairwise([*marks, (len(signal), "")]):
        rhythm[start:stop] = text
    size = round(flutter.WINDOW_S * record.fs)
    told: list[Array] = []
    labels: list[str] = []
    for first in range(0, len(signal) - size, size // 2):
        some, lead = set(rhythm[first : first + size]), block.samples[first : first + size]
        if len(some) == 1 and np.sqrt(np.mean(lead**2)) >= flutter.LEAST_MV:
            told.append(flutter.measures(lead, record.fs))
            labels.append(str(some.pop()))
    return name, np.array(told), np.array(labels)


def rhythm_at(path: Path, index: int) -> str:
    """What a record's annotators call the rhythm at a sample, as `(N`; empty before the first."""
    notes = tool("wfdb").rdann(str(path), "atr")
    texts = [text.strip("\0") for text in notes.aux_note]
    marks = [(at, text) for at, text in zip(notes.sample, texts, strict=True) if text[:1] == "("]
    return next((text for at, text in reversed(marks) if at <= index), "")


def shares(counts: Array, at: int) -> tuple[Figure, ...]:
    """Of one class sensitivity, predictivity and F1, from counts of true (rows) and said."""
    hits, true, said = counts[at, at], counts[at].sum(), counts[:, at].sum()
    return (
        Figure("Se", float(100 * hits / max(1, true)), "%"),
        Figure("+P", float(100 * hits / max(1, said)), "%"),
        Figure("F1", float(200 * hits / max(1, true + said)), "%"),
    )


def measure(_options: object) -> Iterator[Outcome]:
    """Both, or that there are no records."""
    if not DATA.is_dir():
        yield Outcome("rhythm", "all", (), void="the recordings are not beside the repository")
        return
    with Pool(2) as pool:
        yield from _classes(pool)
        yield _elsewhere(pool)
        yield _atrial(pool)
        yield from _ventricular(pool)


def _classes(pool: Any) -> Iterator[Outcome]:  # noqa: ANN401  a pool of either kind
    """Each class, in the mean of ten drawings; then normal, fibrillation and other together."""
    features, true = strips_fit.studies(pool)
    every = [strips_fit.confusion(said, true) for said in strips_fit.unseen(features, true)]
    counts = np.mean(every, axis=0)
    for at, letter in enumerate(strips_fit.LETTERS):
        case = f"strips that are {letter}, {counts[at].sum():.0f} of {len(true)}, unseen"
        yield Outcome("rhythm", case, shares(counts, at))
    own = MIXTURE[:, None] * counts / counts.sum(axis=1, keepdims=True)
    figures = [
        Figure(name, float(np.mean([shares(some, at)[-1].value for at in range(3)])), "%")
        for name, some in (("mean F1", counts), ("in the challenge's mixture", own))
    ]
    yield Outcome("rhythm", "strips that are N, A or O together, unseen", tuple(figures))


def elsewhere(path: Path) -> tuple[str, str]:
    """The rhythm of a record of LUDB by its cardiologists, and its class by us."""
    record = tool("wfdb").rdrecord(str(path))
    true = next(one for one in record.comments if one.startswith("Rhythm: "))
    leads, chain = np.nan_to_num(record.p_signal.T), ecg_chain(record.fs)
    told = classify(leads, record.fs, (*chain.push(Block(0, leads)), *chain.flush()))
    return true, told.likeliest if told else ""


def _elsewhere(pool: Any) -> Outcome:  # noqa: ANN401  a pool of either kind
    """Twelve leads of ten seconds, of people and a device that nothing was fitted to."""
    every = sorted(path.with_suffix("") for path in (DATA / "ludb").glob("*.hea"))
    rows = pool.map(elsewhere, every, chunksize=10)
    kinds = {"fibrillation": "Atrial fib", "flutter": "Atrial flut", "sinus": "Sinus"}
    found = {name: [said for true, said in rows if some in true] for name, some in kinds.items()}
    figures = [
        Figure(f"{name}: {said or 'nothing'}", float(some.count(said)), f"of {len(some)}")
        for name, some in found.items()
        for said in dict.fromkeys(some)
    ]
    return Outcome("rhythm", "classes of LUDB's records, nothing fitted", tuple(figures))


def _atrial(pool: Any) -> Outcome:  # noqa: ANN401  a pool of either kind
    with (DATA / "cinc2017" / "REFERENCE.csv").open() as reference:
        rows = [row for row in csv.reader(reference) if row[1] != "~"]
    told = pool.map(strip, [DATA / "cinc2017" / name for name, _ in rows], chunksize=20)
    kept = [(one, label) for one, (_, label) in zip(told, rows, strict=True) if one is not None]
    features = np.array([one for one, _ in kept])
    true = np.array([label == "A" for _, label in kept])
    said = np.zeros(len(true), bool)
    for fold in range(FOLDS):
        out = np.arange(len(true)) % FOLDS == fold
        said[out] = features[out] @ fitted(features[~out], true[~out].astype(float)) > 0
    print("fibrillation:", np.round(fitted(features, true.astype(float)), 3).tolist())
    case = f"atrial fibrillation in {len(true)} strips, unseen"
    counts = np.histogram2d(true, said, bins=2)[0]
    return Outcome("rhythm", case, shares(counts, 1))


def _ventricular(pool: Any) -> Iterator[Outcome]:  # noqa: ANN401  a pool of either kind
    own = [f"vfdb/{path.stem}" for path in sorted((DATA / "vfdb").glob("*.hea"))]
    studies = pool.map(windows, [*own, *ALSO, *NOISY], chunksize=1)
    sure = {name: ~np.isin(labels, DOUBTFUL) for name, _, labels in studies}
    for name, features, labels in studies:
        others = [one for one in studies if one[0] not in (name, ALIKE)]
        weights = _chaotic([(f[sure[n]], t[sure[n]]) for n, f, t in others])
        said, true = (
            (features @ weights > flutter.CAUTION)[sure[name]],
            np.isin(labels, CHAOS)[sure[name]],
        )
        yield Outcome(
            "rhythm",
            f"ventricular fibrillation or flutter, {name}, unseen",
            (
                Figure("windows of it", float(true.sum()), ""),
                Figure("found", float((said & true).sum()), ""),
                Figure("windows of others", float((~true).sum()), ""),
                Figure("falsely suspected", float((said & ~true).sum()), ""),
            ),
        )
    whole = _chaotic([(f[sure[n]], t[sure[n]]) for n, f, t in studies if n != ALIKE])
    print("chaos:", np.round(whole, 3).tolist())


def _chaotic(parts: list[tuple[Array, Labels]]) -> Array:
    labels = np.concatenate([np.isin(labels, CHAOS) for _, labels in parts])
    return fitted(np.concatenate([features for features, _ in parts]), labels.astype(float))


if __name__ == "__main__":
    for outcome in measure(None):
        print("\n".join(table(outcome)), flush=True)
