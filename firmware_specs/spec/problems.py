"""What is wrong with a spec, told to the person who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import msgspec

from edge_agent.model.errors import SpecError


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong.

    Attributes:
        key: where, such as `parts.measurement.fields[2].type`.
        reason: what is wrong, with the value found.
        remedy: what to do about it.
    """

    key: str
    reason: str
    remedy: str


def refusal(file: str, problems: Sequence[Problem]) -> ExceptionGroup[SpecError]:
    """The error that tells all problems of a file."""
    return ExceptionGroup(file, [SpecError(file, p.key, p.reason, p.remedy) for p in problems])


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names the nearest known word, or else all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return otherwise or f"known are: {', '.join(choices) or 'none'}"
