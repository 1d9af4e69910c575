"""What of the file has its right shape, and rules that several tables have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import msgspec

from edge_agent.config.places import Path
from edge_agent.config.settings import (
    Ble,
    Broker,
    Buffer,
    Device,
    Gateway,
    Line,
    Log,
    Region,
    Robot,
)
from edge_agent.config.shape import Finding
from firmware_specs.catalog import Catalog

Specs = Catalog
"""Specs by name, and beside them what was refused."""

Table = TypeVar("Table")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The tables that have their shape; those that may occur often by their number from 0."""

    gateway: Gateway | None
    region: Region | None
    broker: Broker | None
    limits: Buffer | None
    ble: Ble | None
    log: Log | None
    lines: Mapping[int, Line]
    devices: Mapping[int, Device]
    robots: Mapping[int, Robot]


def twice(
    tables: Mapping[int, Table],
    table: str,
    key: str,
    of: Callable[[Table], str | tuple[str, int] | None],
) -> Iterator[Finding]:
    """Tables that have the same `key`; what `of` gives is compared, if it is anything."""
    first: dict[str | tuple[str, int], int] = {}
    for number, value in ((number, of(one)) for number, one in tables.items()):
        if value and first.setdefault(value, number) != number:
            said = repr(value) if isinstance(value, str) else f"{value[0]} unit {value[1]}"
            reason = f"{said} is that of [[{table}]] {first[value] + 1} already"
            yield Finding((table, number, key), reason, "give each its own")


def port_number(path: Path, place: str) -> Iterator[Finding]:
    """The port of HOST:PORT is a port."""
    _, _, number = place.rpartition(":")
    if number.isdigit() and not 1 <= int(number) <= 65535:
        yield Finding(path, f"there is no port {number}", "write a port from 1 to 65535")
