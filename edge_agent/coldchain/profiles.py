"""The rules of the cold chain as data: `profiles.toml`, checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files

import msgspec

from edge_agent.model.errors import ConfigError

Range = tuple[Decimal, Decimal]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are refused."""


class Title(Table, frozen=True, kw_only=True):
    """What a person reads."""

    en: str
    zh: str


class Recording(Table, frozen=True, kw_only=True):
    """What the regulation asks of the record.

    Attributes:
        update: a reading at least every so many seconds.
        normal: a record at least so often.
        excursion: a record at least so often while out of range.
        source: a key of `Profiles.sources`.
    """

    update: int
    normal: int
    excursion: int
    source: str


class Profile(Table, frozen=True, kw_only=True):
    """How something is kept.

    Attributes:
        title: what it is for.
        temperature: least and greatest degrees Celsius that are allowed.
        humidity: least and greatest relative humidity in per cent; None where nothing is asked.
        source: a key of `Profiles.sources`.
        hysteresis: an excursion of temperature ends so many degrees within the range.
        door: seconds that a door may be open.
        silent: seconds without a reading after which nobody knows.
        activation_energy: of the mean kinetic temperature, kJ/mol.
    """

    title: Title
    temperature: Range
    source: str
    humidity: Range | None = None
    hysteresis: Decimal = Decimal(0)
    door: int = 120
    silent: int = 300
    activation_energy: Decimal = Decimal("83.144")


class Profiles(Table, frozen=True, kw_only=True):
    """The file.

    Attributes:
        sources: key to document.
        recording: what is asked of the record.
        profiles: by name.
    """

    sources: Mapping[str, str]
    recording: Recording
    profiles: Mapping[str, Profile]


def parse(text: str, file: str) -> Profiles:
    """The profiles of a TOML text; `file` names it in errors.

    Raises:
        ConfigError: it is no such file.
    """
    try:
        found = msgspec.convert(tomllib.loads(text, parse_float=Decimal), Profiles)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, "", f"is not TOML: {error}", "see https://toml.io") from error
    except msgspec.ValidationError as error:
        raise ConfigError(file, "", str(error), "compare it with the packaged file") from error
    for name, profile in found.profiles.items():
        _check(name, profile, found.sources, file)
    return found


def _check(name: str, profile: Profile, sources: Mapping[str, str], file: str) -> None:
    for key in ("temperature", "humidity"):
        limits: Range | None = getattr(profile, key)
        if limits and limits[0] >= limits[1]:
            place = f"profiles.{name}.{key}"
            raise ConfigError(file, place, "the least is not below the greatest", "swap them")
    if profile.source not in sources:
        place = f"profiles.{name}.source"
        raise ConfigError(file, place, f"there is no source {profile.source!r}", "add it")


@cache
def packaged() -> Profiles:
    """The profiles of this release."""
    file = files("edge_agent.coldchain") / "profiles.toml"
    return parse(file.read_text(encoding="utf-8"), str(file))
