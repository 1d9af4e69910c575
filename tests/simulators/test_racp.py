"""The record access engine: every request that can be made, against the text of the standard."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

import pytest

from edge_simulators.racp import PROCEDURE_IN_PROGRESS, Record, State, Step, advance, written

RECORDS = tuple(
    Record(sequence, (2026, 11, 22, 7, sequence, 0), (bytes([sequence]),))
    for sequence in (3, 4, 7, 8, 9)
)
SUCCESS, NO_RECORDS = 1, 6


def run(octets: bytes, records: Sequence[Record] = RECORDS) -> tuple[list[int], bytes]:
    """Sequence numbers sent, and the last indication."""
    step = written(State(), octets, records)
    sent: list[int] = []
    while not step.indicate:
        step = advance(step.state)
        sent += [step.send.sequence] if step.send else []
    assert step.state == State()
    return sent, step.indicate


def by_sequence(operator: int, *bounds: int) -> bytes:
    return bytes([operator, 1]) + struct.pack(f"<{len(bounds)}H", *bounds)


def by_time(operator: int, *minutes: int) -> bytes:
    stamps = (struct.pack("<HBBBBB", 2026, 11, 22, 7, minute, 0) for minute in minutes)
    return bytes([operator, 2]) + b"".join(stamps)


FILTERS = [
    (b"\x01", [3, 4, 7, 8, 9]),
    (b"\x05", [3]),
    (b"\x06", [9]),
    *((by_sequence(2, n), [s for s in (3, 4, 7, 8, 9) if s <= n]) for n in range(12)),
    *((by_sequence(3, n), [s for s in (3, 4, 7, 8, 9) if s >= n]) for n in range(12)),
    *(
        (by_sequence(4, low, high), [s for s in (3, 4, 7, 8, 9) if low <= s <= high])
        for low, high in itertools.combinations_with_replacement(range(12), 2)
    ),
    (by_time(2, 7), [3, 4, 7]),
    (by_time(3, 8), [8, 9]),
    (by_time(4, 4, 8), [4, 7, 8]),
]


@pytest.mark.parametrize(("request_", "expected"), FILTERS)
def test_a_filter_chooses_alike_for_report_number_and_delete(
    request_: bytes, expected: list[int]
) -> None:
    code = SUCCESS if expected else NO_RECORDS
    assert run(b"\x01" + request_) == (expected, bytes([6, 0, 1, code]))
    assert run(b"\x04" + request_) == ([], struct.pack("<BBH", 5, 0, len(expected)))
    step = written(State(), b"\x02" + request_, RECORDS)
    assert [record.sequence for record in step.delete] == expected
    assert step.indicate == bytes([6, 0, 2, code])


@pytest.mark.parametrize("operator", [b"\x01", b"\x05", b"\x06"])
def test_an_empty_memory_has_no_records(operator: bytes) -> None:
    assert run(b"\x01" + operator, ())[1] == bytes([6, 0, 1, NO_RECORDS])
    assert run(b"\x04" + operator, ())[1] == bytes([5, 0, 0, 0])


REFUSED = [
    ("07 01", 2, "op code 7 is not supported"),
    ("05 00", 2, "a response is no request"),
    ("00 01", 2, "op code 0 is reserved"),
    ("FF", 2, "op code 255"),
    ("", 2, "nothing"),
    ("01 00", 3, "null is no operator of a report"),
    ("01", 3, "an operator is missing"),
    ("01 07", 4, "operator 7 is not supported"),
    ("01 01 01", 5, "all has no operand"),
    ("01 05 00 00", 5, "first has no operand"),
    ("01 03", 5, "an operand is missing"),
    ("01 03 01", 5, "a sequence number is missing"),
    ("01 03 01 05", 5, "half a sequence number"),
    ("01 03 01 05 00 00", 5, "one octet too many"),
    ("01 04 01 05 00", 5, "a range has two"),
    ("01 04 01 08 00 07 00", 5, "from 8 to 7"),
    ("01 04 02 " + "EA070B16070800" + "EA070B16070700", 5, "from later to earlier"),
    ("01 03 03 05 00", 9, "filter 3 is not supported"),
]


@pytest.mark.parametrize(("octets", "code", "why"), REFUSED, ids=[row[2] for row in REFUSED])
def test_a_wrong_request_is_refused_with_its_code(octets: str, code: int, why: str) -> None:
    request = bytes.fromhex(octets)
    asked = request[0] if request else 0
    step = written(State(), request, RECORDS)
    assert step == Step(State(), indicate=bytes([6, 0, asked, code])), why


def test_no_request_of_up_to_four_octets_breaks_it() -> None:
    """Every op code and operator, with operands of every short length."""
    operands = [b"", b"\x01", b"\x01\x05", b"\x01\x05\x00", b"\x02\x05\x00", b"\x09\x05\x00"]
    for op, operator, operand in itertools.product(range(256), range(12), operands):
        step = written(State(), bytes([op, operator]) + operand, RECORDS)
        assert step.indicate or step.state.reporting
        if step.indicate:
            assert step.state == State()
            assert step.indicate[0] in (5, 6)
        if step.delete:
            assert op == 2


def test_while_reporting_only_an_abort_is_accepted() -> None:
    state = advance(written(State(), b"\x01\x01", RECORDS).state).state
    for op in set(range(256)) - {3}:
        assert written(state, bytes([op, 1]), RECORDS) == Step(state, PROCEDURE_IN_PROGRESS)


def test_an_abort_ends_a_report_at_once() -> None:
    state = advance(written(State(), b"\x01\x01", RECORDS).state).state
    step = written(state, b"\x03\x00", RECORDS)
    assert step == Step(State(), indicate=bytes([6, 0, 3, 1]))
    assert advance(step.state) == Step(State()), "nothing follows"


@pytest.mark.parametrize(("octets", "code"), [("0300", 7), ("0301", 3), ("03000102", 5)])
def test_an_abort_of_nothing_or_with_too_much_is_unsuccessful(octets: str, code: int) -> None:
    assert written(State(), bytes.fromhex(octets), RECORDS).indicate == bytes([6, 0, 3, code])


def test_a_report_sends_what_was_stored_when_it_began() -> None:
    step = written(State(), b"\x01\x06", RECORDS[:2])
    first = advance(step.state)
    assert first.send == RECORDS[1]
    assert advance(first.state).indicate == bytes([6, 0, 1, SUCCESS])
