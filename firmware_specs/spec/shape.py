"""Whether the tables of a text have the shape of the format: every misfit is told, with its key.

It goes through the types as msgspec would, and does not stop at the first that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import EnumType
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, cast, get_args, get_origin
from typing import get_type_hints as hints_of

import msgspec

from firmware_specs.spec.problems import Problem, did_you_mean

_Struct = type[msgspec.Struct]
_PLAIN: Mapping[object, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    Decimal: "a number, without quotes",
}


def misfits(raw: object, kind: object, key: str) -> Iterator[Problem]:
    """Everything in `raw` that does not fit a type.

    Args:
        raw: as TOML gives it.
        kind: a type of the format, or of one of its keys.
        key: where it is.
    """
    options = _options(kind)
    tables = [one for one in options if _is_struct(one)]
    mapping = next((one for one in options if get_origin(one) is Mapping), None)
    listing = next((one for one in options if get_origin(one) is tuple), None)
    if _is_table(raw) and tables:
        yield from _table(raw, tables, key)
    elif _is_table(raw) and mapping is not None:
        yield from _mapping(raw, mapping, key)
    elif _is_list(raw) and listing is not None:
        yield from _list(raw, listing, key)
    elif not any(_fits(raw, one) for one in options):
        yield _misfit(raw, options, key)


def _table(raw: Mapping[str, object], kinds: list[_Struct], key: str) -> Iterator[Problem]:
    kind = kinds[0] if kinds[0].__struct_config__.tag is None else None
    if kind is None:
        tags = {str(one.__struct_config__.tag): one for one in kinds}
        tag = raw.get("type")
        if "type" not in raw:
            yield Problem(_join(key, "type"), "is missing", f"write one of: {', '.join(tags)}")
            return
        if tag not in tags:
            remedy = did_you_mean(str(tag), tags)
            yield Problem(_join(key, "type"), f"{tag!r} is not known here", remedy)
            return
        kind = tags[str(tag)]
    yield from _keys(raw, kind, key)


def _keys(raw: Mapping[str, object], kind: _Struct, key: str) -> Iterator[Problem]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    known = {*fields, *(("type",) if kind.__struct_config__.tag else ())}
    for name in raw:
        if name not in known:
            yield Problem(_join(key, name), "unknown key", did_you_mean(name, known))
    for name, field in fields.items():
        if name in raw:
            yield from misfits(raw[name], _hints(kind)[name], _join(key, name))
        elif field.required:
            yield Problem(_join(key, name), "is missing", f"add `{name} = …`")


def _mapping(raw: Mapping[str, object], kind: object, key: str) -> Iterator[Problem]:
    name_kind, value_kind = get_args(kind)
    for name, value in raw.items():
        place = _join(key, name)
        if any(_fits(name, one) for one in _options(name_kind)):
            yield from misfits(value, value_kind, place)
        else:
            yield _misfit(name, _options(name_kind), place)


def _list(raw: list[object], kind: object, key: str) -> Iterator[Problem]:
    items = get_args(kind)
    if items[-1] is Ellipsis:
        items = (items[0],) * len(raw)
    elif len(items) != len(raw):
        yield Problem(key, f"has {len(raw)} items, not {len(items)}", f"write {len(items)}")
        return
    for place, (value, item) in enumerate(zip(raw, items, strict=True)):
        yield from misfits(value, item, f"{key}[{place}]")


def _fits(raw: object, kind: object) -> bool:
    if kind is Decimal and (isinstance(raw, str | bool)):
        return False
    if _is_table(raw) or _is_list(raw):
        return False
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        return False
    return True


def _misfit(raw: object, options: list[Any], key: str) -> Problem:
    choices = {word for one in options for word in _choices(one)}
    if choices and isinstance(raw, str):
        return Problem(key, f"{raw!r} is not known here", did_you_mean(raw, choices))
    wanted = " or ".join(_words(one) for one in options if one is not NoneType)
    return Problem(key, f"is {_shown(raw)}", f"write {wanted}")


def _shown(raw: object) -> str:
    if _is_table(raw):
        return "a table"
    if _is_list(raw):
        return "a list"
    return str(raw) if isinstance(raw, int | Decimal) else repr(raw)


def _words(kind: Any) -> str:  # noqa: ANN401 (any type)
    """What a value of this type looks like."""
    if _is_struct(kind) or get_origin(kind) is Mapping:
        return "a table"
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is Annotated:
        bare, *metas = get_args(kind)
        return ", ".join((_PLAIN[bare], *(_limits(meta) for meta in metas)))
    choices = _choices(kind)
    return " or ".join(sorted(choices)) if choices else _PLAIN[kind]


def _limits(meta: msgspec.Meta) -> str:
    if meta.description:
        return meta.description
    if meta.le is None:
        return f"{meta.ge} or more"
    return f"{meta.ge} to {meta.le}"


def _choices(kind: Any) -> set[str]:  # noqa: ANN401 (any type)
    if isinstance(kind, EnumType):
        return {str(member.value) for member in cast("Any", kind)}
    return {str(word) for word in get_args(kind) if word != ""} if _is_literal(kind) else set()


def _options(kind: Any) -> list[Any]:  # noqa: ANN401 (any type)
    return list(get_args(kind)) if get_origin(kind) in (Union, UnionType) else [kind]


@cache
def _hints(kind: _Struct) -> dict[str, Any]:
    return hints_of(kind, include_extras=True)


def _is_literal(kind: object) -> bool:
    return get_origin(kind) is Literal


def _is_struct(kind: object) -> TypeGuard[_Struct]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _is_table(raw: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(raw, dict)


def _is_list(raw: object) -> TypeGuard[list[object]]:
    return isinstance(raw, list)


def _join(*keys: str) -> str:
    return ".".join(key for key in keys if key)
