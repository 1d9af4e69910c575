"""What the fields of a part mean: observations and waveforms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from edge_agent.model.observations import AbsentReason, MeasurementStatus
from firmware_specs.spec.table import Condition, Name, Slug, Table


class KindByField(Table, frozen=True, kw_only=True):
    """A kind that depends on a coded field, such as the sample of a glucose reading.

    Attributes:
        field: the coded field.
        values: raw value to kind; a raw value that is not listed is malformed.
    """

    field: Name
    values: Mapping[str, Slug]


class ComponentRule(Table, frozen=True, kw_only=True):
    """A component of an observation: which field it is; left out when the field is not there."""

    kind: Slug
    value: Name


class ObservationRule(Table, frozen=True, kw_only=True):
    """What is measured: fields made into an observation.

    Attributes:
        kind: a kind of `edge_agent.model.codes`, or one by a coded field.
        channel: which of several of one kind in a part.
        value: the field; without it in the octets there is no observation. A repeated field gives
            one observation a value, channels `1`, `2`, …; a field with `names` gives `text`.
        components: instead of `value`.
        when: only then is there an observation.
        drop_when: then it is no measurement (demo, test, invalid): dropped and counted.
        absent_when: flag to reason: there is no value, whatever the field says.
        status_when: flag to measurement status.
        flags: bit names reported as they are when set.
        ascending: fields that must not fall in this order, else *questionable*.
    """

    kind: Slug | KindByField
    channel: str = ""
    value: Name = ""
    components: tuple[ComponentRule, ...] = ()
    when: Condition = ""
    drop_when: tuple[Condition, ...] = ()
    absent_when: Mapping[Condition, AbsentReason] = {}
    status_when: Mapping[Condition, MeasurementStatus] = {}
    flags: tuple[Name, ...] = ()
    ascending: tuple[Name, ...] = ()


class ChannelRule(Table, frozen=True, kw_only=True):
    """One of several signals that were sampled together.

    Attributes:
        kind: a kind of `edge_agent.model.codes`.
        value: the field; without it the signal stands at this channel's place in each sample of
            the waveform's field.
    """

    kind: Slug
    value: Name = ""


class CounterRule(Table, frozen=True, kw_only=True):
    """A number that counts octet strings of equally many samples, and begins again.

    Attributes:
        field: the field.
        modulo: how many numbers there are: 256 of a u8.
    """

    field: Name
    modulo: Annotated[int, msgspec.Meta(ge=2)]


class WaveformRule(Table, frozen=True, kw_only=True):
    """A signal, or several sampled together: fields whose values are samples.

    Attributes:
        kind: a kind of `edge_agent.model.codes`, of one signal.
        value: the field, one or many samples an octet string.
        channels: instead of `kind`: several signals, of `value` or of a field each.
        when: only then are the field's values this signal.
        rate: samples a second, as a fraction.
        unit, scale, origin: physical value = origin + scale * sample.
        clock: the field with the device's own clock; in nanoseconds unless it has a `unit` of time.
        clock_at: which sample of the octet string the clock belongs to.
        counter: instead of `clock`: a number that tells how many octet strings are missing.
        invalid: a raw sample that means "no signal here": it is a gap.
        gap_when: then the samples are no signal (lead or finger off).
    """

    kind: str = ""
    value: str = ""
    channels: tuple[ChannelRule, ...] = ()
    when: Condition = ""
    rate: str
    unit: str
    scale: Decimal = Decimal(1)
    origin: Decimal = Decimal(0)
    clock: str = ""
    clock_at: Literal["first", "last"] = "last"
    counter: CounterRule | None = None
    invalid: int | None = None
    gap_when: tuple[Condition, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of its channels."""
        return tuple(channel.kind for channel in self.channels) or (self.kind,)
