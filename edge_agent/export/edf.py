"""A recording as EDF+ (continuous), written by edfio (extra `export`).

Counts are the device's own. A hole, and what fills the last data record, holds the least count and
is declared by an annotation `no signal`. Source: Kemp and Olivan 2003, edfplus.info.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from edge_agent.export.libraries import library
from edge_agent.export.wfdb import Annotation
from edge_agent.model.errors import ExportError
from edge_signal.recordings import Recording
from edge_signal.sheets.ecg import label

LEAST, MOST = -(2**15), 2**15 - 1
HOLE = "no signal"
_WIDTH = 8
MOST_SECONDS = 10
"""Of a data record, which holds whole samples: a rate that stamps showed is written to 0.05 %."""


def edf(
    recording: Recording,
    subject: str = "",
    device: str = "",
    annotations: Iterable[Annotation] = (),
) -> bytes:
    """The whole file.

    Args:
        recording: what is written.
        subject: the region's opaque reference, the patient code.
        device: alias, the equipment code.
        annotations: marks; their text, else their symbol, is written.

    Raises:
        ExportError: a count is beyond 16 bits, or edfio is not installed.
    """
    if any(np.abs(one.counts).max(initial=0) > MOST for one in recording.segments):
        raise ExportError("EDF+ holds 16 bits and a count is beyond: write it as WFDB")
    edfio = library("edfio")
    recording = replace(recording, rate=recording.rate.limit_denominator(MOST_SECONDS))
    record = recording.rate.numerator
    counts = recording.filled(LEAST)
    counts = np.pad(counts, ((0, 0), (0, -recording.count % record)), constant_values=LEAST)
    marks = [
        edfio.EdfAnnotation(_seconds(recording, one.index), None, one.text or one.symbol)
        for one in annotations
    ]
    marks += [edfio.EdfAnnotation(*hole, HOLE) for hole in _holes(recording, counts.shape[1])]
    start = recording.start
    file = edfio.Edf(
        [_signal(edfio, recording, at, row) for at, row in enumerate(counts)],
        patient=edfio.Patient(code=_code(subject)),
        recording=edfio.Recording(
            startdate=start.date() if start else None, equipment_code=_code(device)
        ),
        starttime=start.time() if start else None,
        data_record_duration=recording.rate.denominator,
        annotations=marks,
    )
    octets: bytes = file.to_bytes()
    return octets


def _signal(edfio: Any, recording: Recording, at: int, row: Any) -> Any:  # noqa: ANN401
    channel = recording.channels[at]
    ends = tuple(float(_short(channel.origin + channel.scale * one)) for one in (LEAST, MOST))
    kind = channel.kind
    return edfio.EdfSignal.from_digital(
        row.astype(np.int16),
        float(recording.rate),
        label=f"ECG {label(kind)}" if kind.startswith("ecg") else kind[:16],
        physical_dimension=channel.unit,
        physical_range=ends,
        digital_range=(LEAST, MOST),
    )


def _short(value: Decimal) -> str:
    """As exactly as eight characters can say it."""
    for digits in range(_WIDTH, -1, -1):
        text = f"{value:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        if len(text) <= _WIDTH:
            return text
    raise ExportError(f"EDF+ has no room for a physical value of {value}")


def _holes(recording: Recording, padded: int) -> Iterator[tuple[float, float]]:
    """Where nothing was recorded: since when, how long, seconds."""
    for one, other in pairwise(recording.segments):
        yield _seconds(recording, one.end), float((other.first - one.end) / recording.rate)
    if missing := padded - recording.count:
        yield recording.seconds, float(missing / recording.rate)


def _seconds(recording: Recording, index: int) -> float:
    return float((index - recording.first) / recording.rate)


def _code(text: str) -> str:
    return text.replace(" ", "_") or "X"
