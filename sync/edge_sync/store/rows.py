"""A record as a row: what is stored of it and what comes back."""

from __future__ import annotations

import zlib

import msgspec

from edge_agent.model import forms
from edge_agent.model.gaps import Gap
from edge_agent.model.instants import Instant
from edge_agent.model.records import Lane, Record, lane_of

COLUMNS = "record, kind, device, boot, ns, schema, key_id, crc, payload"
Values = tuple[str, str, str, str, int, str, str | None, int, bytes]
"""The values of `COLUMNS`."""


class Draft(msgspec.Struct, frozen=True):
    """A record on its way into the file.

    Attributes:
        record: the record.
        lane: its lane.
        held: whether it waits for its subject.
        values: of `COLUMNS`.
        kept: whether a copy of it stays when it has left.
    """

    record: Record
    lane: Lane
    held: bool
    values: Values
    kept: bool = False


class Row(msgspec.Struct, frozen=True):
    """A record in the buffer.

    Attributes:
        sequence: its number in its lane (of a held row: its number among those held).
        record: the record's id.
        kind: the record's `type`.
        device: the device's key, "" for none.
        at: when the record is of.
        schema: of the payload: `edge/1`.
        key_id: the key that it is encrypted with, None for none.
        intact: whether the payload is what was written.
        payload: the record as `schema` says.
    """

    sequence: int
    record: str
    kind: str
    device: str
    at: Instant
    schema: str
    key_id: str | None
    intact: bool
    payload: bytes


def draft(record: Record, *, held: bool = False, payload: bytes = b"", kept: bool = False) -> Draft:
    """A record made ready to be inserted.

    Args:
        record: the record.
        held: whether it waits for its subject.
        payload: its octets where it was stored before: what we do not know of it survives.
        kept: whether a copy of it stays when it has left.

    Raises:
        TypeError: it holds what JSON cannot say.
    """
    payload = payload or forms.encode(record)
    at = when(record)
    kind = str(record.__struct_config__.tag)
    values = (record.id, kind, device_of(record), at.boot, at.ns, forms.SCHEMA, None)
    return Draft(record, lane_of(record), held, (*values, zlib.crc32(payload), payload), kept)


def row(columns: tuple[int, *Values]) -> Row:
    """The row of a sequence and the values of `COLUMNS`."""
    sequence, *_, crc, payload = columns
    return fresh(sequence, columns[1:], intact=zlib.crc32(payload) == crc)


def fresh(sequence: int, values: Values, *, intact: bool = True) -> Row:
    """The row of values that were just made."""
    record, kind, device, boot, ns, schema, key_id, _, payload = values
    return Row(sequence, record, kind, device, Instant(boot, ns), schema, key_id, intact, payload)


def when(record: Record) -> Instant:
    """The moment that a record is of."""
    return record.until if isinstance(record, Gap) else record.at


def device_of(record: Record) -> str:
    """The device that a record is of, "" for none."""
    return str(getattr(record, "device", ""))
