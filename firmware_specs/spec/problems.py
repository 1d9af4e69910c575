"""What is wrong with a spec, and how a failed conversion is told to the person who wrote it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from enum import EnumType
from typing import get_args, get_type_hints

import msgspec

from edge_agent.model.errors import SpecError
from firmware_specs.spec import types

_UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`")
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_CHOICE = re.compile(r"Invalid (?:enum )?value (.+)")
_EXPECTED = re.compile(r"Expected `(.+?)`, got `(.+?)`")


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

    def error(self, file: str) -> SpecError:
        """The error that names the file too."""
        return SpecError(file, self.key, self.reason, self.remedy)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names the nearest known word, or else all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return otherwise or f"known are: {', '.join(choices) or 'none'}"


def conversion_problem(error: msgspec.ValidationError, key: str, kind: type) -> Problem:
    """What msgspec refused, told in the words of the format.

    Args:
        error: msgspec's.
        key: where the table converted is.
        kind: the type it should have been.
    """
    message, _, path = str(error).partition(" - at `")
    inner = path.rstrip("`").removeprefix("$").removesuffix("[...]").lstrip(".")
    place = _join(key, inner)
    if unknown := _UNKNOWN.fullmatch(message):
        remedy = did_you_mean(unknown[1], _keys(kind, inner))
        return Problem(_join(place, unknown[1]), "unknown key", remedy)
    if missing := _MISSING.fullmatch(message):
        return Problem(_join(place, missing[1]), "is missing", f"add `{missing[1]} = …`")
    if "regex" in message:
        remedy = "use small letters, digits, and `_` in fields or `-` in names of parts"
        return Problem(place, message, remedy)
    if "decimal" in message:
        return Problem(place, "is no number", "write a number, without quotes")
    if choice := _CHOICE.fullmatch(message):
        return Problem(place, f"{choice[1]} is not known here", _choices(inner, choice[1], kind))
    if expected := _EXPECTED.match(message):
        return Problem(place, f"is {expected[2]}, not {expected[1]}", f"write it as {expected[1]}")
    return Problem(place, message, "see the manual, firmware_specs/README.md")


def _join(*keys: str) -> str:
    joined = ".".join(key for key in keys if key)
    return joined.replace(".[", "[")


def _structs() -> list[type[msgspec.Struct]]:
    found = vars(types).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]


def _keys(kind: type, inner: str) -> set[str]:
    """The keys of the table; of all tables when it is one inside."""
    kinds = _structs() if inner else [k for k in _structs() if k is kind]
    return {name for k in kinds for name in k.__struct_fields__}


def _choices(inner: str, found: str, kind: type) -> str:
    """The words allowed at a place, by its last key, in the table or in those inside it."""
    last = inner.rpartition(".")[2].partition("[")[0]
    kinds = [kind] if last == inner.partition("[")[0] else _structs()
    words: set[str] = set()
    for one in kinds:
        words |= _words(get_type_hints(one).get(last))
    if not words:
        words = {str(one.__struct_config__.tag) for one in _structs() if one.__struct_config__.tag}
    return did_you_mean(found.strip("'`"), words)


def _words(hint: object) -> set[str]:
    """The words of all literals and enumerations in a type."""
    if isinstance(hint, EnumType):
        return {str(getattr(hint, name)) for name in hint.__members__}
    found: set[str] = set()
    for argument in get_args(hint):
        found |= {str(argument)} if isinstance(argument, str | int) else _words(argument)
    return found
