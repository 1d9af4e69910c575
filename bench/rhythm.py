"""Score what is suspected of the rhythm, and fit its weights; no record is judged by its own.

    python bench/rhythm.py

Atrial fibrillation: the strips of Challenge 2017 (../shared/data/cinc2017), each judged by weights
fitted to four fifths of the others; the leaders of the challenge saw 8,528 strips and all four
classes. Ventricular fibrillation: windows of four seconds of vfdb, some of MIT-BIH and the Noise
Stress Test, each record judged by weights fitted to the others. Prints the weights of all, too.
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

from ecg_records import DATA, Array, tool
from edge_signal import flutter, irregularity
from edge_signal.ecg import ecg_chain
from edge_signal.filters import monitor_filter
from edge_signal.values import Beat, BeatKind, Block
from figures import Figure, Outcome, table

FOLDS = 5
LEADERS_F1 = 83.0
"""Challenge 2017, mean F1 of normal, fibrillation and other, in per cent (its four winners)."""
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


def figures_of(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> tuple[Figure, ...]:
    """Sensitivity, predictivity and F1."""
    hits = float((said & true).sum())
    sensitivity, predictivity = hits / max(1, true.sum()), hits / max(1, said.sum())
    f1 = 2 * hits / max(1, said.sum() + true.sum())
    return (
        Figure("Se", 100 * sensitivity, "%"),
        Figure("+P", 100 * predictivity, "%"),
        Figure("F1", 100 * f1, "%"),
    )


def measure(_options: object) -> Iterator[Outcome]:
    """Both, or that there are no records."""
    if not DATA.is_dir():
        yield Outcome("rhythm", "all", (), void="the recordings are not beside the repository")
        return
    with Pool(2) as pool:
        yield _atrial(pool)
        yield from _ventricular(pool)


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
    return Outcome("rhythm", case, figures_of(said, true))


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
