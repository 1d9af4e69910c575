"""Steps that read one field: one with a condition, a repetition, a check, or no size of its own."""

from __future__ import annotations

import struct

from edge_agent.model.errors import ChecksumError, TruncatedError
from edge_drivers.codec.checks import CHECKS
from edge_drivers.codec.conditions import compile_condition
from edge_drivers.codec.cursor import PAYLOAD, Cursor, Step
from edge_drivers.codec.readings import FieldValue
from edge_drivers.codec.stores import compile_store
from edge_drivers.codec.types import MARK, FieldCodec, field_codec, text
from firmware_specs.spec.bits import width
from firmware_specs.spec.fields import Field
from firmware_specs.spec.types import Part


def single_step(part: Part, field: Field, tail: int) -> Step:
    """The step of one field.

    Args:
        part: the part it is in.
        field: the field.
        tail: octets that a field without a size must leave to those after it.
    """
    return _when(field, _placed(field, _blanked(field, _checked(field, _take(part, field, tail)))))


def _when(field: Field, step: Step) -> Step:
    holds, name = compile_condition(field.when), field.name
    if holds is None:
        return step

    def conditional(cursor: Cursor) -> None:
        values = cursor.values
        # Of several forms of a field one is read, though `remaining` has changed by then.
        if name not in values and holds(values, cursor.remaining):
            step(cursor)

    return conditional


def _placed(field: Field, step: Step) -> Step:
    if field.name != PAYLOAD:
        return step

    def placed(cursor: Cursor) -> None:
        cursor.payload_at = cursor.at
        step(cursor)

    return placed


def _blanked(field: Field, step: Step) -> Step:
    if not field.private:
        return step

    def private(cursor: Cursor) -> None:
        start = cursor.at
        step(cursor)
        cursor.private.append((start, cursor.at))

    return private


def _checked(field: Field, step: Step) -> Step:
    if not field.check or field.type == "computed":
        return step
    compute = CHECKS[field.check]

    def checked(cursor: Cursor) -> None:
        right = compute(cursor.octets[: cursor.at])
        step(cursor)
        if cursor.values[field.name] != right:
            found = cursor.values[field.name]
            raise ChecksumError(f"{field.name} is {found!r}, the octets give {right}")

    return checked


def _take(part: Part, field: Field, tail: int) -> Step:
    if field.type == "joined":
        return _joined(part, field)
    if field.type == "computed":
        return _computed(field)
    codec = field_codec(field, part.order)
    if codec is None:
        return _rest(field, tail)
    if field.repeat == "once":
        return _one(field, codec, MARK[part.order])
    return _many(field, codec, MARK[part.order], tail)


def _one(field: Field, codec: FieldCodec, mark: str) -> Step:
    layout = struct.Struct(mark + codec.code)
    store = compile_store(field, codec.convert)

    def one(cursor: Cursor) -> None:
        (raw,) = layout.unpack(cursor.take(codec.size, field.name))
        if store is None:
            cursor.values[field.name] = raw
        else:
            store(cursor.values, raw)

    return one


def _many(field: Field, codec: FieldCodec, mark: str, tail: int) -> Step:
    layout, convert = struct.Struct(mark + codec.code), codec.convert

    def many(cursor: Cursor) -> None:
        count = _count(field, codec, cursor, cursor.remaining - tail)
        octets = cursor.take(count * codec.size, field.name)
        raws = (raw for (raw,) in layout.iter_unpack(octets))
        cursor.values[field.name] = tuple(raws if convert is None else map(convert, raws))

    return many


def _count(field: Field, codec: FieldCodec, cursor: Cursor, room: int) -> int:
    if isinstance(field.repeat, int):
        return field.repeat
    if field.repeat != "rest":
        return _whole(cursor.values.get(field.repeat, 0))
    count, left = divmod(max(room, 0), codec.size)
    if left or count < field.at_least:
        needs = f"{field.at_least} or more times {codec.size} octets"
        raise TruncatedError(f"{field.name} needs {needs}, {room} are left")
    return count


def _rest(field: Field, tail: int) -> Step:
    as_text, said_by = field.type == "text", field.length

    def rest(cursor: Cursor) -> None:
        left = max(cursor.remaining - tail, 0)
        size = _whole(cursor.values.get(said_by, 0)) if isinstance(said_by, str) else left
        octets = cursor.take(size, field.name)
        cursor.values[field.name] = text(octets) if as_text else octets

    return rest


def _computed(field: Field) -> Step:
    compute = CHECKS[field.check]

    def computed(cursor: Cursor) -> None:
        cursor.values[field.name] = compute(cursor.octets[: cursor.at])

    return computed


def _joined(part: Part, field: Field) -> Step:
    widths = {name: width(bits) for other in part.fields for name, bits in other.bits.items()}
    store = compile_store(field, None)

    def joined(cursor: Cursor) -> None:
        value = 0
        for name in field.join:
            value = value << widths[name] | _whole(cursor.values.get(name, 0))
        if store is None:
            cursor.values[field.name] = value
        else:
            store(cursor.values, value)

    return joined


def _whole(value: FieldValue) -> int:
    return value if isinstance(value, int) else 0
