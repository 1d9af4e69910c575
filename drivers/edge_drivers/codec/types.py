"""How each field type is read: its size, its `struct` code, and what turns that into a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal

import msgspec

from edge_agent.model.errors import MalformedError
from edge_drivers.codec.numbers import medfloat16, medfloat32
from edge_drivers.codec.readings import FieldValue
from edge_drivers.codec.times import SIZE as DATETIME_SIZE
from edge_drivers.codec.times import datetime_text, epoch_text
from firmware_specs.spec.fields import Field

Convert = Callable[..., FieldValue]
MARK: Mapping[str, str] = MappingProxyType({"little": "<", "big": ">"})
"""What `struct` calls each byte order."""


class FieldCodec(msgspec.Struct, frozen=True):
    """One field type in one byte order.

    Attributes:
        size: octets.
        code: what `struct` reads.
        convert: makes the value of that; None when it is the value.
    """

    size: int
    code: str
    convert: Convert | None = None


_NATIVE: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "u8": (1, "B"),
        "u16": (2, "H"),
        "u32": (4, "I"),
        "u64": (8, "Q"),
        "s8": (1, "b"),
        "s16": (2, "h"),
        "s32": (4, "i"),
        "s64": (8, "q"),
    }
)
_ODD: Mapping[str, int] = MappingProxyType({"u24": 3, "s24": 3, "u48": 6})
_WORDS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "AB": (0, 1),
        "BA": (1, 0),
        "ABCD": (0, 1, 2, 3),
        "CDAB": (2, 3, 0, 1),
        "BADC": (1, 0, 3, 2),
        "DCBA": (3, 2, 1, 0),
    }
)


def field_codec(field: Field, byte_order: str) -> FieldCodec | None:
    """How a field is read; None for those without a size of their own (text, octets, …)."""
    if field.word_order is not None:
        return _in_words(field.type, field.word_order)
    if field.type in _NATIVE:
        return FieldCodec(*_NATIVE[field.type])
    if field.type in _ODD:
        return _odd(_ODD[field.type], byte_order, signed=field.type[0] == "s")
    if field.type in ("text", "octets") and field.length and isinstance(field.length, int):
        return FieldCodec(field.length, f"{field.length}s", text if field.type == "text" else None)
    return _STANDARD.get(field.type)


def text(octets: bytes) -> str:
    """UTF-8 without the zero octets that pad it.

    Raises:
        MalformedError: it is no UTF-8.
    """
    try:
        return octets.rstrip(b"\0").decode()
    except UnicodeDecodeError as error:
        raise MalformedError(f"text: {error}") from error


def _eui64(octets: bytes) -> str:
    """The System ID as an EUI-64: on the air the least significant octet goes first."""
    return octets[::-1].hex().upper()


_STANDARD: Mapping[str, FieldCodec] = MappingProxyType(
    {
        "medfloat16": FieldCodec(2, "H", medfloat16),
        "medfloat32": FieldCodec(4, "I", medfloat32),
        "datetime": FieldCodec(DATETIME_SIZE, f"{DATETIME_SIZE}s", datetime_text),
        "epoch1900": FieldCodec(4, "I", partial(epoch_text, 1900)),
        "epoch1970": FieldCodec(4, "I", partial(epoch_text, 1970)),
        "epoch2000": FieldCodec(4, "I", partial(epoch_text, 2000)),
        "eui64": FieldCodec(8, "8s", _eui64),
    }
)


def _odd(size: int, byte_order: str, *, signed: bool) -> FieldCodec:
    order: Literal["little", "big"] = "little" if byte_order == "little" else "big"

    def convert(octets: bytes) -> int:
        return int.from_bytes(octets, order, signed=signed)

    return FieldCodec(size, f"{size}s", convert)


def _in_words(kind: str, order: str) -> FieldCodec:
    places, signed = _WORDS[order], kind[0] == "s"
    size = len(places)

    def convert(octets: bytes) -> int:
        return int.from_bytes(bytes(octets[i] for i in places), "big", signed=signed)

    return FieldCodec(size, f"{size}s", convert)
