"""What a person wants to see of a reading: every field, raw and physical, with unit and name."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from edge_drivers.codec.decoder import Decoder
from edge_drivers.codec.physical import Physical
from edge_drivers.codec.readings import Absent, FieldValue, Reading

Numbers = tuple[Decimal | Absent | None, ...]


class Explained(msgspec.Struct, frozen=True):
    """One field.

    Attributes:
        raw: as read.
        value: physical, an exact decimal or absent; of a list a tuple; None when it is no number.
        unit: UCUM of `value`.
        raw_unit: UCUM of `raw`, where it is another one.
        text: the name of a coded value, "" when the spec gives it none.
    """

    raw: FieldValue
    value: Decimal | Absent | Numbers | None = None
    unit: str = ""
    raw_unit: str = ""
    text: str = ""


def explain(decoder: Decoder, reading: Reading) -> dict[str, Explained]:
    """Every field of a reading by name, in the order of the octets."""
    known = dict(decoder.part(reading.part).fields)
    if reading.carried:
        known = {**decoder.part(reading.carried).fields, **known}
    return {
        name: _explained(known.get(name), raw, reading.fields)
        for name, raw in reading.fields.items()
    }


def _explained(
    field: Physical | None, raw: FieldValue, values: Mapping[str, FieldValue]
) -> Explained:
    if field is None or isinstance(raw, bool):
        return Explained(raw)
    if isinstance(raw, tuple):
        numbers = tuple(field.number(item, values) for item in raw)
        return Explained(raw, numbers, field.unit(values), field.raw_unit(values))
    text = field.text(raw) if field.names else ""
    return Explained(
        raw,
        field.number(raw, values),
        field.unit(values),
        field.raw_unit(values),
        text,
    )
