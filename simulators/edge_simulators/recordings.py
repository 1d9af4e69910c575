"""Recorded hearts: excerpts packaged with the simulators, and WFDB records from a folder.

A packaged file is one line of JSON (name, what it shows, rate, beats, source, licence), then the
samples: little-endian 16-bit differences in microvolt, deflated. `recordings/README.md` names the
databases. The standard library reads it; only a folder's records need scipy, to be resampled.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import accumulate, pairwise
from pathlib import Path

from edge_simulators.wfdb_files import read_record

DEVICE_RATE = 130
"""Samples a second, of the straps that replay them."""

_SUFFIX = ".ecg"


@dataclass(frozen=True, slots=True)
class Recording:
    """One lead of an electrocardiogram.

    Attributes:
        name: database and record.
        shows: what it shows, for people.
        rate: samples a second.
        microvolt: the samples, -32768 to 32767.
        beats: numbers of the samples at which the heart beats, as annotated; may be empty.
        source: database, authors, DOI.
        licence: of the data.
    """

    name: str
    shows: str
    rate: int
    microvolt: tuple[int, ...]
    beats: tuple[int, ...]
    source: str
    licence: str

    def samples(self) -> Iterator[int]:
        """The samples, over and over."""
        while True:
            yield from self.microvolt

    def beat_times(self) -> Iterator[float]:
        """When the heart beats, in seconds, over and over; needs two beats at least."""
        if len(self.beats) < 2:
            raise ValueError(f"{self.name} has no annotated beats")
        time = self.beats[0] / self.rate
        intervals = [(after - before) / self.rate for before, after in pairwise(self.beats)]
        while True:
            for interval in intervals:
                yield time
                time += interval


def packaged() -> tuple[str, ...]:
    """Names of the packaged recordings, the first being the default."""
    folder = files("edge_simulators") / "recordings"
    return tuple(sorted(i.name[:-4] for i in folder.iterdir() if i.name.endswith(_SUFFIX)))


def recording(name: str) -> Recording:
    """A packaged recording.

    Raises:
        LookupError: there is none of that name.
    """
    if name not in packaged():
        raise LookupError(f"there is no recording {name!r}; there are {', '.join(packaged())}")
    return unpack((files("edge_simulators") / "recordings" / f"{name}{_SUFFIX}").read_bytes())


def pack(recording: Recording) -> bytes:
    """A recording as the octets of a file."""
    header = {
        "name": recording.name,
        "shows": recording.shows,
        "rate": recording.rate,
        "beats": recording.beats,
        "source": recording.source,
        "licence": recording.licence,
    }
    steps = array("h", (b - a for a, b in pairwise((0, *recording.microvolt))))
    line = json.dumps(header, ensure_ascii=False).encode() + b"\n"
    return line + zlib.compress(_little(steps).tobytes(), 9)


def unpack(octets: bytes) -> Recording:
    """The recording in a file's octets."""
    line, _, deflated = octets.partition(b"\n")
    header = json.loads(line)
    steps = array("h", zlib.decompress(deflated))
    samples = tuple(accumulate(_little(steps)))
    beats = tuple(header.pop("beats"))
    return Recording(**header, microvolt=samples, beats=beats)


def _little(values: array[int]) -> array[int]:
    if sys.byteorder == "big":
        values.byteswap()
    return values


def from_folder(folder: Path) -> dict[str, Recording]:
    """The WFDB records of a folder by name, at the device's rate.

    Raises:
        ValueError: a record is of a kind that is not read here.
        OSError: it cannot be read.
    """
    return {
        path.stem: resampled(read_folder_record(path), DEVICE_RATE)
        for path in sorted(folder.glob("*.hea"))
    }


def read_folder_record(path: Path) -> Recording:
    """A WFDB record as it is; of its leads the MLII or II, else the first."""
    record = read_record(path)
    return Recording(
        name=f"{path.parent.name}-{path.stem}",
        shows="",
        rate=record.rate,
        microvolt=tuple(_clipped(record.microvolt)),
        beats=record.beats,
        source=str(path),
        licence="see its source",
    )


def _clipped(values: Sequence[int]) -> Iterator[int]:
    return (max(-32768, min(32767, value)) for value in values)


def resampled(recording: Recording, rate: int) -> Recording:
    """The recording at another rate, what is above half of it filtered out."""
    from scipy.signal import resample_poly

    if rate == recording.rate:
        return recording
    values = resample_poly(recording.microvolt, rate, recording.rate)
    beats = tuple(round(beat * rate / recording.rate) for beat in recording.beats)
    samples = tuple(_clipped([round(float(value)) for value in values]))
    return replace(recording, rate=rate, microvolt=samples, beats=beats)
