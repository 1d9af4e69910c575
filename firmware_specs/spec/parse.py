"""From the text of a spec to a checked `Spec`; every refusal names file, key, reason and remedy.

All refusals come together, as an `ExceptionGroup` of `SpecError`: whatever has not the shape of the
format, and of what has it, what types cannot say.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from firmware_specs.spec.check import check_parts, check_spec
from firmware_specs.spec.problems import Problem, refusal
from firmware_specs.spec.shape import misfits
from firmware_specs.spec.types import Spec


def parse(text: str, file: str) -> Spec:
    """The spec in a text.

    Args:
        text: TOML.
        file: what to call it in refusals.

    Raises:
        ExceptionGroup: of `SpecError`, all that is wrong with it.
    """
    raw, problems = _load(text)
    problems = problems or list(misfits(raw, Spec, ""))
    if problems:
        raise refusal(file, [*problems, *_beside(raw, problems)])
    spec = msgspec.convert(raw, Spec)
    if problems := list(check_spec(spec)):
        raise refusal(file, problems)
    return spec


def _beside(raw: dict[str, Any], problems: list[Problem]) -> Iterator[Problem]:
    """What is wrong with the parts that have the shape, when only other parts have it not."""
    bad = {problem.key.split(".")[1] for problem in problems if problem.key.startswith("parts.")}
    good = {name: part for name, part in raw.get("parts", {}).items() if name not in bad}
    if all(problem.key.startswith("parts.") for problem in problems) and good:
        yield from check_parts(msgspec.convert({**raw, "parts": good}, Spec))


def _load(text: str) -> tuple[dict[str, Any], list[Problem]]:
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        return {}, [Problem("", f"is no TOML: {error}", "mend the line that it names")]
    if raw.get("format") != 1:  # another format has other keys: nothing else can be said of it
        found = raw.get("format", "missing")
        return {}, [Problem("format", f"is {found}, not 1", "write `format = 1`")]
    return raw, []
