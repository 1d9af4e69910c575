"""The data that simulators share with drivers: addresses, line settings, names of parts.

Rule of this file: what a spec says of wires is read here; nothing interprets its fields.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

import msgspec

from firmware_specs.spec.types import Part, Spec


@cache
def spec(device: str) -> Spec:
    """The packaged spec of a device."""
    text = (files("firmware_specs") / "devices" / f"{device}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text, parse_float=Decimal), Spec)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a spec that is registers."""

    part: str
    function: int
    address: int
    count: int

    def within(self, function: int, address: int, octets: bytes) -> bytes | None:
        """Its octets in an answer; None when the answer does not hold all of it."""
        begin = 2 * (self.address - address)
        if function != self.function or begin < 0 or len(octets) < begin + 2 * self.count:
            return None
        return octets[begin : begin + 2 * self.count]


def blocks(device: str) -> tuple[Block, ...]:
    """The register blocks of a device's spec."""
    return tuple(
        Block(name, part.registers.function, part.registers.address, part.registers.count)
        for name, part in spec(device).parts.items()
        if part.registers
    )


def part(device: str, name: str) -> Part:
    """A part of a device's spec."""
    return spec(device).parts[name]
