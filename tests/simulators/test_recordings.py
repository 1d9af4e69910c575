"""The packaged hearts, and our reader of WFDB records against `wfdb` itself."""

from __future__ import annotations

import itertools
from itertools import pairwise
from pathlib import Path
from statistics import median, pstdev
from typing import Any

import numpy as np
import pytest

from edge_simulators.recordings import (
    DEVICE_RATE,
    Recording,
    from_folder,
    pack,
    packaged,
    read_folder_record,
    recording,
    resampled,
    unpack,
)
from edge_simulators.wfdb_files import read_record

BEATS = set("NLRBAaJSVrFejnE/fQ?")


@pytest.mark.parametrize("name", packaged())
def test_a_packaged_recording_names_its_source(name: str) -> None:
    heart = recording(name)
    assert heart.rate == DEVICE_RATE
    assert 60 <= len(heart.microvolt) / heart.rate <= 120
    assert "doi 10.13026/" in heart.source
    assert heart.licence.startswith("ODC-By 1.0")
    assert all(0 <= beat < len(heart.microvolt) for beat in heart.beats)
    assert unpack(pack(heart)) == heart


def test_sinus_rhythm_is_regular_and_fibrillation_is_not() -> None:
    def irregularity(name: str) -> float:
        intervals = [b - a for a, b in pairwise(recording(name).beats)]
        return pstdev(intervals) / median(intervals)

    assert irregularity("normal") < 0.1 < 0.15 < irregularity("af")


def test_noise_begins_after_ten_seconds() -> None:
    noisy = recording("noisy").microvolt
    steps = [abs(b - a) for a, b in pairwise(noisy)]
    clean, noise = steps[: 9 * DEVICE_RATE], steps[11 * DEVICE_RATE :]
    assert sum(noise) / len(noise) > 1.2 * sum(clean) / len(clean)


def test_an_unknown_recording_names_those_there_are() -> None:
    with pytest.raises(LookupError, match="af, noisy, normal"):
        recording("flutter")


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pandas, of wfdb
@pytest.mark.parametrize("record", ["mitdb/101", "mitdb/114", "mitdb/203", "nstdb/118e06"])
def test_a_record_is_read_as_wfdb_reads_it(record: str, shared: Path) -> None:
    wfdb: Any = pytest.importorskip("wfdb")
    path = shared / "data" / record
    ours = read_record(path.with_suffix(".hea"))
    theirs = wfdb.rdrecord(str(path))
    column = theirs.sig_name.index(ours.lead)
    assert ours.rate == theirs.fs
    difference = np.array(ours.microvolt) - 1000 * theirs.p_signal[:, column]
    assert np.abs(difference).max() <= 0.5001, "rounded to a microvolt"
    notes = wfdb.rdann(str(path), "atr")
    beats = [s for s, symbol in zip(notes.sample, notes.symbol, strict=True) if symbol in BEATS]
    assert list(ours.beats) == beats


def test_the_lead_with_the_largest_complexes_is_taken(shared: Path) -> None:
    assert read_record(shared / "data/mitdb/114.hea").lead == "MLII", "its first signal is V5"


def test_a_packaged_recording_is_what_its_recipe_makes(shared: Path) -> None:
    whole = resampled(read_folder_record(shared / "data/mitdb/101.hea"), DEVICE_RATE)
    ours = recording("normal")
    offset = median(w - o for w, o in zip(whole.microvolt, ours.microvolt, strict=False))
    inner = range(DEVICE_RATE, len(ours.microvolt) - DEVICE_RATE)
    assert all(abs(whole.microvolt[i] - offset - ours.microvolt[i]) <= 2 for i in inner)


def test_a_folder_gives_its_records(tmp_path: Path) -> None:
    (tmp_path / "x.hea").write_text("x 1 130 4\nx.dat 16 200(10)/mV 12 0 0 0 0 II\n")
    (tmp_path / "x.dat").write_bytes(bytes.fromhex("0a00 d200 0a00 42ff".replace(" ", "")))
    heart = from_folder(tmp_path)["x"]
    assert heart.microvolt == (0, 1000, 0, -1000)
    with pytest.raises(ValueError, match="no annotated beats"):
        next(heart.beat_times())


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("x 1 130 4\nx.dat 80 200 12 0 0 0 0 II\n", "format 80"),
        ("x 1 130.5 4\nx.dat 16 200 12 0 0 0 0 II\n", "rate 130.5"),
        ("x 1 130 4\nx.dat 16 - 12 0 0 0 0 II\n", "gives no gain"),
    ],
)
def test_another_kind_of_record_is_refused(header: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "x.hea").write_text(header)
    (tmp_path / "x.dat").write_bytes(bytes(8))
    with pytest.raises(ValueError, match=why):
        from_folder(tmp_path)


def test_beats_go_on_after_the_end_of_the_recording() -> None:
    heart = Recording("x", "", 100, (0,) * 300, (10, 110, 230), "", "")
    times = list(itertools.islice(heart.beat_times(), 5))
    assert times == pytest.approx([0.1, 1.1, 2.3, 3.3, 4.5])
