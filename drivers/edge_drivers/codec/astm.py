"""ASTM E1381 (LIS01) frames and the E1394 (LIS02) records in them, as instruments really send them.

    STX | number | text | CR | ETX or ETB | check | check | CR LF
    check: sum modulo 256 from the number through ETX/ETB, two upper-case hexadecimal digits

Captures differ from the standard: several records in one frame, ETB on final frames, CR or LF alone
at the end, hosts' EOT and ENQ around it (senaite.astm's captures; health-devices.md 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from edge_agent.model.errors import ChecksumError, MalformedError, TruncatedError
from edge_drivers.codec.cursor import Cursor
from edge_drivers.codec.readings import FieldValue

LONGEST = 64 << 10
"""Octets of the longest message; LIS01-A2 allows frames of 64,000 characters."""
_FRAME = re.compile(
    rb"[\x04\x05\r\n]*\x02(?P<body>(?P<number>[0-7])(?P<text>[^\x02\x03\x17]*)[\x03\x17])"
    rb"(?P<check>[0-9A-F]{2})(?P<end>[\r\n]*)[\x04\x05]?"
)
_PATIENT = re.compile(
    rb"(?:[\r\n]|\x02[0-7])P\|[^|\r\n]*\|(.*?)(?=\r[\x03\x17]|\r[A-Z]\||\x03|\Z)", re.DOTALL
)
"""What a P record says of a person, even where it goes on in the next frame."""
_MOMENTS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ENDS = {b"\r": "CR only", b"\n": "LF only", b"\r\n": "CR LF", b"": "none"}
_CONTOUR_RANGE = re.compile(r"V=(\d{2})(\d{3})")
_CONTOUR_UNITS = {"0": "0 (mg/dL)", "1": "1 (mmol/L)"}


def read_message(octets: bytes) -> Cursor:
    """One or more frames, one after the other.

    Raises:
        TruncatedError: a frame does not end.
        ChecksumError: a check is another.
        MalformedError: it is no frame, or a record cannot be.
    """
    cursor = Cursor(octets)
    if len(octets) > LONGEST:
        raise MalformedError(f"{len(octets)} octets are no message")
    frames = list(_frames(cursor))
    text = "".join(_text(frame["text"]) for frame in frames)
    records = [record.split("|") for record in re.split(r"[\r\n]+", text) if record]
    ends = {frame["end"] for frame in frames}
    cursor.values.update(
        frames=len(frames),
        checksum=int(frames[0]["check"], 16),
        checksums=tuple(_text(frame["check"]) for frame in frames),
        terminator=_ENDS[ends.pop()] if len(ends) == 1 and ends <= _ENDS.keys() else "mixed",
        results=tuple(_result(record) for record in records if record[0] == "R"),
    )
    for record in records:
        if record[0] == "H":
            cursor.values.update(_header(record))
    if completed := _completed(records):
        cursor.values["completed"] = completed
    for patient in _PATIENT.finditer(octets):
        cursor.values["patient"] = _text(patient[1])
        cursor.private.append(patient.span(1))
    return cursor


def read_contour_result(octets: bytes) -> Cursor:
    """A result record of a Bayer Contour: number, value, unit and reference, marks, time.

    Raises:
        MalformedError: it is none.
    """
    cursor = Cursor(octets)
    record = _text(octets).strip("\r\n").split("|")
    cursor.at = len(octets)
    if len(record) < 9 or record[0] != "R" or not record[1].isdecimal():
        raise MalformedError("a result begins with R and a number, and has nine fields")
    unit, _, reference = record[4].partition("^")
    if not record[3].isdecimal():
        raise MalformedError(f"the value is {record[3]!r}")
    cursor.values.update(
        seq=int(record[1]),
        test=_last(record[2]),
        value=int(record[3]),
        unit=unit,
        ref_method=reference,
        markers=tuple(mark for mark in record[6].split("/") if mark),
        datetime=record[8],
        timestamp=_minute(record[8]),
        molar=unit == "mmol/L",
        control="C" in record[6].split("/"),
    )
    return cursor


def read_spotchem(octets: bytes) -> Cursor:
    """An Arkray Spotchem EL: STX, time, id, sample, then name, value and unit of each; no check.

    Raises:
        MalformedError: it is none.
    """
    cursor = Cursor(octets)
    text = _text(octets)
    cursor.at = len(octets)
    found = re.fullmatch(r"\x02(?P<time>\d\d/\d\d/\d\d \d\d:\d\d) (?P<rest>[^\x03]*)\x03\s*", text)
    if found is None:
        raise MalformedError("it is not STX, a time, values, ETX")
    values = re.findall(r"(Na|K|Cl) +(\d+(?:\.\d+)?) +mmol/L", found["rest"])
    if not values:
        raise MalformedError("there is no value in it")
    cursor.values.update(no_checksum=True, time=found["time"])
    cursor.values.update({name.lower(): Decimal(value) for name, value in values})
    return cursor


def _frames(cursor: Cursor) -> Iterator[re.Match[bytes]]:
    while cursor.remaining:
        found = _FRAME.match(cursor.octets, cursor.at)
        if found is None:
            if b"\x02" in cursor.octets[cursor.at :]:
                raise TruncatedError(f"the frame at octet {cursor.at} does not end as one")
            raise MalformedError(f"there is no frame at octet {cursor.at}")
        right = sum(found["body"]) & 0xFF
        if int(found["check"], 16) != right:
            raise ChecksumError(f"the check is {found['check']!r}, the octets give {right:02X}")
        cursor.at = found.end()
        yield found
    if not cursor.at:
        raise TruncatedError("there is not one frame")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", errors="replace")


def _last(components: str) -> str:
    return components.rsplit("^", maxsplit=1)[-1]


def _result(record: Sequence[str]) -> tuple[FieldValue, ...]:
    """Universal test id, value and unit (LIS02 R-3, R-4, R-5)."""
    fields = (*record, "", "", "", "")
    return (_last(fields[2]), fields[3], fields[4])


def _header(record: Sequence[str]) -> dict[str, FieldValue]:
    """The sender, and what a Contour says of itself beside it."""
    sender = record[4].split("^") if len(record) > 4 else [""]
    found: dict[str, FieldValue] = {"sender": sender[0]}
    if sender[0].startswith(("Bayer", "Contour")) and len(sender) > 3:
        found |= {"product": sender[0], "serial": sender[2], "sku": sender[3]}
    if len(record) > 6 and record[6].isdecimal():
        found["total_records"] = int(record[6])
    if len(record) > 13:
        found["datetime"] = record[13]
    settings = record[5] if len(record) > 5 else ""
    if limits := _CONTOUR_RANGE.search(settings):
        found["range"] = (int(limits[1]), int(limits[2]))
    if unit := re.search(r"U=([01])", settings):
        found["unit_code"] = _CONTOUR_UNITS[unit[1]]
    return found


def _completed(records: Sequence[Sequence[str]]) -> str:
    """When the first result was there (LIS02 R-13, else R-12), else the message (H-14); or ""."""
    results = [record for record in records if record[0] == "R"]
    told = [text for record in results[:1] for text in (*record[12:13], *record[11:12])]
    told += [text for record in records if record[0] == "H" for text in record[13:14]]
    return next((time for text in told if (time := _moment(text))), "")


def _moment(text: str) -> str:
    form = _MOMENTS.get(len(text), "")
    try:
        return datetime.strptime(text, form).isoformat() if form else ""  # noqa: DTZ007 (no zone)
    except ValueError:
        return ""


def _minute(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M").isoformat()  # noqa: DTZ007 (no zone)
    except ValueError as error:
        raise MalformedError(f"the time is {text!r}: {error}") from error
