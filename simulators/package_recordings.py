"""Makes `edge_simulators/recordings/*.ecg` from PhysioNet's records; run when an excerpt changes.

python simulators/package_recordings.py ../shared/data
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from edge_simulators.recordings import (
    DEVICE_RATE,
    Recording,
    pack,
    read_folder_record,
    resampled,
)

_MITDB = (
    "MIT-BIH Arrhythmia Database (PhysioNet), Moody GB, Mark RG, IEEE Eng in Med and Biol "
    "20(3):45-50, 2001, doi 10.13026/C2F305"
)
_NSTDB = (
    "MIT-BIH Noise Stress Test Database (PhysioNet), Moody GB, Muldrow WE, Mark RG, Computers in "
    "Cardiology 11:381-384, 1984, doi 10.13026/C2HS3T"
)
_LICENCE = "ODC-By 1.0, Open Data Commons Attribution License"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which seconds of which record, and under which name."""

    name: str
    record: str
    begin: int
    end: int
    shows: str
    source: str


EXCERPTS = (
    Excerpt("normal", "mitdb/101", 0, 90, "sinus rhythm (101, 0-90 s)", _MITDB),
    Excerpt("af", "mitdb/201", 60, 150, "atrial fibrillation (201, 60-150 s)", _MITDB),
    Excerpt(
        "noisy",
        "nstdb/118e06",
        290,
        380,
        "bundle branch block; electrode motion noise of 6 dB from 10 s on (118e06, 290-380 s)",
        _NSTDB,
    ),
)


def excerpt(data: Path, wanted: Excerpt) -> Recording:
    """An excerpt, resampled to the device's rate."""
    record = read_folder_record(data / f"{wanted.record}.hea")
    begin, end = wanted.begin * record.rate, wanted.end * record.rate
    part = replace(
        record,
        name=wanted.record.replace("/", "-"),
        shows=wanted.shows,
        microvolt=_coupled(record.microvolt[begin:end]),
        beats=tuple(beat - begin for beat in record.beats if begin <= beat < end),
        source=wanted.source,
        licence=_LICENCE,
    )
    return resampled(part, DEVICE_RATE)


def _coupled(microvolt: tuple[int, ...]) -> tuple[int, ...]:
    """Without the constant offset that some records have; a strap has none either."""
    offset = round(median(microvolt))
    return tuple(value - offset for value in microvolt)


def main() -> None:
    """Write all excerpts."""
    folder = Path(__file__).parent / "edge_simulators" / "recordings"
    for wanted in EXCERPTS:
        packed = pack(excerpt(Path(sys.argv[1]), wanted))
        (folder / f"{wanted.name}.ecg").write_bytes(packed)


if __name__ == "__main__":
    main()
