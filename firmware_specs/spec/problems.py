"""What is wrong with a spec, and how a failed conversion is told to the person who wrote it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
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
    inner = path.rstrip("`").removeprefix("$").lstrip(".")
    if message.endswith("regex '^[a-z][a-z0-9_]*$'") or "regex" in message:
        return Problem(
            _join(key, inner), message, "use small letters, digits and the separator only"
        )
    if unknown := _UNKNOWN.fullmatch(message):
        name = unknown[1]
        return Problem(
            _join(key, inner, name), "unknown key", did_you_mean(name, _keys(kind, inner))
        )
    if missing := _MISSING.fullmatch(message):
        return Problem(_join(key, inner, missing[1]), "is missing", f"add `{missing[1]} = …`")
    place = _join(key, inner)
    if choice := _CHOICE.fullmatch(message):
        return Problem(place, f"{choice[1]} is not known here", _choices(place, choice[1]))
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


def _choices(place: str, found: str) -> str:
    """The words allowed at a place, by its last key."""
    last = place.rpartition(".")[2].partition("[")[0]
    words: set[str] = set()
    for kind in _structs():
        hint = get_type_hints(kind).get(last)
        words |= {str(word) for word in _literals(hint)}
        if last == "type":
            words |= {str(kind.__struct_config__.tag)} - {"None"}
    return did_you_mean(found.strip("'`"), words)


def _literals(hint: object) -> set[object]:
    found: set[object] = set()
    for argument in get_args(hint):
        found |= {argument} if isinstance(argument, str | int) else _literals(argument)
    return found
