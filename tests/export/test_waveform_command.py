"""`edge-agent waveform`: from the region's records to files."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pyedflib
import pytest

from edge_agent.__main__ import main
from edge_agent.export.judging import judged
from edge_agent.export.sources import find
from edge_agent.model import forms, ids
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.observations import Observation
from edge_agent.model.waveforms import Waveform
from edge_signal.archive import ArchiveWriter
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


@pytest.mark.parametrize(("seconds", "told"), [(8, False), (10, True), (70, True)])
def test_the_class_of_a_strip_is_told_of_nine_seconds_and_more(seconds: int, told: bool) -> None:
    assert (judged(recording(1, seconds=seconds)).strip is not None) is told


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


@pytest.fixture
def strap(tmp_path: Path) -> Path:
    """What a strap that is called 360 Hz said, whose stamps show 351.4 and once nonsense."""
    shown = ("352.1", "351.4", "90", "351.4", "350.9")
    told = recording(1)
    frames = [frame(one, (at + 1) * SECOND) for at, one in enumerate(told.waveforms(2))]
    rates = [Observation(f"r{at}", "sampling-rate", "ecg-lead-i", Decimal(rate), "Hz")
             for at, rate in enumerate(shown)]  # fmt: skip
    lines = [
        forms.encode(msgspec.structs.replace(one, observations=(rate,)))
        for one, rate in zip(frames, rates, strict=True)
    ]
    file = tmp_path / "strap.jsonl"
    file.write_bytes(b"\n".join(lines))
    return file


def test_a_file_states_the_rate_that_stamps_show(strap: Path, tmp_path: Path) -> None:
    """The samples stay the device's own; an archive keeps what the device calls its rate."""
    out = tmp_path / "strap_1"
    ask = ["waveform", str(strap), "--to", "wfdb", "edf", "archive", "--out", str(out)]
    assert main([*ask, "--begin", "0", "--seconds", "11"]) == 0
    assert (tmp_path / "strap_1.hea").read_text().startswith("strap_1 1 351.4 3600")
    with pyedflib.EdfReader(f"{out}.edf") as read:
        assert read.getSampleFrequency(0) == pytest.approx(351.4, rel=5e-4)
        counts = read.readSignal(0, digital=True)[:3600]
    assert np.array_equal(counts, recording(1).segments[0].counts[0])
    assert find((tmp_path / "strap_1.wave").read_bytes()).recording.rate == 360
    assert find(strap.read_bytes()).recording.seconds == pytest.approx(3600 / 351.4)


@pytest.mark.parametrize(
    ("options", "why", "status"),
    [
        (["--stream", "other"], "there is no stream 'other', but strap:7", 1),
        (["--begin", "90"], "no sample between 90 and 100 s", 1),
        (["--out", "a-b"], "'a-b' is no WFDB record name", 1),
        (["--out", "/nowhere/x"], "/nowhere/x.hea: No such file or directory; name another", 2),
        (["--seconds", "-1"], "no sample between 0 and -1 s", 1),
    ],
)
def test_what_cannot_be_is_said(
    records: Path, capsys: pytest.CaptureFixture[str], options: list[str], why: str, status: int
) -> None:
    assert main(["waveform", str(records), "--to", "wfdb", "--out", "x", *options]) == status
    assert why in capsys.readouterr().err


def test_a_damaged_archive_is_read_around(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, writer = recording(1, seconds=20), ArchiveWriter()
    whole = b"".join((*map(writer.push, told.waveforms(1)), writer.close()))
    out, file = tmp_path / "ecg", tmp_path / "damaged.wave"
    file.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    found = find(file.read_bytes())
    assert (found.damaged, found.recording.first) == (1, told.first + 10 * 360)
    assert main(["waveform", str(file), "--to", "wfdb", "--out", str(out)]) == 0
    assert "damaged.wave: 1 blocks are damaged: holes" in capsys.readouterr().err
    for torn in (whole[:20], whole[:400]):
        file.write_bytes(torn)
        assert main(["waveform", str(file), "--to", "wfdb", "--out", str(out)]) == 1
        assert "damaged.wave: there is no waveform in it, or none that" in capsys.readouterr().err


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
