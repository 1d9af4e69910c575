"""A recording as a DICOM waveform object, written by pydicom (extra `export`).

Twelve leads of at most 16384 samples at 200-1000 Hz are a 12-lead ECG (PS3.3 A.34.3), else up to
24 leads at such a rate a General ECG (A.34.4), else up to 12 at 50-1000 Hz an Ambulatory ECG
(A.34.5). Leads are those of CID 3001. Counts are the device's own; a hole holds the padding value.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import numpy as np

from edge_agent.export.libraries import library
from edge_agent.model.errors import ExportError
from edge_agent.model.waveforms import Channel
from edge_signal.recordings import Recording
from edge_signal.sheets.ecg import label

PADDING = -(2**15)
TWELVE_LEAD = "1.2.840.10008.5.1.4.1.1.9.1.1"
GENERAL = "1.2.840.10008.5.1.4.1.1.9.1.2"
AMBULATORY = "1.2.840.10008.5.1.4.1.1.9.1.3"
LEADS = {
    "I": "2:1",
    "II": "2:2",
    "III": "2:61",
    "aVR": "2:62",
    "aVL": "2:63",
    "aVF": "2:64",
    **{f"V{at}": f"2:{at + 2}" for at in range(1, 7)},
}
_UNITS = {"uV": "microvolt", "mV": "millivolt", "V": "volt"}
_SPACE = uuid.UUID("6f1a2f0e-7b1c-5d6e-9a35-1d8a52f3c0de")


def dicom(recording: Recording, subject: str = "", device: str = "", site: str = "") -> bytes:
    """The whole file.

    Args:
        recording: what is written; it must know when it began.
        subject: the region's opaque reference, the Patient ID.
        device: alias, the Station Name.
        site: the Institution Name.

    Raises:
        ExportError: no DICOM object can hold it, or pydicom is not installed.
    """
    sop_class, start = _sop_class(recording), _start(recording)
    data: Any = library("pydicom.dataset").Dataset()
    data.SOPClassUID, data.SOPInstanceUID = sop_class, _uid(recording, "instance")
    data.StudyInstanceUID, data.SeriesInstanceUID = (
        _uid(recording, one) for one in ("study", "series")
    )
    data.SpecificCharacterSet = "ISO_IR 192"
    data.Modality, data.Manufacturer = "ECG", ""
    data.PatientID, data.PatientName, data.PatientBirthDate, data.PatientSex = subject, "", "", ""
    data.StationName, data.InstitutionName = device[:16], site
    data.StudyDate = data.ContentDate = f"{start:%Y%m%d}"
    data.StudyTime = data.ContentTime = f"{start:%H%M%S.%f}"
    data.AcquisitionDateTime = f"{start:%Y%m%d%H%M%S.%f%z}"
    data.ReferringPhysicianName = data.StudyID = data.AccessionNumber = ""
    data.SeriesNumber = data.InstanceNumber = 1
    data.SynchronizationTrigger, data.AcquisitionTimeSynchronized = "NO TRIGGER", "N"
    data.SynchronizationFrameOfReferenceUID = _uid(recording, "time")
    data.AcquisitionContextSequence = []
    data.WaveformSequence = [_group(recording)]
    return _octets(data)


def _octets(data: Any) -> bytes:  # noqa: ANN401
    meta: Any = library("pydicom.dataset").FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = library("pydicom.uid").ExplicitVRLittleEndian
    data.file_meta = meta
    buffer: Any = library("pydicom.filebase").DicomBytesIO()
    library("pydicom").dcmwrite(buffer, data, enforce_file_format=True)
    octets: bytes = buffer.getvalue()
    return octets


def _sop_class(recording: Recording) -> str:
    names, rate = {label(one.kind) for one in recording.channels}, recording.rate
    if unknown := names - set(LEADS) | {
        one.unit for one in recording.channels if one.unit not in _UNITS
    }:
        raise ExportError(f"DICOM has no ECG lead or unit {', '.join(sorted(unknown))}")
    if any(np.abs(one.counts).max(initial=0) >= -PADDING for one in recording.segments):
        raise ExportError("a DICOM ECG holds 16 bits and a count is beyond: write it as WFDB")
    if 200 <= rate <= 1000:
        whole = len(names) == len(LEADS) and recording.count <= 16384
        return TWELVE_LEAD if whole else GENERAL
    if 50 <= rate <= 1000:
        return AMBULATORY
    raise ExportError(f"a DICOM ECG has 50 to 1000 samples a second, not {float(rate):g}")


def _start(recording: Recording) -> datetime:
    if recording.start is None:
        raise ExportError("a DICOM file says when it was recorded: give the time of its start")
    return recording.start


def _group(recording: Recording) -> Any:  # noqa: ANN401
    group: Any = library("pydicom.dataset").Dataset()
    counts = recording.filled(PADDING)
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = counts.shape
    group.SamplingFrequency = f"{float(recording.rate):.12g}"[:16]
    group.ChannelDefinitionSequence = [_channel(one) for one in recording.channels]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.add_new("WaveformPaddingValue", "OW", np.array([PADDING], "<i2").tobytes())
    group.add_new("WaveformData", "OW", counts.T.astype("<i2").tobytes())
    return group


def _channel(channel: Channel) -> Any:  # noqa: ANN401
    found: Any = library("pydicom.dataset").Dataset()
    name = label(channel.kind)
    found.ChannelLabel = name
    found.ChannelSourceSequence = [_code(LEADS[name], "MDC", f"Lead {name}")]
    found.ChannelSensitivity = _decimal(channel.scale)
    found.ChannelSensitivityUnitsSequence = [_code(channel.unit, "UCUM", _UNITS[channel.unit])]
    found.ChannelSensitivityCorrectionFactor = "1"
    found.ChannelBaseline = _decimal(channel.origin)
    found.ChannelSampleSkew = "0"
    found.WaveformBitsStored = 16
    return found


def _code(value: str, scheme: str, meaning: str) -> Any:  # noqa: ANN401
    found: Any = library("pydicom.dataset").Dataset()
    found.CodeValue, found.CodingSchemeDesignator, found.CodeMeaning = value, scheme, meaning
    return found


def _decimal(value: object) -> str:
    """A Decimal String: 16 characters."""
    return f"{value:.10g}"


def _uid(recording: Recording, part: str) -> str:
    """The same recording has the same name wherever and whenever it is written (law 2)."""
    told = f"{recording.stream} {recording.first} {recording.count} {part}"
    return f"2.25.{uuid.uuid5(_SPACE, told).int}"
