"""What one octet string says, before it has a name: values without ids or instants."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from edge_agent.model.ids import reported_name
from edge_agent.model.observations import AbsentReason, Observation
from edge_agent.model.waveforms import Channel


class Absent(msgspec.Struct, frozen=True):
    """A field that is there and says that there is no value.

    Attributes:
        reason: why.
        special: what the medical float says: `NaN`, `NRes`, `+INFINITY`, `-INFINITY`, `reserved`.
    """

    reason: AbsentReason
    special: str = ""


FieldValue = Decimal | int | str | bytes | bool | Absent | tuple["FieldValue", ...]


class Samples(msgspec.Struct, frozen=True):
    """Samples of one signal group, interleaved by channel, as they came.

    Attributes:
        channels: what each is.
        values: the counts of each channel, equally long.
        rate: nominal samples a second, as a fraction.
        last_ns: the device's own clock at the last sample, in nanoseconds; None without one.
        valid: False when the device says that this is no signal (lead or finger off).
        wraps: nanoseconds after which that clock begins again; None for never.
    """

    channels: tuple[Channel, ...]
    values: tuple[tuple[int, ...], ...]
    rate: str
    last_ns: int | None = None
    valid: bool = True
    wraps: int | None = None


class Event(msgspec.Struct, frozen=True):
    """What is no observation: an answer of a control point, a feature, a clock's time."""

    name: str


class Reading(msgspec.Struct, frozen=True):
    """All that one octet string of one part says.

    Attributes:
        part: the part of the spec.
        carried: the part within it that its payload is, "" where there is none.
        octets: the string with private fields blanked.
        fields: every field by name, raw as read: integers, exact decimals of medical floats; each
            followed by its bit ranges. `explain` gives physical values and units.
        sequence: the device's own number of the record.
        device_time: the device's naive time of the measurement, ISO 8601, unknown parts as zeros.
        base_time: that time before the device's offset was added: it names the record, because
            a change of the user's clock moves the offset only (GLS 1.0.1, 3.1.1.4).
        slot: the device's user number as text, "" when it gives none.
        minutes: when it was measured, where another part tells since when they count.
        measured: observations that have no id yet.
        samples, event: what else it means.
        dropped: observations that the device itself says are none (demo, test, invalid).
    """

    part: str
    octets: bytes
    fields: Mapping[str, FieldValue]
    sequence: int | None = None
    device_time: str | None = None
    base_time: str | None = None
    slot: str = ""
    measured: tuple[Observation, ...] = ()
    samples: tuple[Samples, ...] = ()
    event: Event | None = None
    dropped: int = 0
    carried: str = ""
    minutes: int | None = None

    @property
    def name(self) -> str | None:
        """How the device itself names the record (law 2); None when it gives nothing to name it."""
        return reported_name(self.sequence, self.base_time)
