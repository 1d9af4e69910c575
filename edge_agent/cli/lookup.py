"""Which spec and part a technician means: by name, alias, UUID, or the words of a document.

An exact name goes before an alias, an alias before a UUID, a UUID before words that fit only one
part; what could be two is refused with both named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from edge_agent.model.errors import EdgeError
from firmware_specs.spec.types import LoadedSpec, Part, Spec
from firmware_specs.spec.wires import SharedWire

_BASE_UUID = "-0000-1000-8000-00805f9b34fb"
_WORD = re.compile(r"[0-9a-z]+")


class UnknownError(EdgeError):
    """No spec or part of that name, or several: look at `edge-agent decode --list`."""


class Found(msgspec.Struct, frozen=True):
    """What was meant.

    Attributes:
        loaded: the spec.
        part: name of the part.
    """

    loaded: LoadedSpec
    part: str


def find_device(device: str, specs: Mapping[str, LoadedSpec]) -> LoadedSpec:
    """The spec that `device` names.

    Raises:
        UnknownError: none, or several.
    """
    wanted = _plain(device)
    rules: tuple[Callable[[str], bool], ...] = (
        lambda name: name == wanted,
        lambda name: _holds_words(wanted, name),
        lambda name: _holds_words(name, wanted),
    )
    for fits in rules:
        found = [loaded for loaded in specs.values() if any(map(fits, _device_names(loaded.spec)))]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(loaded.spec.device for loaded in found)
            raise UnknownError(f"{device!r} may be any of: {names}")
    raise UnknownError(f"no spec is called {device!r}; known are: {', '.join(sorted(specs))}")


def find_part(device: str, part: str, specs: Mapping[str, LoadedSpec]) -> Found:
    """The part that is meant; values that many devices have are found under any device.

    Raises:
        UnknownError: none, or several.
    """
    shared = [loaded for loaded in specs.values() if isinstance(loaded.spec.link, SharedWire)]
    try:
        own = [find_device(device, specs)]
    except UnknownError:
        if not any(_named(part, loaded.spec, exactly=True) for loaded in shared):
            raise
        own = []
    for loaded in (*own, *shared):
        names = _named(part, loaded.spec) or _by_uuid_word(device, loaded.spec)
        if len(names) > 1:
            raise UnknownError(f"{part!r} may be any of: {', '.join(names)}")
        if names:
            return Found(loaded, names[0])
    known = ", ".join(own[0].spec.parts)
    raise UnknownError(f"{own[0].spec.device} has no part {part!r}; known are: {known}")


def _named(wanted: str, spec: Spec, *, exactly: bool = False) -> list[str]:
    """The parts that the first rule with any hit finds; `exactly` leaves out single words."""
    plain = _plain(wanted)
    words = set(_WORD.findall(plain))
    rules: tuple[Callable[[str, Part], bool], ...] = (
        lambda name, _part: name == plain,
        lambda _name, part: plain in map(_plain, part.aliases),
        lambda _name, part: _uuid(plain) == _uuid(part.characteristic.lower()) != "",
        lambda _name, part: bool(words & _short_uuids(part)),
        lambda _name, part: any(
            _holds_words(_plain(a), plain) for a in (*part.aliases, part.title)
        ),
    )
    for fits in rules[:3] if exactly else rules:
        found = [name for name, part in spec.parts.items() if fits(name, part)]
        if found:
            return found
    return []


def _by_uuid_word(wanted: str, spec: Spec) -> list[str]:
    """The parts whose UUID is one of the words, as in `RACP 2A52`."""
    words = set(_WORD.findall(_plain(wanted)))
    return [name for name, part in spec.parts.items() if words & _short_uuids(part)]


def _device_names(spec: Spec) -> Iterable[str]:
    return map(_plain, (spec.device, *spec.aliases, spec.title.en, spec.title.zh))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _holds_words(text: str, words: str) -> bool:
    """Whether `words` stand in `text` as whole words."""
    return bool(words) and f" {words} " in f" {text} "


def _uuid(text: str) -> str:
    """A UUID in its long form, "" for what is none."""
    short = text.removeprefix("0x")
    if re.fullmatch(r"[0-9a-f]{4}", short):
        return f"0000{short}{_BASE_UUID}"
    return short if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", short) else ""


def _short_uuids(part: Part) -> set[str]:
    long = _uuid(part.characteristic.lower())
    return {long[:8], long[4:8] if long.endswith(_BASE_UUID) else long[:8]} if long else set()
