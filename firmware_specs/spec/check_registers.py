"""Checks of Modbus blocks: they do not overlap, and their fields fill them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from firmware_specs.spec.fields import Field
from firmware_specs.spec.problems import Problem
from firmware_specs.spec.types import Part, Spec
from firmware_specs.spec.vocabulary import SIZES
from firmware_specs.spec.wires import Registers

_WRITES = {1: (0, 5, 15), 2: (0,), 3: (0, 6, 16), 4: (0,)}
"""By which functions a block may be written, by the function that reads it."""
_WRITES_ONE = (5, 6)
_OF_WORDS = (3, 4)
_MOST_REGISTERS = 125
"""Of one request (MODBUS Application Protocol 1.1b3, 6.3)."""


def check_registers(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with the blocks of a Modbus device."""
    blocks = [(f"parts.{name}", part) for name, part in spec.parts.items() if part.registers]
    for key, part in blocks:
        yield from _block(key, part)
    for (_, one), (key, other) in combinations(blocks, 2):
        if one.registers and other.registers and _overlap(one.registers, other.registers):
            reason = f"overlaps the block at address {one.registers.address}"
            yield Problem(f"{key}.registers", reason, "give each register to one part")


def _block(key: str, part: Part) -> Iterator[Problem]:
    registers = part.registers
    if registers is None:
        return
    place = f"{key}.registers"
    if part.byte_order:
        reason = "is not for registers, which are big-endian on every wire"
        yield Problem(
            f"{key}.byte_order", reason, "leave it out; the order of words is `word_order`"
        )
    if registers.function in _OF_WORDS and registers.count > _MOST_REGISTERS:
        reason = f"is {registers.count}, a request of function {registers.function} reads 125"
        yield Problem(f"{place}.count", reason, "make it several parts")
    if registers.every < 0:
        yield Problem(f"{place}.every", f"is {registers.every}", "give seconds, 0 for never")
    if registers.address + registers.count > 0x10000:
        yield Problem(f"{place}.count", "goes beyond address 65535", "correct address or count")
    if registers.write not in _WRITES[registers.function]:
        reason = f"is {registers.write}, which does not write what {registers.function} reads"
        yield Problem(f"{place}.write", reason, f"use one of {_WRITES[registers.function]}")
    if registers.write in _WRITES_ONE and registers.count != 1:
        reason = f"{registers.write} writes one register, the block has {registers.count}"
        yield Problem(f"{place}.write", reason, "write it with 15 or 16, which write it whole")
    yield from _filled(key, part, registers)


def _filled(key: str, part: Part, registers: Registers) -> Iterator[Problem]:
    sizes = [_size(field) for field in part.fields]
    if any(size is None for size in sizes):
        return
    coils = registers.function in (1, 2)
    needed = (registers.count + 7) // 8 if coils else registers.count * 2
    filled = sum(size or 0 for size in sizes)
    if filled != needed:
        reason = f"fill {filled} octets, {registers.count} registers have {needed}"
        remedy = "correct `count`, or name every register (type `octets` for what is unused)"
        yield Problem(f"{key}.fields", reason, remedy)


def _size(field: Field) -> int | None:
    """Octets of a field; None when they depend on what is read."""
    times = 1 if field.repeat == "once" else field.repeat
    size = field.length or SIZES.get(field.type)
    if field.when or not (isinstance(times, int) and isinstance(size, int)):
        return None
    return size * times


def _overlap(one: Registers, other: Registers) -> bool:
    return (
        one.function == other.function
        and one.address < other.address + other.count
        and other.address < one.address + one.count
    )
