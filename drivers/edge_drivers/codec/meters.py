"""Meters that write text, or pack what no field can say: octets in, named fields out.

OneTouch Ultra2 (glucometerutils, otultra2.py), A&D UA-767PC (its hexadecimal digits), TaiDoc's
date and time (glucometerutils, td42xx.py), and the check digits of two Chinese identifiers.
"""

from __future__ import annotations

import re
from datetime import datetime

from edge_agent.model.errors import ChecksumError, MalformedError, TruncatedError
from edge_drivers.codec.checks import CHECKS
from edge_drivers.codec.cursor import Cursor

_LINE = re.compile(rb"(?P<said>.+) (?P<sum>[0-9A-F]{4})\r?\n?", re.DOTALL)
_SERIAL = re.compile(r'@ "([A-Z0-9]{8}Y)"')
_CLOCK = re.compile(r'F "[A-Z]{3}","([0-9/]{8})","([0-9:]{8}) *"')
_RECORD = re.compile(
    r'P "[A-Z]{3}","(?P<date>[0-9/]{8})","(?P<time>[0-9:]{8}) *",'
    r'"(?P<control>[C ])[ ]*(?P<value>HIGH|[0-9]{1,3})[ ?]*",'
    r'"(?P<meal>[NBA])","(?P<comment>[0-9]{2})"'
)
HIGH = 600
"""mg/dL beyond which an Ultra2 says HIGH."""
_UA767_OCTETS, _UA767_OK = 10, 0x80
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_RIC_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RIC_CHECKS = "10X98765432"


def read_ultra2_line(octets: bytes) -> Cursor:
    """A reply of a OneTouch Ultra2: text, a blank, the sum of its octets as four hex digits, CR.

    Raises:
        ChecksumError: the sum is another.
        MalformedError: it is no reply, or a serial number, clock or record that cannot be.
    """
    cursor = _all(octets)
    found = _LINE.fullmatch(octets)
    if found is None:
        raise MalformedError("a reply ends in a blank and four hex digits")
    said, checksum = found["said"], int(found["sum"], 16)
    right = CHECKS["sum16"](said)
    if checksum != right:
        raise ChecksumError(f"checksum is {checksum:04X}, the text gives {right:04X}")
    text = _ascii(said)
    cursor.values.update(text=text, kind=text[0], checksum=checksum)
    match text[0]:
        case "@":
            cursor.values["serial"] = _match(_SERIAL, text)[1]
        case "F":
            date, time = _match(_CLOCK, text).groups()
            cursor.values["datetime"] = _american(date, time)
        case "P" if '"' in text[:3]:
            _ultra2_record(cursor, _match(_RECORD, text))
        case _:
            pass
    return cursor


def _ultra2_record(cursor: Cursor, record: re.Match[str]) -> None:
    control, high = record["control"] == "C", record["value"] == "HIGH"
    cursor.values.update(
        datetime=_american(record["date"], record["time"]),
        glucose=HIGH if high else int(record["value"]),
        control=control,
        too_high=high,
        meal=record["meal"],
        comment=record["comment"],
    )


def read_ua767(octets: bytes) -> Cursor:
    """A result of an A&D UA-767PC: code, pulse pressure, diastolic, pulse, one more; hex digits.

    The systolic pressure is the pulse pressure and the diastolic pressure together.

    Raises:
        TruncatedError, MalformedError: these are no ten hex digits.
    """
    cursor = _all(octets)
    if len(octets) < _UA767_OCTETS:
        raise TruncatedError(f"a result has {_UA767_OCTETS} digits, these are {len(octets)}")
    text = _ascii(octets)
    if not re.fullmatch(r"[0-9A-F]{10}", text):
        raise MalformedError(f"{text!r} is no result of ten hex digits")
    code, above, diastolic, pulse, more = bytes.fromhex(text)
    cursor.values.update(code=code, more=more)
    if code == _UA767_OK:
        cursor.values.update(
            pulse_pressure=above, diastolic=diastolic, systolic=above + diastolic, pulse=pulse
        )
    return cursor


