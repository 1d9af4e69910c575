"""Annotated recordings beside the repository, and the EC57 scorer that judges every detector."""

from __future__ import annotations

import importlib
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

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One recording: channel 0 in mV, where its beats are, and its episodes of VF and flutter."""

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
    """Every annotated record of these folders, without suffix."""
    found = [path for folder in folders for path in sorted((DATA / folder).glob("*.atr"))]
    return [path.with_suffix("") for path in found]


def load(path: Path) -> Record:
    """Read one record."""
    wfdb, ec57 = tool("wfdb"), tool("ec57", SHARED / "tools")
    record = wfdb.rdrecord(str(path))
    beats, spans = ec57.reference(str(path))
    signal: Array = np.nan_to_num(record.p_signal[:, 0])
    return Record(path.parent.name, path.name, float(record.fs), signal, beats, spans)


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
