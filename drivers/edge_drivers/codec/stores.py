"""What happens to a raw value once read: converted, held against the spec, split into bits."""

from __future__ import annotations

from collections.abc import Callable

from edge_agent.model.errors import MalformedError
from edge_drivers.codec.readings import FieldValue
from edge_drivers.codec.types import Convert
from firmware_specs.spec.bits import bit_range
from firmware_specs.spec.fields import Field

Store = Callable[[dict[str, FieldValue], FieldValue], None]
"""Puts a value, and what is made of it, among the fields read so far."""


def compile_store(field: Field, convert: Convert | None) -> Store | None:
    """The steps a value of `field` needs; None when it is kept as it is read."""
    if convert is None and not (field.bits or _bounds(field)):
        return None
    name, bounds, ranges = field.name, _bounds(field), _ranges(field)

    def store(values: dict[str, FieldValue], raw: FieldValue) -> None:
        value = raw if convert is None else convert(raw)
        if bounds is not None and isinstance(value, int):
            _refuse_outside(name, value, bounds)
        values[name] = value
        if ranges and isinstance(value, int):
            _split(values, value, ranges)

    return store


_Range = tuple[str, int, int, int | None]
"""Name, shift, mask, and the only value allowed."""


def _bounds(field: Field) -> tuple[int, int] | None:
    return field.allowed if field.expect is None else (field.expect, field.expect)


def _ranges(field: Field) -> tuple[_Range, ...]:
    found: list[_Range] = []
    for name, text in field.bits.items():
        low, high = bit_range(text)
        found.append((name, low, (1 << (high - low + 1)) - 1, field.expect_bits.get(name)))
    return tuple(found)


def _refuse_outside(name: str, value: int, bounds: tuple[int, int]) -> None:
    least, greatest = bounds
    if not least <= value <= greatest:
        must = f"{least}" if least == greatest else f"{least} to {greatest}"
        raise MalformedError(f"{name} is {value}, it must be {must}")


def _split(values: dict[str, FieldValue], value: int, ranges: tuple[_Range, ...]) -> None:
    for name, shift, mask, expected in ranges:
        bits = value >> shift & mask
        if expected is not None and bits != expected:
            raise MalformedError(f"{name} is {bits}, it must be {expected}")
        values[name] = bool(bits) if mask == 1 else bits
