"""Canonical JSON (RFC 8785) of values without fractions: the one form whose digest is compared.

Numbers with a fraction are refused, not rounded: a decimal is a string here as everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

_LARGEST: Final = 2**53 - 1
"""Beyond it, ECMAScript's numbers, and so RFC 8785's, are not whole any more (I-JSON)."""


def canonical(value: object) -> bytes:
    """A value in canonical form, UTF-8.

    Raises:
        ValueError: it holds a float, a number beyond 2^53 - 1, a lone surrogate, or no JSON value.
    """
    return _text(value).encode()


def _text(value: object) -> str:
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() if abs(value) <= _LARGEST:
            return str(value)
        case Mapping():
            return _object(cast("Mapping[object, object]", value))
        case Sequence() if not isinstance(value, bytes | bytearray):
            return "[" + ",".join(map(_text, cast("Sequence[object]", value))) + "]"
        case _:
            raise ValueError(f"{value!r} has no canonical form")


def _object(value: Mapping[object, object]) -> str:
    items = sorted(value.items(), key=lambda item: _utf16(item[0]))
    return "{" + ",".join(f"{_text(name)}:{_text(item)}" for name, item in items) + "}"


def _utf16(name: object) -> bytes:
    """What RFC 8785 section 3.2.3 sorts by: UTF-16 code units."""
    if not isinstance(name, str):
        raise ValueError(f"the name {name!r} is not a string")  # noqa: TRY004 - a value's fault
    return name.encode("utf-16-be")
