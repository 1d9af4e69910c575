"""The Record Access Control Point (2A52): the requests we write, and what the answers mean.

    request   opcode | operator | [filter | operand …]
    answer    05 00 number            (u16; some devices send u8 or u32)
              06 00 request | code

Source: GATT Specification Supplement, Record Access Control Point; GLS 1.0.1, section 3.4. Records
are never deleted by us: there is no such request here.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from edge_agent.model.errors import MalformedError
from edge_drivers.codec.readings import Reading

_REPORT, _ABORT, _NUMBER = 1, 3, 4
_NULL, _ALL, _AT_LEAST = 0, 1, 3
_BY_SEQUENCE = 1
_NUMBER_ANSWER, _ANSWER = 5, 6


class Code(IntEnum):
    """What an answer says; each member says what follows from it."""

    SUCCESS = 1
    """All records have been sent."""
    OPCODE_NOT_SUPPORTED = 2
    """Ask in another way."""
    INVALID_OPERATOR = 3
    """Ask in another way."""
    OPERATOR_NOT_SUPPORTED = 4
    """Ask for all records and leave out those that are known."""
    INVALID_OPERAND = 5
    """Ask in another way."""
    NO_RECORDS = 6
    """There is nothing new; after long, see whether the sequence began again."""
    ABORT_UNSUCCESSFUL = 7
    """Wait for the procedure to end."""
    NOT_COMPLETED = 8
    """Ask again later; what came is good."""
    OPERAND_NOT_SUPPORTED = 9
    """Ask for all records and leave out those that are known."""
    SERVER_BUSY = 10
    """Ask again later."""


class RacpAnswer(msgspec.Struct, frozen=True):
    """An answer of the control point.

    Attributes:
        request: opcode of the request that it answers; 4 for a number of records.
        code: how it went; SUCCESS for a number of records.
        number: how many records there are, where that was asked.
    """

    request: int
    code: Code
    number: int | None = None


def report_all() -> bytes:
    """Send all records."""
    return bytes((_REPORT, _ALL))


def report_from(sequence: int) -> bytes:
    """Send the records whose sequence number is `sequence` or greater.

    Raises:
        ValueError: no 16-bit number.
    """
    return bytes((_REPORT, _AT_LEAST)) + _operand(sequence)


def count_all() -> bytes:
    """Say how many records there are."""
    return bytes((_NUMBER, _ALL))


def count_from(sequence: int) -> bytes:
    """Say how many records have the sequence number `sequence` or a greater one.

    Raises:
        ValueError: no 16-bit number.
    """
    return bytes((_NUMBER, _AT_LEAST)) + _operand(sequence)


def abort() -> bytes:
    """Stop sending."""
    return bytes((_ABORT, _NULL))


def answer_of(reading: Reading) -> RacpAnswer:
    """The answer in a decoded indication of the control point.

    Raises:
        MalformedError: it is a request, or a code that no standard knows.
    """
    fields = reading.fields
    number = fields.get("number")
    if fields.get("opcode") == _NUMBER_ANSWER and isinstance(number, int):
        return RacpAnswer(_NUMBER, Code.SUCCESS, number)
    request, code = fields.get("request"), fields.get("response")
    if fields.get("opcode") != _ANSWER or not isinstance(request, int):
        raise MalformedError("an indication of the control point that is no answer")
    try:
        return RacpAnswer(request, Code(code if isinstance(code, int) else 0))
    except ValueError as error:
        raise MalformedError(f"response code {code!r} is not defined") from error


def _operand(sequence: int) -> bytes:
    if not 0 <= sequence <= 0xFFFF:
        raise ValueError(f"sequence number {sequence} is no 16-bit number")
    return bytes((_BY_SEQUENCE,)) + sequence.to_bytes(2, "little")
