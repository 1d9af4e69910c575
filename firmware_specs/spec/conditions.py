"""Conditions of the spec format: text to terms, and whether two of them exclude each other."""

from __future__ import annotations

import re

import msgspec

REMAINING = "remaining"
"""The name that is no field: how many octets are not yet read."""

_TERM = re.compile(r"(not )?(?!(?:not|and)\b)([a-z][a-z0-9_]*)(?: == (\d+))?")


class Term(msgspec.Struct, frozen=True):
    """One term of a condition.

    Attributes:
        name: a field or `REMAINING`.
        equals: the value it must have; None for "not 0".
        negated: the term is true when that is not so.
    """

    name: str
    equals: int | None = None
    negated: bool = False

    def excludes(self, other: Term) -> bool:
        """Whether both can never be true together."""
        if self.name != other.name:
            return False
        if self.negated and other.negated:
            return False
        if not self.negated and not other.negated:
            return self._both_true_is_impossible(other)
        positive, negative = (other, self) if self.negated else (self, other)
        if negative.equals is None:
            return positive.equals != 0
        return positive.equals == negative.equals

    def _both_true_is_impossible(self, other: Term) -> bool:
        if self.equals is None or other.equals is None:
            return 0 in (self.equals, other.equals)
        return self.equals != other.equals


def parse_condition(text: str) -> tuple[Term, ...]:
    """The terms of a condition, all of which must hold; none for "".

    Raises:
        ValueError: it is no condition; says which term is wrong.
    """
    return tuple(_term(part) for part in text.split(" and ")) if text else ()


def _term(text: str) -> Term:
    found = _TERM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no condition")
    negated, name, equals = found.groups()
    return Term(name, None if equals is None else int(equals), negated is not None)


def exclude_each_other(one: str, other: str) -> bool:
    """Whether two conditions can never hold together.

    Raises:
        ValueError: one of them is no condition.
    """
    mine, theirs = parse_condition(one), parse_condition(other)
    return any(a.excludes(b) for a in mine for b in theirs)
