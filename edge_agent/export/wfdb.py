"""A recording as WFDB (PhysioNet): a header, its samples in format 212, 16 or 32, annotations.

Counts are the device's own; a hole is written as the format's invalid sample. Source: WFDB
Applications Guide, header(5), signal(5), annot(5), physionet.org/physiotools/wag.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_agent.model.errors import ExportError
from edge_agent.model.waveforms import Channel
from edge_signal.recordings import Recording
from edge_signal.sheets.ecg import label

INVALID = {212: -(2**11), 16: -(2**15), 32: -(2**31)}
CODES = {
    **{symbol: at for at, symbol in enumerate("NLRaVFJASEj/Q", start=1)},
    "~": 14,
    "|": 16,
    '"': 22,
    "p": 24,
    "T": 27,
    "+": 28,
}
_SKIP, _AUX = 59, 63
_ADC_BITS = {212: 12, 16: 16, 32: 32}


@dataclass(frozen=True, slots=True, order=True)
class Annotation:
    """A mark in a recording.

    Attributes:
        index: of the sample in the stream.
        symbol: WFDB's, such as `N`, `V`, `+` (rhythm).
        text: beside it, such as `(AFIB`.
    """

    index: int
    symbol: str
    text: str = ""


def wfdb_files(
    recording: Recording, name: str, annotations: Iterable[Annotation] = (), form: int = 0
) -> Mapping[str, bytes]:
    """Contents of the files by their names: `.hea`, `.dat` and, with annotations, `.atr`.

    Args:
        recording: what is written.
        name: of the record: letters, digits, underscores.
        annotations: marks, in any order.
        form: 212, 16 or 32; 0 for the smallest that holds it.

    Raises:
        ExportError: the name is not one, a count is beyond the format, or a symbol is unknown.
    """
    if not name.replace("_", "").isalnum() or not name.isascii():
        raise ExportError(f"{name!r} is no WFDB record name: letters, digits and underscores are")
    form = form or next(one for one in INVALID if _fits(recording, one))
    if not _fits(recording, form):
        raise ExportError(f"a count is beyond format {form}: leave the format to us")
    counts = recording.filled(INVALID[form])
    files = {f"{name}.hea": _header(recording, name, form, counts).encode()}
    files[f"{name}.dat"] = _packed(counts.T.ravel(), form)
    if marks := sorted(annotations):
        files[f"{name}.atr"] = b"".join(_annotated(marks, recording.first))
    return files


def _fits(recording: Recording, form: int) -> bool:
    limit = -INVALID[form]
    return all(np.abs(one.counts).max(initial=0) < limit for one in recording.segments)


def _packed(samples: NDArray[np.int64], form: int) -> bytes:
    if form != 212:
        return samples.astype({16: "<i2", 32: "<i4"}[form]).tobytes()
    pairs = np.pad(samples, (0, len(samples) % 2)).reshape(-1, 2) & 0xFFF
    first, second = pairs.T
    octets = np.column_stack((first & 0xFF, first >> 8 | second >> 8 << 4, second & 0xFF))
    whole = octets.astype(np.uint8).tobytes()
    return whole[:-1] if len(samples) % 2 else whole


def _header(recording: Recording, name: str, form: int, counts: NDArray[np.int64]) -> str:
    start = f" {recording.start:%H:%M:%S.%f %d/%m/%Y}" if recording.start else ""
    rate = f"{float(recording.rate):.10g}"
    lines = [f"{name} {len(recording.channels)} {rate} {recording.count}{start}"]
    for channel, row in zip(recording.channels, counts, strict=True):
        checksum = (int(row.sum()) + 2**15) % 2**16 - 2**15
        gain = f"{_gain(channel)}({_baseline(channel)})/{channel.unit}"
        rest = f"{_ADC_BITS[form]} 0 {row[0]} {checksum} 0 {label(channel.kind)}"
        lines.append(f"{name}.dat {form} {gain} {rest}")
    lines.append(f"# stream {recording.stream}, first sample {recording.first}")
    return "\n".join(lines) + "\n"


def _gain(channel: Channel) -> str:
    return f"{(1 / channel.scale):.12g}"


def _baseline(channel: Channel) -> int:
    """The count of 0; a whole one is all that WFDB knows."""
    return int((-channel.origin / channel.scale).to_integral_value())


def _annotated(marks: Iterable[Annotation], first: int) -> Iterator[bytes]:
    last = first
    for mark in marks:
        index, symbol, text = mark.index, mark.symbol, mark.text
        if symbol not in CODES:
            raise ExportError(f"{symbol!r} is no annotation symbol that is written here")
        step = index - last
        if not 0 <= step < 2**31:
            raise ExportError(f"an annotation at sample {index} is not in the recording")
        if step > 1023:
            yield struct.pack("<HHH", _SKIP << 10, step >> 16, step & 0xFFFF)
            step = 0
        yield struct.pack("<H", CODES[symbol] << 10 | step)
        if text:
            octets = text.encode()[:1022]
            yield struct.pack("<H", _AUX << 10 | len(octets)) + octets + b"\0" * (len(octets) % 2)
        last = index
    yield b"\0\0"
