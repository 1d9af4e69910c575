"""What is written out is read back by other people's readers: wfdb, pyEDFlib, pydicom."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyedflib
import pytest

from edge_agent.export.dicom import AMBULATORY, GENERAL, TWELVE_LEAD, dicom
from edge_agent.export.edf import edf
from edge_agent.export.wfdb import INVALID, Annotation, wfdb_files
from edge_agent.model.errors import ExportError
from edge_signal.recordings import Recording, Segment
from tests.support.recordings import FIRST, START, recording

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # pandas, of wfdb


@pytest.fixture
def wfdb() -> ModuleType:
    with warnings.catch_warnings(action="ignore"):
        return import_module("wfdb")


def dataset(octets: bytes) -> Any:  # noqa: ANN401
    return import_module("pydicom").dcmread(io.BytesIO(octets))


def written(files: Mapping[str, bytes], folder: Path) -> Path:
    for name, octets in files.items():
        (folder / name).write_bytes(octets)
    return folder / next(iter(files)).removesuffix(".hea")


@pytest.mark.parametrize("form", [212, 16, 32])
@pytest.mark.parametrize("leads", [1, 2, 12])
def test_wfdb_reads_the_same_samples(
    wfdb: ModuleType, form: int, leads: int, tmp_path: Path
) -> None:
    told = recording(leads, seconds=3, hole=False)
    told = replace(
        told, segments=(replace(told.segments[0], counts=told.segments[0].counts[:, 1:]),)
    )
    path = str(written(wfdb_files(told, "rec_1", form=form), tmp_path))
    read: Any = wfdb.rdrecord(path, physical=False)
    assert np.array_equal(read.d_signal.T, told.segments[0].counts)
    assert (read.fs, read.fmt[0], read.base_datetime) == (
        360,
        str(form),
        START.replace(tzinfo=None),
    )
    assert [one % 2**16 for one in read.checksum] == read.calc_checksum()
    physical: Any = wfdb.rdrecord(path)
    np.testing.assert_allclose(physical.p_signal.T, told.physical(), atol=1e-9)
    assert physical.sig_name[0] == "I"
    assert physical.units == ["mV"] * leads


def test_wfdb_reads_a_hole_as_no_number(wfdb: ModuleType, tmp_path: Path) -> None:
    told = recording(2, hole=True)
    read: Any = wfdb.rdrecord(str(written(wfdb_files(told, "rec"), tmp_path)))
    assert np.isnan(read.p_signal[1440:1800]).all()
    np.testing.assert_allclose(read.p_signal.T, told.physical(), atol=1e-9)


def test_wfdb_reads_the_annotations(wfdb: ModuleType, tmp_path: Path) -> None:
    marks = [
        Annotation(FIRST + 5, "+", "(AFIB"),
        Annotation(FIRST + 5, "N"),
        Annotation(FIRST + 1028, "V"),
        Annotation(FIRST + 2052, "~"),
        Annotation(FIRST + 90000, "N"),
    ]
    files = wfdb_files(recording(1, seconds=60), "rec", marks)
    read: Any = wfdb.rdann(str(written(files, tmp_path)), "atr")
    assert list(read.sample) == [5, 5, 1028, 2052, 90000]
    assert [*map(str, read.symbol)] == ["+", "N", "V", "~", "N"]
    assert read.aux_note[0] == "(AFIB"


def test_wfdb_takes_the_smallest_format_that_holds_it() -> None:
    for form, largest in ((212, 2047), (16, 32767), (32, 2**31 - 1)):
        header = wfdb_files(_with(largest), "rec")["rec.hea"].decode()
        assert f"rec.dat {form} " in header
        if form != 32:
            with pytest.raises(ExportError, match="beyond format"):
                wfdb_files(_with(-INVALID[form]), "rec", form=form)
    with pytest.raises(ExportError, match="record name"):
        wfdb_files(_with(1), "a/b")
    with pytest.raises(ExportError, match="symbol"):
        wfdb_files(_with(1), "rec", [Annotation(FIRST, "?")])


def _with(count: int) -> Recording:
    told = recording(1, seconds=1)
    return replace(told, segments=(Segment(FIRST, np.array([[count, -3]])),))


@pytest.mark.parametrize("rate", [Fraction(360), Fraction(130), Fraction(2500, 3)])
def test_pyedflib_reads_the_same_samples(rate: Fraction, tmp_path: Path) -> None:
    told = replace(recording(12, hole=True), rate=rate)
    file = tmp_path / "rec.edf"
    file.write_bytes(edf(told, "P 7", "ecg-1", [Annotation(FIRST + 360, "V")]))
    with pyedflib.EdfReader(str(file)) as read:
        assert read.getSignalLabels()[:4] == ["ECG I", "ECG II", "ECG III", "ECG aVR"]
        assert read.getPhysicalDimension(0) == "mV"
        assert read.getSampleFrequency(0) == pytest.approx(float(rate))
        assert read.getPatientCode() == "P 7"
        start = read.getStartdatetime().replace(microsecond=0)  # which it reads a tenth of
        assert start == START.replace(tzinfo=None, microsecond=0)
        assert b"+0.25\x14\x14" in file.read_bytes()
        counts = np.array([read.readSignal(at, digital=True) for at in range(12)])
        assert np.array_equal(counts[:, : told.count], told.filled(-(2**15)))
        assert (counts[:, told.count :] == -(2**15)).all()
        known = ~np.isnan(told.physical()[0])
        millivolts = read.readSignal(0)[: told.count][known]
        np.testing.assert_allclose(millivolts, told.physical()[0][known], atol=1e-5)
        onsets, durations, texts = (list(one) for one in read.readAnnotations())
        assert texts[:2] == ["V", "no signal"]
        assert onsets[:2] == pytest.approx([float(360 / rate), float(1440 / rate)], abs=1e-4)
        assert durations[1] == pytest.approx(float(360 / rate), abs=1e-3)
        assert len(texts) == (2 if told.count % rate.numerator == 0 else 3)


def test_edf_has_no_room_for_more_than_16_bits() -> None:
    with pytest.raises(ExportError, match="16 bits"):
        edf(_with(40000))


def test_pydicom_reads_the_same_samples() -> None:
    told = recording(12)
    read: Any = dataset(dicom(told, "P-7", "ecg-1", "双桥村卫生室"))
    assert read.SOPClassUID == TWELVE_LEAD
    assert (read.PatientID, read.InstitutionName) == ("P-7", "双桥村卫生室")
    millivolts: Any = read.waveform_array(0)
    np.testing.assert_allclose(millivolts.T, told.physical(), atol=1e-9)
    group = read.WaveformSequence[0]
    sources = [one.ChannelSourceSequence[0].CodeValue for one in group.ChannelDefinitionSequence]
    assert sources[:4] == ["2:1", "2:2", "2:61", "2:62"]
    assert read.AcquisitionDateTime == "20260302094105.250000+0000"


def test_dicom_says_what_it_is_and_where_a_hole_is() -> None:
    read: Any = dataset(dicom(recording(2, hole=True)))
    assert read.SOPClassUID == GENERAL
    samples = np.frombuffer(read.WaveformSequence[0].WaveformData, "<i2").reshape(-1, 2)
    assert (samples[1440:1800] == -(2**15)).all()
    slow: Any = dataset(dicom(replace(recording(1), rate=Fraction(130))))
    assert slow.SOPClassUID == AMBULATORY


def test_a_recording_has_one_dicom_name() -> None:
    assert dicom(recording(2)) == dicom(recording(2))
    names = {dataset(dicom(one)).SOPInstanceUID for one in _three()}
    assert len(names) == 3


def _three() -> tuple[Recording, ...]:
    return recording(1), recording(1, seconds=5), replace(recording(1), stream="other")


@pytest.mark.parametrize(
    ("change", "why"),
    [({"start": None}, "time of its start"), ({"rate": Fraction(25)}, "50 to 1000")],
)
def test_what_dicom_cannot_hold_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ExportError, match=why):
        dicom(replace(recording(1), **change))
