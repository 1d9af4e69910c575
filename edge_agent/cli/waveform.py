"""`edge-agent waveform`: a recording as a file for other people's programs, or as a picture."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from edge_agent.cli.common import read_input, write_output
from edge_agent.export.sources import Found, find
from edge_agent.model.errors import EdgeError, ExportError

FORMS = ("archive", "dicom", "edf", "pdf", "svg", "wfdb")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add = parser.add_argument
    add(
        "file",
        metavar="FILE",
        help="records as JSON lines, or an archive; -: stdin",
    )
    add("--to", nargs="+", choices=FORMS, required=True, metavar="FORM", help=", ".join(FORMS))
    add("--out", type=Path, required=True, metavar="PATH", help="of the files, without suffix")
    add("--stream", default="", metavar="ID", help="which, if there are several")
    add("--begin", type=float, default=0.0, metavar="S", help="seconds from its start (0)")
    add("--seconds", type=float, metavar="S", help="how long (all)")
    add("--start", type=_moment, metavar="TIME", help="when it began, if no clock record says so")
    add("--subject", default="", metavar="ID", help="the region's reference of the patient")
    add("--site", default="", metavar="NAME", help="of the clinic")
    add("--raw", action="store_true", help="draw an ECG unfiltered (0.05-150 Hz, mains removed)")
    add("--language", choices=("en", "zh"), default="zh", help="of pictures (zh)")


def run(options: argparse.Namespace) -> int:
    """Write the files and name them."""
    for name, octets in _files(options).items():
        path = options.out.with_name(name)
        write_output(path, octets)
        print(path)
    return 0


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset: 2026-11-22T08:30:00+08:00 has")
    return moment


def _files(options: argparse.Namespace) -> Mapping[str, bytes]:
    found = _found(options.file, options.stream)
    recording = found.recording
    if options.start:
        recording = replace(recording, start=options.start)
    try:
        recording = recording.part(options.begin, options.seconds or recording.seconds)
    except ValueError as error:
        raise ExportError(f"{error}; it is {recording.seconds:.1f} s long") from error
    return _written(options, replace(found, recording=recording))


def _found(file: str, stream: str) -> Found:
    octets = read_input(file)
    try:
        found = find(octets, stream)
    except EdgeError as error:
        raise ExportError(f"{file}: {error}") from error
    if found.damaged:
        print(f"edge-agent: {file}: {found.damaged} blocks are damaged: holes", file=sys.stderr)
    return found


def _written(options: argparse.Namespace, found: Found) -> Mapping[str, bytes]:
    name, files = options.out.name, dict[str, bytes]()
    told = (found.recording, options.subject, found.device)
    for form in options.to:
        match form:
            case "wfdb":
                from edge_agent.export.wfdb import wfdb_files

                files |= wfdb_files(found.recording, name)
            case "edf":
                from edge_agent.export.edf import edf

                files[f"{name}.edf"] = edf(*told)
            case "dicom":
                from edge_agent.export.dicom import dicom

                files[f"{name}.dcm"] = dicom(*told, options.site)
            case "archive":
                files[f"{name}.wave"] = _archive(found)
            case _:
                files[f"{name}.{form}"] = _picture(options, found, form)
    return files


def _archive(found: Found) -> bytes:
    from edge_signal.archive import ArchiveWriter

    writer, recording = ArchiveWriter(), found.recording
    kept = replace(recording, rate=found.nominal or recording.rate)
    return b"".join((*map(writer.push, kept.waveforms()), writer.close()))


def _picture(options: argparse.Namespace, found: Found, form: str) -> bytes:
    from edge_agent.export.judging import judged
    from edge_agent.export.pdf import pdf
    from edge_signal.sheets.ecg import EcgSheet, ecg_page
    from edge_signal.sheets.heading import Heading
    from edge_signal.sheets.svg import svg
    from edge_signal.sheets.words import Language

    start = found.recording.start
    told = judged(found.recording)
    heading = Heading(
        subject=options.subject,
        device=found.device,
        site=options.site,
        taken=f"{start:%Y-%m-%d %H:%M:%S %z}" if start else "",
        measurements=told.measurements,
        findings=told.findings,
        strip=told.strip,
    )
    sheet = EcgSheet(heading, told.quality, Language(options.language), options.raw)
    try:
        page = ecg_page(found.recording, sheet)
    except ValueError as error:
        raise ExportError(f"{error}: write it as WFDB, EDF+ or an archive") from error
    return pdf(page) if form == "pdf" else svg(page).encode()
