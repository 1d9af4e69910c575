"""Fit the weights of `edge_signal.labels` to MIT-BIH, and score them by the classes of EC57.

    python bench/labels_fit.py

Channel 0, beats as annotated. Two halves of the records are each judged by weights fitted to the
other half. Prints that, each record under the weights of all, and these, for `label_weights.py`.
"""

from __future__ import annotations

from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg_records import Array, Record, load, paths, symbols
from edge_signal import label_weights
from edge_signal.candidates import Candidate, CandidateFinder
from edge_signal.filters import monitor_filter
from edge_signal.labels import Labeller
from edge_signal.values import Block
from qrs_fit import fitted

Labels = NDArray[np.str_]
Study = tuple[str, Array, Labels]
CLASS = {**dict.fromkeys("NLRejB", "N"), **dict.fromkeys("aAJS", "S"), "V": "V", "E": "V", "F": "F"}
NEAR_S = 0.1
RIDGE = 1e-4


def study(path: Path) -> Study:
    """The features of every annotated beat, and its class."""
    record = load(path)
    found = _candidates(record)
    at = np.array([one.index for one in found])
    labeller = Labeller(record.rate)
    told: list[Array] = []
    labels: list[str] = []
    for beat, symbol in symbols(path):
        nearest = int(np.abs(at - beat).argmin())
        if abs(int(at[nearest]) - beat) < NEAR_S * record.rate:
            told.append(labeller.features(found[nearest]))
            labels.append(CLASS.get(symbol, "Q"))
    return record.name, np.array(told), np.array(labels)


def learnt(studies: list[Study]) -> tuple[Array, Array]:
    """Weights for ventricular beats, and for supraventricular among the others."""
    features = np.concatenate([one[1] for one in studies])
    labels = np.concatenate([one[2] for one in studies])
    some, rest = np.isin(labels, list("NSV")), np.isin(labels, list("NS"))
    return (
        fitted(features[some], (labels[some] == "V").astype(float), RIDGE),
        fitted(features[rest], (labels[rest] == "S").astype(float), RIDGE),
    )


def counts(one: Study, weights: tuple[Array, Array]) -> Array:
    """Of V and of S: found, missed, extra. A fusion beat taken for V is no fault (EC57)."""
    _, features, labels = one
    v, s = (1 / (1 + np.exp(-features @ some)) for some in weights)
    said = np.array(list("NSV"))[np.argmax([(1 - v) * (1 - s), (1 - v) * s, v], axis=0)]
    faults = {"V": "NS", "S": "NVF"}
    return np.array(
        [
            np.sum(chosen)
            for kind in "VS"
            for chosen in (
                (said == kind) & (labels == kind),
                (said != kind) & (labels == kind),
                (said == kind) & np.isin(labels, list(faults[kind])),
            )
        ]
    )


def tell(name: str, found: Array) -> None:
    """Sensitivity and predictivity of both kinds."""
    v, v_missed, v_extra, s, s_missed, s_extra = (float(one) for one in found)
    print(
        f"{name:>8}  VEB Se {_share(v, v_missed)} +P {_share(v, v_extra)}"
        f"  SVEB Se {_share(s, s_missed)} +P {_share(s, s_extra)}"
    )


def main() -> None:
    """Fit and tell."""
    with Pool(2) as pool:
        studies = pool.map(study, paths("mitdb"), chunksize=1)
    halves = (studies[::2], studies[1::2])
    weights = [learnt(half) for half in halves]
    unseen = sum(counts(one, weights[1 - at]) for at in (0, 1) for one in halves[at])
    tell("unseen", np.asarray(unseen))
    whole = learnt(studies)
    for one in studies:
        tell(one[0], counts(one, whole))
    for row, v, s in zip(label_weights.TABLE, *whole, strict=True):
        print(f'    ("{row[0]}", {v:.3f}, {s:.3f}),')


def _candidates(record: Record) -> list[Candidate]:
    band, finder = monitor_filter(record.rate), CandidateFinder(record.rate)
    found: list[Candidate] = []
    for first in range(0, len(record.signal), 3600):
        for block in band.push(Block(first, record.signal[first : first + 3600])):
            found += finder.push(block)
    return found + finder.flush()


def _share(one: float, other: float) -> str:
    return f"{100 * one / max(1, one + other):6.2f}"


if __name__ == "__main__":
    main()
