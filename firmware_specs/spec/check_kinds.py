"""Checks of the kinds of value that a spec declares itself."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.model.codes import CODES
from firmware_specs.spec.problems import Problem
from firmware_specs.spec.types import Spec
from firmware_specs.spec.ucum import intended_unit, is_unit


def check_kinds(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with the kinds that a spec declares."""
    for name, kind in spec.kinds.items():
        key = f"kinds.{name}"
        if name in CODES:
            known = CODES[name]
            reason = f"is known already: {known.en}, in {' or '.join(known.units) or 'no unit'}"
            yield Problem(key, reason, "leave it out, or give what you mean another name")
        for place, unit in enumerate(kind.units):
            yield from check_unit(f"{key}.units[{place}]", unit)
        for unit in kind.loinc if not isinstance(kind.loinc, str) else ():
            if unit and unit not in kind.units:
                reason = f"{unit!r} is none of the units of {name}"
                yield Problem(f"{key}.loinc", reason, "name it in `units` too, or correct it")


def check_unit(key: str, unit: str) -> Iterator[Problem]:
    """Whether a text is a unit."""
    if not is_unit(unit):
        meant = intended_unit(unit)
        remedy = f"did you mean `{meant}`?" if meant else "write it in UCUM, see ucum.org/ucum"
        yield Problem(key, f"{unit!r} is no unit of UCUM", remedy)
