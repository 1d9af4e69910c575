"""The device's side of the Record Access Control Point (2A52), as a pure state machine.

From the Glucose Service 1.0.1, 3.4, and the GATT Specification Supplement. One procedure at a time:
while records are on their way only an abort is accepted. Events come in, actions go out; nothing
here sends, waits or knows a clock.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum


class Op(IntEnum):
    """Op codes."""

    REPORT = 1
    DELETE = 2
    ABORT = 3
    NUMBER = 4
    NUMBER_RESPONSE = 5
    RESPONSE = 6


class Operator(IntEnum):
    """Which records."""

    NULL = 0
    ALL = 1
    AT_MOST = 2
    AT_LEAST = 3
    RANGE = 4
    FIRST = 5
    LAST = 6


class Code(IntEnum):
    """Response codes."""

    SUCCESS = 1
    OP_NOT_SUPPORTED = 2
    INVALID_OPERATOR = 3
    OPERATOR_NOT_SUPPORTED = 4
    INVALID_OPERAND = 5
    NO_RECORDS = 6
    ABORT_UNSUCCESSFUL = 7
    NOT_COMPLETED = 8
    OPERAND_NOT_SUPPORTED = 9


PROCEDURE_IN_PROGRESS = 0x80
"""ATT application error of the service (GLS 1.0.1, 2.4)."""

BY_SEQUENCE, BY_TIME = 1, 2
"""Filter types: the sequence number (of a CGM the time offset), the time that the user sees."""
_OPERANDS = {Operator.AT_MOST: 1, Operator.AT_LEAST: 1, Operator.RANGE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What a service's control point knows beside report, number, delete and abort.

    Attributes:
        operators: which records can be asked for.
        filters: by what.
    """

    operators: frozenset[Operator] = frozenset(Operator) - {Operator.NULL}
    filters: frozenset[int] = frozenset((BY_SEQUENCE, BY_TIME))


EVERYTHING = Support()


@dataclass(frozen=True, slots=True)
class Record:
    """A stored record.

    Attributes:
        sequence: its number, 0 to 65535.
        facing: when it was measured, by the clock that the user sees: (year, month, day, hours,
            minutes, seconds).
        notifications: octet strings that carry it, in order.
    """

    sequence: int
    facing: tuple[int, ...]
    notifications: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What the control point is doing.

    Attributes:
        pending: records of a report that are still to be sent.
        reporting: whether a report is going on.
    """

    pending: tuple[Record, ...] = ()
    reporting: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from an event: the next state and what the device does, in this order.

    Attributes:
        state: the next state.
        refuse: ATT error with which a write is refused; 0 accepts it.
        delete: records that are deleted.
        send: the record to be notified next; `advance` follows when it has been.
        indicate: octets to be indicated.
    """

    state: State
    refuse: int = 0
    delete: tuple[Record, ...] = ()
    send: Record | None = None
    indicate: bytes = b""


Of = Callable[[Record], tuple[int, ...]]
"""What of a record a filter compares."""


class _RefusedError(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


def written(
    state: State, octets: bytes, records: Sequence[Record], support: Support = EVERYTHING
) -> Step:
    """The control point has been written.

    Args:
        state: what it is doing.
        octets: what was written.
        records: all stored, the oldest first.
        support: which requests it knows.
    """
    op, operator = (*octets[:2], 0, 0)[:2]
    operand = octets[2:]
    if op == Op.ABORT:
        return _abort(state, operator, operand)
    if state.reporting:
        return Step(state, refuse=PROCEDURE_IN_PROGRESS)
    try:
        chosen = _choose(op, operator, operand, records, support)
    except _RefusedError as refused:
        return Step(state, indicate=_response(op, refused.code))
    return _begin(Op(op), chosen)


def advance(state: State) -> Step:
    """A report goes on: the record last sent is on its way, or the report has just begun."""
    if not state.reporting:
        return Step(state)
    if not state.pending:
        return Step(State(), indicate=_response(Op.REPORT, Code.SUCCESS))
    return Step(replace(state, pending=state.pending[1:]), send=state.pending[0])


def _abort(state: State, operator: int, operand: bytes) -> Step:
    if operator != Operator.NULL:
        return Step(state, indicate=_response(Op.ABORT, Code.INVALID_OPERATOR))
    if operand:
        return Step(state, indicate=_response(Op.ABORT, Code.INVALID_OPERAND))
    code = Code.SUCCESS if state.reporting else Code.ABORT_UNSUCCESSFUL
    return Step(State(), indicate=_response(Op.ABORT, code))


def _begin(op: Op, chosen: tuple[Record, ...]) -> Step:
    if op == Op.NUMBER:
        number = struct.pack("<BBH", Op.NUMBER_RESPONSE, Operator.NULL, len(chosen))
        return Step(State(), indicate=number)
    if not chosen:
        return Step(State(), indicate=_response(op, Code.NO_RECORDS))
    if op == Op.DELETE:
        return Step(State(), delete=chosen, indicate=_response(op, Code.SUCCESS))
    return Step(State(pending=chosen, reporting=True))


def _choose(
    op: int, operator: int, operand: bytes, records: Sequence[Record], support: Support
) -> tuple[Record, ...]:
    """The records that a request is about."""
    if op not in (Op.REPORT, Op.DELETE, Op.NUMBER):
        raise _RefusedError(Code.OP_NOT_SUPPORTED)
    if operator == Operator.NULL:
        raise _RefusedError(Code.INVALID_OPERATOR)
    if operator not in support.operators:
        raise _RefusedError(Code.OPERATOR_NOT_SUPPORTED)
    if count := _OPERANDS.get(Operator(operator)):
        of, bounds = _bounds(operand, count, support)
        return _filtered(Operator(operator), of, bounds, records)
    if operand:
        raise _RefusedError(Code.INVALID_OPERAND)
    slices = {Operator.FIRST: slice(0, 1), Operator.LAST: slice(-1, None)}
    return tuple(records[slices.get(Operator(operator), slice(None))])


def _filtered(
    operator: Operator, of: Of, bounds: Sequence[tuple[int, ...]], records: Sequence[Record]
) -> tuple[Record, ...]:
    if operator == Operator.AT_MOST:
        return tuple(record for record in records if of(record) <= bounds[0])
    if operator == Operator.AT_LEAST:
        return tuple(record for record in records if of(record) >= bounds[0])
    if bounds[0] > bounds[1]:
        raise _RefusedError(Code.INVALID_OPERAND)
    return tuple(record for record in records if bounds[0] <= of(record) <= bounds[1])


def _bounds(operand: bytes, count: int, support: Support) -> tuple[Of, list[tuple[int, ...]]]:
    """What of a record is compared, and with what."""
    kinds: dict[int, tuple[str, Of]] = {
        BY_SEQUENCE: ("<H", _sequence),
        BY_TIME: ("<HBBBBB", _facing),
    }
    if not operand:
        raise _RefusedError(Code.INVALID_OPERAND)
    if operand[0] not in support.filters:
        raise _RefusedError(Code.OPERAND_NOT_SUPPORTED)
    form, of = kinds[operand[0]]
    if len(operand) != 1 + count * struct.calcsize(form):
        raise _RefusedError(Code.INVALID_OPERAND)
    return of, list(struct.iter_unpack(form, operand[1:]))


def _sequence(record: Record) -> tuple[int, ...]:
    return (record.sequence,)


def _facing(record: Record) -> tuple[int, ...]:
    return record.facing


def _response(op: int, code: Code) -> bytes:
    return bytes([Op.RESPONSE, Operator.NULL, op, code])
