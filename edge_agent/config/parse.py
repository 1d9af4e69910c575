"""From the file's text to a checked configuration.

All refusals come together, as an `ExceptionGroup` of `ConfigError`, each with its line. What the
outside world must hold (a port, a certificate, a broker) is no matter of the file: links and the
publisher try again for ever, and `edge-agent doctor` says what is missing.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeGuard, TypeVar, cast

import msgspec
from msgspec.structs import replace

from edge_agent.config.draft import Draft, Specs
from edge_agent.config.places import line_of, places, written
from edge_agent.config.rules import check
from edge_agent.config.settings import (
    Ble,
    Broker,
    Buffer,
    Config,
    Device,
    Gateway,
    Line,
    Log,
    Region,
    Robot,
)
from edge_agent.config.shape import Finding, shape
from edge_agent.model.errors import ConfigError, SpecError

Table = TypeVar("Table", bound=msgspec.Struct)
FindSpecs = Callable[[Path | None], Specs]
"""All specs there are; the argument is the configured folder of further ones."""

_TABLES = ("gateway", "region", "broker", "buffer", "ble", "line", "device", "robot", "log")


def read(file: Path, find_specs: FindSpecs) -> Config:
    """The configuration in a file.

    Raises:
        ExceptionGroup: of `ConfigError`, all that is wrong with it.
    """
    return parse(text_of(file), file, find_specs)


def text_of(file: Path) -> str:
    """The text of a configuration file.

    Raises:
        ExceptionGroup: of one `ConfigError`: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        refusal = ConfigError(str(file), "", reason, "name a readable file with --config FILE")
        raise ExceptionGroup(str(file), [refusal]) from error


def parse(text: str, file: Path, find_specs: FindSpecs) -> Config:
    """The configuration that a text says; `file` names it, and its folder holds relative paths.

    Raises:
        ExceptionGroup: of `ConfigError`, all that is wrong with it; of `SpecError`, all that
            is wrong with the specs that it uses.
    """
    shaper = _Shaper(_tables(text, file))
    draft = shaper.draft()
    findings = shaper.findings
    refused: list[Exception] = []
    try:
        specs = find_specs(_specs_dir(draft, file.parent))
    except* SpecError as group:
        refused += group.exceptions
    else:
        findings += check(draft, specs)
        refused += _refused(draft, specs)
    if findings or refused or not (draft.gateway and draft.region and draft.broker):
        raise ExceptionGroup(str(file), [*_refusals(findings, text, file), *refused])
    return Config(
        gateway=_absolute(draft.gateway, file.parent, "state_dir", "specs_dir"),
        region=_absolute(draft.region, file.parent, "command_keys_file", "carry_key_file"),
        broker=_absolute(
            draft.broker, file.parent, "ca_file", "cert_file", "key_file", "password_file"
        ),
        limits=draft.limits or Buffer(),
        ble=draft.ble or Ble(),
        lines=tuple(draft.lines.values()),
        devices=tuple(
            _absolute(device, file.parent, "replay", "record", "consent_file")
            for device in draft.devices.values()
        ),
        robots=tuple(draft.robots.values()),
        log=draft.log or Log(),
    )


def _tables(text: str, file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+)[^)]*\)", str(error))
        place = f"{file}:{at[1]}" if at else str(file)
        reason = str(error).replace(at[0] if at else "", "")
        refusal = ConfigError(place, "", f"is not TOML: {reason}", "see https://toml.io")
        raise ExceptionGroup(str(file), [refusal]) from error


class _Shaper:
    """Gives tables their shape and gathers what does not fit."""

    def __init__(self, tables: dict[str, object]) -> None:
        self._tables = tables
        self.findings = [_unknown(name) for name in tables if name not in _TABLES]

    def draft(self) -> Draft:
        return Draft(
            gateway=self._one("gateway", Gateway, required=True),
            region=self._one("region", Region, required=True),
            broker=self._one("broker", Broker, required=True),
            limits=self._one("buffer", Buffer),
            ble=self._one("ble", Ble),
            log=self._one("log", Log),
            lines=self._many("line", Line),
            devices=self._many("device", Device),
            robots=self._many("robot", Robot),
        )

    def _one(self, name: str, kind: type[Table], *, required: bool = False) -> Table | None:
        table = self._tables.get(name)
        if table is None:
            if required:
                self._find((name,), f"there is no [{name}]", f"add a table [{name}]")
            return None
        if not _is_table(table):
            self._find((name,), f"{name!r} is no table", f"write [{name}]")
            return None
        return self._shaped(kind, table, (name,))

    def _many(self, name: str, kind: type[Table]) -> dict[int, Table]:
        tables = self._tables.get(name, [])
        if not _are_tables(tables):
            self._find((name,), f"{name!r} may occur often", f"write [[{name}]]")
            return {}
        shaped = {
            number: self._shaped(kind, table, (name, number)) for number, table in enumerate(tables)
        }
        return {number: table for number, table in shaped.items() if table is not None}

    def _shaped(
        self, kind: type[Table], table: dict[str, object], path: tuple[str | int, ...]
    ) -> Table | None:
        shaped, findings = shape(kind, table, path)
        self.findings += findings
        return shaped

    def _find(self, path: tuple[str | int, ...], reason: str, remedy: str) -> None:
        self.findings.append(Finding(path, reason, remedy))


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _are_tables(value: object) -> TypeGuard[list[dict[str, object]]]:
    return isinstance(value, list) and all(map(_is_table, cast("list[object]", value)))


def _unknown(name: str) -> Finding:
    near = difflib.get_close_matches(name, _TABLES, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_TABLES)}"
    return Finding((name,), f"unknown table or key {name!r}", remedy)


def _refusals(findings: Sequence[Finding], text: str, file: Path) -> list[ConfigError]:
    """What was found, in the order of the lines."""
    found = places(text)
    placed = sorted(((line_of(found, one.path), one) for one in findings), key=lambda p: p[0])
    return [
        ConfigError(f"{file}:{line}", written(one.path), one.reason, one.remedy)
        for line, one in placed
    ]


def _specs_dir(draft: Draft, folder: Path) -> Path | None:
    named = draft.gateway.specs_dir if draft.gateway else ""
    return folder / named if named else None


def _refused(draft: Draft, specs: Specs) -> Iterator[Exception]:
    """What is wrong with the specs that a device uses; others hinder nobody."""
    used = {device.spec for device in draft.devices.values()}
    for name in sorted(used & specs.refused.keys()):
        yield from specs.refused[name].exceptions


def _absolute(table: Table, folder: Path, *keys: str) -> Table:
    """The table with its paths, where they are given, from the file's folder."""
    given = {key: getattr(table, key) for key in keys if getattr(table, key)}
    return replace(table, **{key: str(folder / path) for key, path in given.items()})
