"""From fields to observations, as the rules of a part say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise

from edge_agent.model.errors import MalformedError
from edge_agent.model.observations import (
    AbsentReason,
    Component,
    MeasurementStatus,
    Observation,
)
from edge_drivers.codec.conditions import compile_always, compile_condition
from edge_drivers.codec.physical import Physical, Values
from edge_drivers.codec.readings import Absent, FieldValue
from firmware_specs.spec.rules import KindByField, ObservationRule

_QUESTIONABLE = MeasurementStatus.QUESTIONABLE
_DOUBTFUL = (_QUESTIONABLE,)


class ObservationMaker:
    """One observation rule, compiled.

    Args:
        rule: the rule.
        fields: how the values of each field of the part are read.
    """

    def __init__(self, rule: ObservationRule, fields: Mapping[str, Physical]) -> None:
        self._kind = _kind_of(rule.kind)
        self._channel = rule.channel
        self._value = fields.get(rule.value)
        self._components = tuple((c.kind, fields[c.value]) for c in rule.components)
        self._ascending = tuple(fields[name] for name in rule.ascending)
        self._flags = rule.flags
        self._when = compile_condition(rule.when)
        self._drop = tuple(compile_always(text) for text in rule.drop_when)
        self._absent = [(compile_always(text), why) for text, why in rule.absent_when.items()]
        self._status = [(compile_always(text), what) for text, what in rule.status_when.items()]

    def dropped(self, values: Values) -> bool:
        """Whether the device itself says that this is no measurement."""
        return bool(self._drop) and any(holds(values, 0) for holds in self._drop)

    def applies(self, values: Values) -> bool:
        """Whether the octets hold this observation."""
        if self._when is not None and not self._when(values, 0):
            return False
        if self._value is not None:
            return self._value.name in values
        return any(physical.name in values for _, physical in self._components)

    def make(self, values: Values) -> list[Observation]:
        """The observations, one for each value of a repeated field.

        Raises:
            MalformedError: a coded field has a value that stands for no kind.
        """
        absent = self._first_absent(values)
        field = self._value
        if field is None:
            return [self._panel(values, absent)]
        raw = values[field.name]
        if not isinstance(raw, tuple):
            return [self._single(field, raw, self._channel, values, absent)]
        return [
            self._single(field, item, f"{place}", values, absent)
            for place, item in enumerate(raw, 1)
        ]

    def _single(
        self,
        field: Physical,
        raw: FieldValue,
        channel: str,
        values: Values,
        absent: AbsentReason | None,
    ) -> Observation:
        value, text, absent = _read(field, raw, values, absent)
        return Observation(
            id="",
            kind=self._kind(values),
            channel=channel,
            value=value,
            unit="" if text else field.unit(values),
            text=text,
            absent=absent,
            status=self._statuses(values, value is not None and field.implausible(value)),
            flags=self._set_flags(values),
        )

    def _panel(self, values: Values, absent: AbsentReason | None) -> Observation:
        parts = [
            (field, _component(kind, field, values, absent))
            for kind, field in self._components
            if field.name in values
        ]
        doubtful = self._falls(values) or any(
            part.value is not None and field.implausible(part.value) for field, part in parts
        )
        return Observation(
            id="",
            kind=self._kind(values),
            channel=self._channel,
            components=tuple(part for _, part in parts),
            status=self._statuses(values, doubtful),
            flags=self._set_flags(values),
        )

    def _falls(self, values: Values) -> bool:
        numbers = [field.number(values.get(field.name, 0), values) for field in self._ascending]
        present = [number for number in numbers if isinstance(number, Decimal)]
        return any(later < earlier for earlier, later in pairwise(present))

    def _first_absent(self, values: Values) -> AbsentReason | None:
        for holds, why in self._absent:
            if holds(values, 0):
                return why
        return None

    def _statuses(self, values: Values, doubtful: bool) -> tuple[MeasurementStatus, ...]:
        if not (doubtful or self._status):
            return ()
        if not self._status:
            return _DOUBTFUL
        found = {what: None for holds, what in self._status if holds(values, 0)}
        if doubtful:
            found[_QUESTIONABLE] = None
        return tuple(found)

    def _set_flags(self, values: Values) -> tuple[str, ...]:
        return tuple([name for name in self._flags if values.get(name)]) if self._flags else ()


def _kind_of(kind: str | KindByField) -> Callable[[Values], str]:
    if isinstance(kind, str):
        return lambda _values: kind
    name, kinds = kind.field, kind.values

    def by_field(values: Values) -> str:
        raw = values.get(name)
        found = kinds.get(f"{raw!r}")
        if found is None:
            raise MalformedError(f"{name} is {raw!r}, which stands for no kind of value")
        return found

    return by_field


def _component(
    kind: str, field: Physical, values: Values, absent: AbsentReason | None
) -> Component:
    value, text, absent = _read(field, values[field.name], values, absent)
    return Component(kind, value, "" if text else field.unit(values), text, absent)


def _read(
    field: Physical, raw: FieldValue, values: Values, absent: AbsentReason | None
) -> tuple[Decimal | None, str, AbsentReason | None]:
    """Value, text and reason: one of the three is there."""
    if absent is not None:
        return None, "", absent
    number = field.number(raw, values)
    if isinstance(number, Absent):
        return None, "", number.reason
    if field.names or number is None:
        return None, field.text(raw), None
    return number, "", None
