"""Annotated recordings beside the repository, and the EC57 scorer that judges every detector."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"

LEADS = {"ludb": 1}
"""Which lead of a folder's records is judged, where it is not the first: II."""
OF_MITDB = re.compile(r"sel[12]\d\d")
"""Records of the QT database that are parts of records of MIT-BIH Arrhythmia."""

WINDOW_S = 0.15

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One recording: a lead in mV, where its beats are, and what of it is not judged.

    That is its episodes of VF and flutter; of LUDB what comes before and after the marked beats.
    """

    folder: str
    name: str
    rate: float
    signal: Array
    beats: Index
    spans: Spans


@dataclass(frozen=True, slots=True)
class Score:
    """Beats found, missed and extra, and how far off the found ones are."""

    found: int
    missed: int
    extra: int
    off_ms: float = 0.0

    @property
    def sensitivity(self) -> float:
        """Per cent."""
        return 100 * self.found / max(1, self.found + self.missed)

    @property
    def predictivity(self) -> float:
        """Per cent."""
        return 100 * self.found / max(1, self.found + self.extra)

    @property
    def f1(self) -> float:
        """Per cent."""
        return 200 * self.found / max(1, 2 * self.found + self.missed + self.extra)


def tool(name: str, folder: Path | None = None) -> Any:  # noqa: ANN401  untyped it is
    """A module that has no types: wfdb, or a tool beside the repository."""
    if folder and str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module(name)


def paths(*folders: str) -> list[Path]:
    """Every record of these folders of which beats are annotated, without suffix."""
    marked = (
        path
        for folder in folders
        for path in sorted((DATA / folder).glob("*.ii" if folder == "ludb" else "*.atr"))
    )
    return [path.with_suffix("") for path in marked]


def sets() -> dict[str, list[Path]]:
    """Records by what the detector's weights had to do with them: see docs/signal.md."""
    qtdb = paths("qtdb")
    return {
        "mitdb": paths("mitdb"),
        "nstdb": paths("nstdb"),
        "qtdb": [path for path in qtdb if not OF_MITDB.fullmatch(path.name)],
        "qtdb of mitdb": [path for path in qtdb if OF_MITDB.fullmatch(path.name)],
        "ludb": paths("ludb"),
    }


def load(path: Path) -> Record:
    """Read one record."""
    folder = path.parent.name
    record = tool("wfdb").rdrecord(str(path), channels=[LEADS.get(folder, 0)])
    beats, spans = reference(path, float(record.fs))
    signal: Array = np.nan_to_num(record.p_signal[:, 0])
    return Record(folder, path.name, float(record.fs), signal, beats, spans)


def reference(path: Path, rate: float) -> tuple[Index, Spans]:
    """Where a record's beats are, and what of it is not judged."""
    if path.parent.name != "ludb":
        beats, spans = tool("ec57", SHARED / "tools").reference(str(path))
        return beats, spans
    notes = tool("wfdb").rdann(str(path), "ii")
    beats = np.array(
        [at for at, symbol in zip(notes.sample, notes.symbol, strict=True) if symbol == "N"]
    )
    near = round(WINDOW_S * rate)
    return beats, [(0, int(beats[0]) - near), (int(beats[-1]) + near, np.iinfo(np.int64).max)]


def symbols(path: Path) -> list[tuple[int, str]]:
    """Where a record's beats are, and what its annotators called them."""
    beats, notes = set("NLRBAaJSVrFejnE/fQ?"), tool("wfdb").rdann(str(path), "atr")
    pairs = zip(notes.sample, notes.symbol, strict=True)
    return [(int(at), str(symbol)) for at, symbol in pairs if symbol in beats]


def noise(kind: str, channel: int) -> Array:
    """A noise recording of the Noise Stress Test, around zero: `em`, `ma` or `bw`."""
    recording: Array = tool("wfdb").rdrecord(str(DATA / "nstdb" / kind)).p_signal[:, channel]
    return recording - float(recording.mean())


def score(record: Record, found: Index) -> Score:
    """As ANSI/AAMI EC57: 150 ms, one to one, without VF; the whole record."""
    truth = outside(record.beats, record.spans)
    match: Callable[..., Any] = tool("ec57", SHARED / "tools").match
    hits, missed, extra, offsets = match(truth, outside(found, record.spans), record.rate)
    return Score(hits, missed, extra, sum(abs(one) for one in offsets) / max(1, hits))


def gross(scores: list[Score]) -> Score:
    """Over all beats."""
    found = sum(one.found for one in scores)
    off = float(sum(one.off_ms * one.found for one in scores) / max(1, found))
    return Score(found, sum(one.missed for one in scores), sum(one.extra for one in scores), off)


def outside(at: Index, spans: Spans) -> Index:
    """Those of some indices that lie in no span."""
    inside = np.zeros(len(at), dtype=np.bool_)
    for start, stop in spans:
        inside |= (at >= start) & (at <= stop)
    return at[~inside]
