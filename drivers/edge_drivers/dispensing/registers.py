"""From a spec's `[dispensing]` to octets of orders, and from a dispenser's octets to readings."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final, cast

from edge_agent.model.errors import MalformedError
from edge_drivers import codec
from edge_drivers.codec.readings import FieldValue
from edge_drivers.dispensing.steps import State, Write
from edge_drivers.dispensing.values import Activity, Last, Reading, Result, Task
from firmware_specs.spec.dispensing import Dispensing, OrderWrite, Sequencing
from firmware_specs.spec.types import Spec

_FORMATS: Final = {"u16": "H", "u32": "I"}
_BITS: Final = {"u16": 16, "u32": 32}

Fields = Mapping[str, FieldValue]


class Profile:
    """One kind of dispenser.

    Args:
        spec: checked; it has `[dispensing]`.
    """

    def __init__(self, spec: Spec) -> None:
        if spec.dispensing is None:
            raise ValueError(f"{spec.device} says nothing of dispensing")
        self.rules: Dispensing = spec.dispensing
        self._parts = spec.parts
        self._decoder = codec.compile(spec)
        self._activities = {
            raw: Activity(name) for name, raws in self.rules.states.items() for raw in raws
        }
        fields = {field.name: field for field in spec.parts[self.rules.tell].fields}
        self._wrap = 1 << _BITS.get(fields[self.rules.count].type, 32)
        self._unknown_stock = {
            sentinel.raw
            for name in (self.rules.stock,)
            if name
            for sentinel in fields[name].sentinels
        }

    def task(self, tag: int, channel: int, amount: int) -> Task:
        """An order as this kind of device will know it."""
        return Task(tag, channel, amount, self.rules.sequence is not None, self._wrap)

    def reading(self, octets: bytes) -> Reading:
        """What the part `tell` says.

        Raises:
            DecodeError: it is not what the spec says.
        """
        (reading,) = self._decoder.decode(self.rules.tell, octets)
        fields = reading.fields
        raw = _number(fields, self.rules.state)
        if raw not in self._activities:
            raise MalformedError(f"{self.rules.state} is {raw}, which means nothing known")
        return Reading(
            activity=self._activities[raw],
            counts=_numbers(fields, self.rules.count),
            interlocks=tuple(name for name in self.rules.interlocks if fields[name]),
            stock=self._stock(fields),
            last=_last(fields, self.rules.sequence) if self.rules.sequence else None,
        )

    def _stock(self, fields: Fields) -> tuple[int | None, ...]:
        if not self.rules.stock:
            return ()
        found = _numbers(fields, self.rules.stock)
        return tuple(None if raw in self._unknown_stock else raw for raw in found)

    def octets(self, write: Write, state: State) -> tuple[str, bytes]:
        """The part and the octets of a write."""
        rule = self._rule(write)
        said = {
            "sequence": state.sequence,
            "tag": state.task.tag,
            "channel": state.task.channel,
            "amount": state.task.amount,
            "life": self.rules.life,
        }
        parts = [
            struct.pack(f">{_FORMATS[field.type]}", _said(rule.values[field.name], said))
            for field in self._parts[rule.part].fields
        ]
        return rule.part, b"".join(parts)

    def _rule(self, write: Write) -> OrderWrite:
        rules = {
            Write.RESERVE: self.rules.reserve,
            Write.START: self.rules.start,
            Write.WITHDRAW: self.rules.withdraw,
        }
        rule = rules[write]
        if rule is None:
            raise ValueError(f"this kind of device knows no {write}")
        return rule


def _said(value: int | str, said: Mapping[str, int]) -> int:
    return value if isinstance(value, int) else said[value]


def _last(fields: Fields, names: Sequencing) -> Last:
    results = {raw: Result(name) for name, raw in names.results.items()}
    raw = _number(fields, names.result)
    if raw not in results:
        raise MalformedError(f"{names.result} is {raw}, which means nothing known")
    return Last(
        sequence=_number(fields, names.last),
        tag=_number(fields, names.tag),
        channel=_number(fields, names.channel),
        amount=_number(fields, names.amount),
        result=results[raw],
        moved=_number(fields, names.moved),
    )


def _number(fields: Fields, name: str) -> int:
    return cast("int", fields[name])


def _numbers(fields: Fields, name: str) -> tuple[int, ...]:
    return cast("tuple[int, ...]", fields[name])
