"""From a raw value to what it means: scaled exactly, in a unit, or absent with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from edge_drivers.codec.numbers import EXACT
from edge_drivers.codec.readings import Absent, FieldValue
from firmware_specs.spec.fields import ByFlag, Field, NumberByFlag

Values = Mapping[str, FieldValue]
Number = Decimal | Absent
_ONE, _ZERO = Decimal(1), Decimal(0)


class Physical:
    """How the raw values of one field are read by a person.

    Args:
        field: the field.
    """

    __slots__ = (
        "_offset",
        "_plausible",
        "_raw_unit",
        "_scale",
        "_sentinels",
        "_unit",
        "name",
        "names",
    )

    def __init__(self, field: Field) -> None:
        self.name = field.name
        self.names = field.names
        self._scale = _number(field.scale)
        self._offset = field.offset
        self._unit = text_by_flag(field.unit)
        self._raw_unit = text_by_flag(field.raw_unit)
        self._sentinels = {sentinel.raw: Absent(sentinel.reason) for sentinel in field.sentinels}
        self._plausible = field.plausible

    def unit(self, values: Values) -> str:
        """UCUM of the value."""
        return self._unit(values)

    def raw_unit(self, values: Values) -> str:
        """UCUM of the raw value, where it is another one."""
        return self._raw_unit(values)

    def number(self, raw: FieldValue, values: Values) -> Number | None:
        """The value as an exact decimal, or absent; None when it is no number."""
        if isinstance(raw, Absent):
            return raw
        if isinstance(raw, int):
            absent = self._sentinels.get(raw)
            return absent or self._scaled(Decimal(raw), values)
        return self._scaled(raw, values) if isinstance(raw, Decimal) else None

    def text(self, raw: FieldValue) -> str:
        """The name of a coded value; the value itself where the spec gives it none."""
        return self.names.get(str(int(raw)) if isinstance(raw, int) else str(raw), str(raw))

    def implausible(self, value: Decimal) -> bool:
        """Whether the value is beyond what the spec calls plausible."""
        if self._plausible is None:
            return False
        least, greatest = self._plausible
        return not least <= value <= greatest

    def _scaled(self, raw: Decimal, values: Values) -> Decimal:
        scale = self._scale(values)
        value = raw if scale is _ONE else EXACT.multiply(raw, scale)
        return EXACT.add(value, self._offset) if self._offset else value


def text_by_flag(choice: str | ByFlag) -> Callable[[Values], str]:
    """The text that a flag chooses, or the only one."""
    if isinstance(choice, str):
        return lambda _values: choice
    flag, when_set, when_clear = choice.flag, choice.set, choice.clear
    return lambda values: when_set if values.get(flag) else when_clear


def _number(choice: Decimal | NumberByFlag) -> Callable[[Values], Decimal]:
    if isinstance(choice, Decimal):
        only = _ONE if choice == _ONE else choice
        return lambda _values: only
    flag, when_set, when_clear = choice.flag, choice.set, choice.clear
    return lambda values: when_set if values.get(flag) else when_clear
