"""`edge-agent waveform`: from the region's records to files."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from edge_agent.__main__ import main
from edge_agent.export.judging import judged
from edge_agent.export.sources import find
from edge_agent.model import forms, ids
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.waveforms import Waveform
from tests.support.recordings import START, recording

BOOT = "b0070000-0000-4000-8000-000000000000"
SECOND = 10**9


def frame(waveform: Waveform, at: int) -> Frame:
    octets = (b"x%d" % waveform.first,)
    name = f"live:1:{waveform.first}"
    return Frame(
        id=ids.frame_id("strap", "ecg", name, ids.digest(octets)),
        device="strap",
        part="ecg",
        spec="polar@000000000000",
        name=name,
        at=Instant(BOOT, at),
        octets=octets,
        waveforms=(waveform,),
    )


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sqlite3 region.sqlite 'SELECT payload FROM record'` gives: in any order, twice."""
    told = recording(12)
    frames = [frame(one, (at + 1) * SECOND) for at, one in enumerate(told.waveforms(1))]
    wall = int(START.timestamp()) * SECOND + START.microsecond * 1000
    clock = ClockMapping("c", Instant(BOOT, 0), wall, 1000, "ntp")
    file = tmp_path_factory.mktemp("region") / "records.jsonl"
    lines = [*map(forms.encode, reversed(frames)), forms.encode(clock), forms.encode(frames[3])]
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


def test_a_recording_is_found_among_records(records: Path) -> None:
    found = find(records.read_bytes())
    assert (found.device, found.recording.start) == ("strap", START)
    assert np.array_equal(found.recording.segments[0].counts, recording(12).segments[0].counts)


def test_a_fast_rhythm_is_written_on_the_sheet() -> None:
    """The excerpt played at twice its speed: about 130 beats a minute."""
    told = judged(replace(recording(1, seconds=60), rate=Fraction(720)))
    assert told.measurements.rate == pytest.approx(130, abs=15)
    assert told.findings is not None
    assert "tachycardia" in told.findings
    assert judged(replace(recording(1), rate=Fraction(90))).findings is None


def test_every_form_is_written(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forms_wanted = ["archive", "dicom", "edf", "pdf", "svg", "wfdb"]
    out = tmp_path / "ecg_7"
    assert main(["waveform", str(records), "--to", *forms_wanted, "--out", str(out)]) == 0
    suffixes = ["wave", "dcm", "edf", "pdf", "svg", "hea", "dat"]
    assert capsys.readouterr().out.split() == [f"{out}.{one}" for one in suffixes]
    heads = {"dcm": b"DICM", "edf": b"EDF+C", "pdf": b"%PDF", "svg": "十二导联".encode()}
    for suffix, head in heads.items():
        assert head in (tmp_path / f"ecg_7.{suffix}").read_bytes()
    assert re.search("6[0-9]次/分", (tmp_path / "ecg_7.svg").read_text())
    assert main(["waveform", f"{out}.wave", "--to", "wfdb", "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again.dat").read_bytes() == (tmp_path / "ecg_7.dat").read_bytes()


@pytest.mark.parametrize(
    ("options", "why", "status"),
    [
        (["--stream", "other"], "there is no stream 'other', but strap:7", 1),
        (["--begin", "90"], "no sample between 90 and 100 s", 1),
        (["--out", "a-b"], "'a-b' is no WFDB record name", 1),
    ],
)
def test_what_cannot_be_is_said(
    records: Path, capsys: pytest.CaptureFixture[str], options: list[str], why: str, status: int
) -> None:
    assert main(["waveform", str(records), "--to", "wfdb", "--out", "x", *options]) == status
    assert why in capsys.readouterr().err


def test_a_file_that_is_not_there_or_no_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["--to", "svg", "--out", str(tmp_path / "x")]
    assert main(["waveform", str(tmp_path / "none"), *ask]) == 2
    (tmp_path / "text").write_text('{"type": "gap"}\n')
    assert main(["waveform", str(tmp_path / "text"), *ask]) == 1
    assert "line 1:" in capsys.readouterr().err
    (tmp_path / "empty").write_text("")
    assert main(["waveform", str(tmp_path / "empty"), *ask]) == 1
    assert "no waveform" in capsys.readouterr().err
