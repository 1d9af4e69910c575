"""Conditions of a spec as functions of what has been read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge_drivers.codec.readings import FieldValue
from firmware_specs.spec.conditions import REMAINING, Term, parse_condition

Holds = Callable[[Mapping[str, FieldValue], int], bool]
"""Whether it is so, given the fields by name and how many octets are not yet read."""


def compile_condition(text: str) -> Holds | None:
    """The function of a condition; None when there is none, so it always holds."""
    terms = parse_condition(text)
    if not terms:
        return None
    return _holds_of(terms[0]) if len(terms) == 1 else _all_of([_holds_of(term) for term in terms])


def compile_always(text: str) -> Holds:
    """The function of a condition; one that always holds when there is none."""
    return compile_condition(text) or (lambda _values, _remaining: True)


def _all_of(parts: list[Holds]) -> Holds:
    return lambda values, remaining: all(holds(values, remaining) for holds in parts)


def _holds_of(term: Term) -> Holds:
    name, equals, negated = term.name, term.equals, term.negated
    if name == REMAINING:
        return lambda _values, remaining: (
            (bool(remaining) if equals is None else remaining == equals) is not negated
        )
    if equals is None:
        return lambda values, _remaining: bool(values.get(name)) is not negated
    return lambda values, _remaining: (values.get(name) == equals) is not negated
