"""From the text of a spec to a checked `Spec`; every refusal names file, key, reason and remedy.

Conversion goes table by table, so that one wrong field is named exactly and does not hide others;
what types cannot say is then checked by `firmware_specs.spec.check`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

from firmware_specs.spec.check import check_spec
from firmware_specs.spec.problems import Problem, conversion_problem
from firmware_specs.spec.types import Field, ObservationRule, Part, Spec, WaveformRule

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LISTS: Mapping[str, type[msgspec.Struct]] = {
    "fields": Field,
    "observations": ObservationRule,
    "waveforms": WaveformRule,
}


def parse(text: str, file: str) -> Spec:
    """The spec in a text.

    Args:
        text: TOML.
        file: what to call it in refusals.

    Raises:
        SpecError: the first thing wrong; the others are notes of the exception.
    """
    raw, problems = _load(text)
    problems = problems or list(_conversion_problems(raw))
    if not problems:
        spec = msgspec.convert(raw, Spec)
        problems = list(check_spec(spec))
        if not problems:
            return spec
    error = problems[0].error(file)
    for problem in problems[1:]:
        error.add_note(f"also {problem.key}: {problem.reason}; {problem.remedy}")
    raise error


def _load(text: str) -> tuple[dict[str, Any], list[Problem]]:
    try:
        return tomllib.loads(text, parse_float=Decimal), []
    except tomllib.TOMLDecodeError as error:
        return {}, [Problem("", f"is no TOML: {error}", "mend the line that it names")]


def _conversion_problems(raw: dict[str, Any]) -> Iterator[Problem]:
    if raw.get("format") != 1:
        found = raw.get("format", "missing")
        yield Problem("format", f"is {found}, not 1", "write `format = 1`")
        return
    parts = _table(raw.get("parts"))
    yield from _try(raw if parts is None else {**raw, "parts": {}}, Spec, "")
    for name, part in (parts or {}).items():
        yield from _name(name)
        yield from _part(name, part)


def _table(raw: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else None


def _name(name: str) -> Iterator[Problem]:
    if not SLUG.fullmatch(name):
        remedy = "use small letters, digits and hyphens"
        yield Problem(f"parts.{name}", "is no name of a part", remedy)


def _part(name: str, raw: object) -> Iterator[Problem]:
    key = f"parts.{name}"
    whole = _table(raw)
    if whole is None:
        yield Problem(key, "is no table", f"write `[{key}]` and its keys below")
        return
    lists = {name: whole[name] for name in _LISTS if isinstance(whole.get(name), list)}
    yield from _try({**whole, **dict.fromkeys(lists, ())}, Part, key)
    for list_name, items in lists.items():
        for place, item in enumerate(items):
            yield from _try(item, _LISTS[list_name], f"{key}.{list_name}[{place}]")


def _try(raw: object, kind: type[msgspec.Struct], key: str) -> Iterator[Problem]:
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        yield conversion_problem(error, key, kind)
