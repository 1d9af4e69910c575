"""From fields to samples, as the waveform rules of a part say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from edge_agent.model.errors import MalformedError
from edge_agent.model.waveforms import Channel
from edge_drivers.codec.conditions import Holds, compile_always
from edge_drivers.codec.physical import Physical, Values
from edge_drivers.codec.readings import FieldValue, Samples
from firmware_specs.spec.rules import WaveformRule

_NANOSECONDS: Mapping[str, int] = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1, "": 1}

Row = tuple[int, ...]
"""One number a channel, sampled together."""


class WaveformMaker:
    """One waveform rule, compiled.

    Args:
        rule: the rule.
        fields: how the values of each field of the part are read.
    """

    def __init__(self, rule: WaveformRule, fields: Mapping[str, Physical]) -> None:
        self._rate = rule.rate
        self._period = 10**9 / Fraction(rule.rate)
        self._channels = tuple(
            Channel(kind, rule.unit, rule.scale, rule.origin) for kind in rule.kinds
        )
        self._values = [rule.value] if rule.value else [one.value for one in rule.channels]
        self._when = compile_always(rule.when)
        self._clock = rule.clock
        self._clock_field = fields.get(rule.clock)
        self._at_first = rule.clock_at == "first"
        self._counter = rule.counter
        self._invalid = rule.invalid
        self._gap: tuple[Holds, ...] = tuple(compile_always(text) for text in rule.gap_when)

    def make(self, values: Values) -> tuple[Samples, ...]:
        """The samples, in as many pieces as are and are not a signal; none in other octets.

        Raises:
            MalformedError: a sample is no count, or the channels are not equally long.
        """
        if not self._when(values, 0) or any(name not in values for name in self._values):
            return ()
        rows = self._rows(values)
        last = self._last(values, len(rows))
        if any(holds(values, 0) for holds in self._gap):
            return (self._piece(rows, last, valid=False),)
        if self._invalid is None:
            return (self._piece(rows, last, valid=True),)
        return tuple(self._split(rows, last))

    def _rows(self, values: Values) -> Sequence[Row]:
        found = [values[name] for name in self._values]
        columns = [one if isinstance(one, tuple) else (one,) for one in found]
        if len(columns) == 1:
            return _in_rows(columns[0], len(self._channels))
        if len({len(column) for column in columns}) > 1:
            raise MalformedError("the channels are not equally long")
        return [_row(row, len(self._channels)) for row in zip(*columns, strict=True)]

    def _split(self, rows: Sequence[Row], last: int | None) -> Iterator[Samples]:
        left = len(rows)
        for valid, run in groupby(rows, lambda row: self._invalid not in row):
            some = list(run)
            left -= len(some)
            ends = None if last is None else last - round(left * self._period)
            yield self._piece(some, ends, valid=valid)

    def _piece(self, rows: Sequence[Row], last: int | None, *, valid: bool) -> Samples:
        columns = tuple(zip(*rows, strict=True)) if rows else ((),) * len(self._channels)
        return Samples(self._channels, columns, self._rate, last, valid, self._wraps(len(rows)))

    def _wraps(self, count: int) -> int | None:
        return round(self._counter.modulo * count * self._period) if self._counter else None

    def _last(self, values: Values, count: int) -> int | None:
        """The device's clock at the last sample."""
        if self._counter:
            number = values.get(self._counter.field)
            return round(number * count * self._period) if isinstance(number, int) else None
        clock = values.get(self._clock)
        unit = self._clock_field.unit(values) if self._clock_field else ""
        if not isinstance(clock, int):
            return None
        after = max(count - 1, 0) * self._period if self._at_first else 0
        return clock * _NANOSECONDS[unit] + round(after)


def _in_rows(column: Sequence[FieldValue], channels: int) -> Sequence[Row]:
    """Samples of several channels: each a row already, or one after the other."""
    if channels == 1 or any(isinstance(item, tuple) for item in column):
        return [_row(item, channels) for item in column]
    if len(column) % channels:
        raise MalformedError(f"{len(column)} samples are not of {channels} channels")
    return [
        _row(tuple(column[n : n + channels]), channels) for n in range(0, len(column), channels)
    ]


def _row(value: FieldValue, channels: int) -> Row:
    row = value if isinstance(value, tuple) else (value,)
    if len(row) != channels:
        raise MalformedError(f"a sample has {len(row)} channels, not {channels}")
    return tuple(map(_count, row))


def _count(value: FieldValue) -> int:
    if isinstance(value, int):
        return value
    raise MalformedError(f"a sample is {value!r}, which is no count")
