"""Reads WFDB records: headers, signals of format 16 and 212, beats of MIT annotation files.

From the WFDB Applications Guide: header(5), signal(5), annot(5). Checked against `wfdb` in the
tests. A record of another kind is refused, not guessed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_NORMAL_TO_PACE = range(1, 14)
_BEAT_CODES = frozenset({*_NORMAL_TO_PACE, 25, 30, 34, 35, 38, 41})
"""Annotation codes that stand at a QRS complex (ecgcodes.h, `isqrs`)."""

_SKIP, _NUM, _SUB, _CHN, _AUX = 59, 60, 61, 62, 63
_WANTED = ("MLII", "II")
_SPECIFICATION = re.compile(r"(?P<gain>[\d.eE+]+)(\((?P<baseline>-?\d+)\))?(/(?P<unit>\S+))?")
_MICROVOLT = {"mV": 1000.0, "uV": 1.0, "V": 1e6}


@dataclass(frozen=True, slots=True)
class Record:
    """One lead of a record.

    Attributes:
        lead: its name.
        rate: samples a second.
        microvolt: samples.
        beats: sample numbers of annotated beats; empty without an annotation file.
    """

    lead: str
    rate: int
    microvolt: tuple[int, ...]
    beats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Signal:
    file: str
    format: str
    gain: float
    baseline: int
    unit: str
    lead: str


def read_record(header: Path) -> Record:
    """The record of a header file.

    Raises:
        ValueError: it is of a kind that is not read here.
        OSError: a file cannot be read.
    """
    lines = [line for line in header.read_text().splitlines() if line and line[0] != "#"]
    fields = lines[0].split()
    signals = [_signal(line) for line in lines[1 : 1 + int(fields[1])]]
    rate = float(fields[2].split("/")[0]) if len(fields) > 2 else 250.0
    if not rate.is_integer() or len({signal.file for signal in signals}) != 1:
        raise ValueError(f"{header}: rate {rate} or signals in several files are not read here")
    number = _wanted(signals)
    signal = signals[number]
    values = _samples(header, signal)[number :: len(signals)]
    scale = _MICROVOLT[signal.unit] / signal.gain
    microvolt = tuple(round((value - signal.baseline) * scale) for value in values)
    return Record(signal.lead, int(rate), microvolt, _beats(header.with_suffix(".atr")))


def _signal(line: str) -> _Signal:
    """A signal line: file, format, gain(baseline)/unit, resolution, zero, …, lead."""
    fields = line.split(maxsplit=8)
    said = _SPECIFICATION.fullmatch(fields[2])
    if said is None:
        raise ValueError(f"{line!r} gives no gain")
    baseline = said["baseline"] or (fields[4] if len(fields) > 4 else "0")
    lead = fields[8] if len(fields) > 8 else ""
    gain = float(said["gain"]) or 200.0
    return _Signal(fields[0], fields[1], gain, int(baseline), said["unit"] or "mV", lead)


def _wanted(signals: Sequence[_Signal]) -> int:
    leads = [signal.lead for signal in signals]
    return next((leads.index(lead) for lead in _WANTED if lead in leads), 0)


def _samples(header: Path, signal: _Signal) -> tuple[int, ...]:
    """All samples of a file, its signals by turns."""
    octets = (header.parent / signal.file).read_bytes()
    match signal.format:
        case "16":
            return struct.unpack(f"<{len(octets) // 2}h", octets[: len(octets) // 2 * 2])
        case "212":
            return tuple(_format_212(octets))
        case other:
            raise ValueError(f"{header}: format {other} is not read here, only 16 and 212")


def _format_212(octets: bytes) -> Iterator[int]:
    """Two 12-bit samples in three octets: low, high nibbles of both, low."""
    for first, middle, second in zip(*[iter(octets)] * 3, strict=False):
        yield _signed12(first | (middle & 0x0F) << 8)
        yield _signed12(second | (middle & 0xF0) << 4)


def _signed12(value: int) -> int:
    return value - 4096 if value >= 2048 else value


def _beats(annotations: Path) -> tuple[int, ...]:
    if not annotations.exists():
        return ()
    return tuple(
        sample for code, sample in _annotations(annotations.read_bytes()) if code in _BEAT_CODES
    )


def _annotations(octets: bytes) -> Iterator[tuple[int, int]]:
    """Code and sample of each annotation: words of 6 bits of code and 10 of interval."""
    sample = at = 0
    while at + 2 <= len(octets):
        word = int.from_bytes(octets[at : at + 2], "little")
        code, interval = word >> 10, word & 0x3FF
        at += 2
        if word == 0:
            return
        if code == _SKIP:
            high, low = struct.unpack_from("<HH", octets, at)
            sample += high << 16 | low
            at += 4
        elif code == _AUX:
            at += interval + interval % 2
        elif code not in (_NUM, _SUB, _CHN):
            sample += interval
            yield code, sample