def read_taidoc_time(octets: bytes) -> Cursor:
    """Day, month and year since 2000 in 5, 4 and 7 bits (u16), then minute and hour.

    Raises:
        TruncatedError, MalformedError: it is no date and time.
    """
    cursor = Cursor(octets)
    cursor.values["datetime"] = _taidoc_time(cursor.take(4, "date and time"))
    if cursor.remaining:
        raise MalformedError(f"{cursor.remaining} octets are left over")
    return cursor


def read_taidoc_reading(octets: bytes) -> Cursor:
    """The two answers that a reading of a TaiDoc is: when it was (25), and what (26).

    Raises:
        TruncatedError, ChecksumError, MalformedError: they are not.
    """
    cursor = Cursor(octets)
    when = _taidoc_answer(cursor, 0x25)
    value = _taidoc_answer(cursor, 0x26)
    if cursor.remaining:
        raise MalformedError(f"{cursor.remaining} octets are left over")
    cursor.values.update(
        datetime=_taidoc_time(when), glucose=int.from_bytes(value[:2], "little"), meal=value[3]
    )
    return cursor


def _taidoc_answer(cursor: Cursor, command: int) -> bytes:
    """The four octets that an answer carries."""
    packet = cursor.take(8, f"answer {command:02X}")
    if (packet[0], packet[1], packet[6]) != (0x51, command, 0xA5):
        raise MalformedError(f"{packet.hex()} is no answer to {command:02X}")
    if sum(packet[:7]) & 0xFF != packet[7]:
        raise ChecksumError(f"checksum is {packet[7]:02X}, not {sum(packet[:7]) & 0xFF:02X}")
    return packet[2:6]


def _taidoc_time(octets: bytes) -> str:
    day, minute, hour = int.from_bytes(octets[:2], "little"), octets[2], octets[3]
    return _calendar(2000 + (day >> 9), day >> 5 & 0xF, day & 0x1F, hour & 0x1F, minute & 0x3F, 0)


def read_uscc(octets: bytes) -> Cursor:
    """A unified social credit identifier (GB 32100): 18 characters, the last a check.

    Raises:
        MalformedError: it is none.
        ChecksumError: the last character is another.
    """
    cursor, text = _all(octets), _ascii(octets)
    if len(text) != 18 or any(letter not in _USCC for letter in text):
        raise MalformedError("an identifier has 18 characters, without I, O, S, V, Z")
    total = sum(w * _USCC.index(c) for w, c in zip(_USCC_WEIGHTS, text, strict=False))
    return _valid(cursor, text[-1], _USCC[-total % 31])


def read_ric(octets: bytes) -> Cursor:
    """A resident's identity number (GB 11643): 17 digits and a check (ISO 7064, MOD 11-2).

    Raises:
        MalformedError: it is none.
        ChecksumError: the last character is another.
    """
    cursor, text = _all(octets), _ascii(octets)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        raise MalformedError("a number has 17 digits and a check")
    _calendar(int(text[6:10]), int(text[10:12]), int(text[12:14]), 0, 0, 0)
    total = sum(w * int(c) for w, c in zip(_RIC_WEIGHTS, text, strict=False))
    cursor.private.append((0, len(octets)))
    return _valid(cursor, text[-1], _RIC_CHECKS[total % 11])


def _valid(cursor: Cursor, last: str, right: str) -> Cursor:
    if last != right:
        raise ChecksumError(f"the last character is {last}, the others give {right}")
    cursor.values["valid"] = True
    return cursor


def _all(octets: bytes) -> Cursor:
    cursor = Cursor(octets)
    cursor.at = len(octets)
    return cursor


def _ascii(octets: bytes) -> str:
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError(f"it is no text: {error}") from error


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.match(text)
    if found is None:
        raise MalformedError(f"{text!r} is not as the meter writes it")
    return found


def _american(date: str, time: str) -> str:
    try:
        parts = (*map(int, date.split("/")), *map(int, time.split(":")))
        month, day, year, hour, minute, second = parts
    except ValueError as error:
        raise MalformedError(f"date and time {date} {time}: {error}") from error
    return _calendar(2000 + year, month, day, hour, minute, second)


def _calendar(*parts: int) -> str:
    try:
        return datetime(*parts).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001 (no zone)
    except (ValueError, TypeError) as error:
        raise MalformedError(f"date and time {parts}: {error}") from error
