"""Fit the weights of `edge_signal.strips` to Challenge 2017, and score them strip by strip unseen.

    python bench/strips_fit.py

Each strip is judged by weights fitted to four fifths of the others; every class weighs the same.
The five parts are drawn anew ten times: what is told is the mean. Prints that, and the rows for
`strip_weights.py` from all strips.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from multiprocessing import Pool
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecg_records import DATA, Array, tool
from edge_signal import strip_weights
from edge_signal.ecg import ecg_chain
from edge_signal.strips import measured
from edge_signal.values import Block

LETTERS = "NAO~"
FOLDS, DRAWS = 5, 10
RIDGE = 10.0
STEPS = 30
PLACE = DATA / "cinc2017"

Index = NDArray[np.int64]


def strips() -> list[tuple[str, int]]:
    """Names of the strips, and which class each is."""
    with (PLACE / "REFERENCE.csv").open() as reference:
        return [(name, LETTERS.index(letter)) for name, letter in csv.reader(reference)]


def study(name: str) -> Array | None:
    """What is measured of a strip; None where nothing can be."""
    record = tool("wfdb").rdrecord(str(PLACE / name))
    lead, chain = np.nan_to_num(record.p_signal[:, 0]), ecg_chain(record.fs)
    return measured(lead, record.fs, (*chain.push(Block(0, lead)), *chain.flush()))


def studies(pool: Any) -> tuple[Array, Index]:  # noqa: ANN401  a pool of either kind
    """The measures of all strips, and their classes."""
    rows = strips()
    told = pool.map(study, [name for name, _ in rows], chunksize=20)
    kept = [(one, true) for one, (_, true) in zip(told, rows, strict=True) if one is not None]
    return np.array([one for one, _ in kept]), np.array([true for _, true in kept])


def fitted(features: Array, true: Index) -> Array:
    """Multinomial logistic regression by Newton's method, shape (4, 1 + measures)."""
    count = len(LETTERS)
    design = np.column_stack([np.ones(len(features)), features])
    share = (len(true) / count / np.bincount(true, minlength=count))[true]
    hit = np.eye(count)[true]
    ridge = np.diag(np.tile(np.append(1e-3, np.full(features.shape[1], RIDGE)), count))
    weights = np.zeros((count, design.shape[1]))
    for _ in range(STEPS):
        odds = design @ weights.T
        chance = np.exp(odds - odds.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        off: Array = share[:, None] * (chance - hit)
        slope = (off.T @ design).ravel() + ridge @ weights.ravel()
        bend = np.block(
            [
                [
                    (design.T * (share * chance[:, a] * ((a == b) - chance[:, b]))) @ design
                    for b in range(count)
                ]
                for a in range(count)
            ]
        )
        weights -= np.linalg.solve(bend + ridge, slope).reshape(weights.shape)
    return np.asarray(weights, dtype=np.float64)


def scaled(features: Array) -> tuple[Array, Array]:
    """Centres and spreads of the measures."""
    return features.mean(axis=0), features.std(axis=0) + 1e-9


def unseen(features: Array, true: Index) -> Iterator[Index]:
    """For each drawing what every strip is taken for, by weights that have not seen it."""
    for draw in range(DRAWS):
        fold = np.empty(len(true), dtype=np.int64)
        order = np.random.default_rng(draw).permutation(len(true))
        order = order[np.argsort(true[order], kind="stable")]
        fold[order] = np.arange(len(true)) % FOLDS
        said = np.empty(len(true), dtype=np.int64)
        for one in range(FOLDS):
            out = fold == one
            centre, spread = scaled(features[~out])
            weights = fitted((features[~out] - centre) / spread, true[~out])
            rows = np.column_stack([np.ones(out.sum()), (features[out] - centre) / spread])
            said[out] = (rows @ weights.T).argmax(axis=1)
        yield said


def confusion(said: Index, true: Index) -> Array:
    """How many of each class (rows) are taken for each (columns)."""
    counts = np.zeros((len(LETTERS), len(LETTERS)))
    np.add.at(counts, (true, said), 1)
    return counts


def main() -> None:
    """Fit and tell."""
    with Pool(2) as pool:
        features, true = studies(pool)
    mean = np.mean([confusion(said, true) for said in unseen(features, true)], axis=0)
    print("true \\ said", *LETTERS)
    for letter, row in zip(LETTERS, mean, strict=True):
        print(letter, *(f"{one:6.1f}" for one in row))
    centre, spread = scaled(features)
    weights = fitted((features - centre) / spread, true)
    print("ALWAYS:", np.round(weights[:, 0], 3).tolist())
    rows = zip(strip_weights.NAMES, centre, spread, weights[:, 1:].T, strict=True)
    for name, middle, width, each in rows:
        told = ", ".join(f"{one:.3f}" for one in (middle, width, *each))
        print(f'    ("{name}", {told}),')


if __name__ == "__main__":
    main()
