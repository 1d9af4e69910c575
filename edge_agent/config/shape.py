"""From TOML tables to settings: every key that does not fit is found, not only the first."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from edge_agent.config.places import Path

Table = TypeVar("Table", bound=msgspec.Struct)


class Finding(msgspec.Struct, frozen=True):
    """Something that is wrong with the file.

    Attributes:
        path: where.
        reason: what is wrong, with the value found.
        remedy: what to do about it.
    """

    path: Path
    reason: str
    remedy: str


def shape(
    kind: type[Table], values: Mapping[str, object], path: Path
) -> tuple[Table | None, list[Finding]]:
    """The table as a `kind`, or None with all that is wrong in it."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    findings = [_unknown(key, list(fields), (*path, key)) for key in values if key not in fields]
    for name, field in fields.items():
        if name in values:
            findings += _check(values[name], field.type, (*path, name))
        elif field.required:
            findings.append(_missing(name, field.type, path))
    return (None if findings else msgspec.convert(values, kind)), findings


def _unknown(key: str, known: list[str], path: Path) -> Finding:
    near = difflib.get_close_matches(key, known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(sorted(known))}"
    return Finding(path, f"unknown key {key!r}", remedy)


def _missing(name: str, kind: object, path: Path) -> Finding:
    return Finding(path, f"{name!r} is missing", f"add {name} = {_example(kind)}")


def _check(value: object, kind: object, path: Path) -> list[Finding]:
    """All that is wrong with one value."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return [Finding(path, f"{value!r} does not fit: {_reason(error)}", _remedy(kind))]
    return []


def _reason(error: msgspec.ValidationError) -> str:
    text = re.sub(r" - at `[^`]*`", "", str(error))
    if "matching regex" in text or "enum value" in text:
        return "it is none of the kind"
    return text[:1].lower() + text[1:].translate({ord("`"): None})


def _remedy(kind: object) -> str:
    return f"write {_example(kind)}"


def _example(kind: object) -> str:
    """What a value of this type looks like, in words."""
    return _words(msgspec.json.schema(kind))


_WORDS = MappingProxyType(
    {"string": "a text in quotes", "integer": "a whole number", "boolean": "true or false"}
)


def _words(schema: Mapping[str, Any]) -> str:
    if "description" in schema:
        return str(schema["description"])
    if "enum" in schema:
        return " or ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in schema["enum"])
    if "anyOf" in schema:
        return _words(next(one for one in schema["anyOf"] if one != {"type": "null"}))
    return _WORDS.get(schema.get("type", ""), "a value of its type")
