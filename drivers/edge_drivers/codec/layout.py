"""A part's fields, compiled once into steps; running them over octets gives the values.

Fields of a fixed size that stand together and always come are one step, read by one `struct`; a
field with a condition, a repetition or no size of its own is a step for itself.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import groupby

from edge_agent.model.errors import OverlongError, TruncatedError
from edge_drivers.codec.cursor import PAYLOAD, Cursor, Step
from edge_drivers.codec.single import single_step
from edge_drivers.codec.stores import compile_store
from edge_drivers.codec.types import MARK, field_codec
from firmware_specs.spec.fields import Field
from firmware_specs.spec.types import Part


class Layout:
    """The fields of one part.

    Args:
        part: its conditions, names and widths have been checked by `firmware_specs.spec.parse`.
    """

    def __init__(self, part: Part) -> None:
        self._steps = tuple(_steps(part))
        self._refuse_extra = part.extra == "refuse"

    def read(self, octets: bytes) -> Cursor:
        """All fields of one record.

        Raises:
            TruncatedError, OverlongError, ChecksumError, MalformedError: it is none.
        """
        cursor = Cursor(octets)
        for step in self._steps:
            step(cursor)
        if cursor.remaining and self._refuse_extra:
            raise OverlongError(f"{cursor.remaining} octets are left over at octet {cursor.at}")
        return cursor


def _steps(part: Part) -> list[Step]:
    tails = _tails(part)
    steps: list[Step] = []
    for together, run in groupby(
        zip(part.fields, tails, strict=True), lambda pair: _plain(pair[0], part.order)
    ):
        if together:
            steps.append(_run([field for field, _ in run], part.order))
        else:
            steps.extend(single_step(part, field, tail) for field, tail in run)
    return steps


def _tails(part: Part) -> list[int]:
    """Of each field: how many octets the unconditional fields after it need."""
    sizes = [_fixed_size(field, part.order) for field in part.fields]
    return [sum(sizes[place + 1 :]) for place in range(len(sizes))]


def _fixed_size(field: Field, byte_order: str) -> int:
    codec = field_codec(field, byte_order)
    if codec is None or field.when:
        return 0
    times = 1 if field.repeat == "once" else field.repeat
    return codec.size * times if isinstance(times, int) else 0


def _plain(field: Field, byte_order: str) -> bool:
    return (
        not (field.when or field.check or field.private or field.name == PAYLOAD)
        and field.repeat == "once"
        and field_codec(field, byte_order) is not None
    )


def _run(fields: Sequence[Field], byte_order: str) -> Step:
    codecs = [codec for field in fields if (codec := field_codec(field, byte_order))]
    layout = struct.Struct(MARK[byte_order] + "".join(codec.code for codec in codecs))
    stores = [
        compile_store(field, codec.convert) for field, codec in zip(fields, codecs, strict=True)
    ]
    names, size, unpack = [field.name for field in fields], layout.size, layout.unpack_from
    pairs = tuple(zip(names, stores, strict=True))

    def step(cursor: Cursor) -> None:
        at = cursor.at
        if at + size > len(cursor.octets):
            raise TruncatedError(_missing(fields, byte_order, cursor))
        values = cursor.values
        for (name, store), raw in zip(pairs, unpack(cursor.octets, at), strict=True):
            if store is None:
                values[name] = raw
            else:
                store(values, raw)
        cursor.at = at + size

    return step


def _missing(fields: Sequence[Field], byte_order: str, cursor: Cursor) -> str:
    """Which field it is that the octets do not reach."""
    at, length = cursor.at, len(cursor.octets)
    for field in fields:
        size = _fixed_size(field, byte_order)
        if at + size > length:
            return f"{field.name} needs {size} octets at octet {at}, {length - at} are left"
        at += size
    return f"octets are missing after octet {length}"
