"""What the engine knows and says: values only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from edge_agent.coldchain.kinetic import Heat
from edge_agent.guarding.moments import Moment

Quantity = Literal["temperature", "humidity"]
HIGH, LOW = "high", "low"
DOOR, MAINS, SILENT, SWAPPED = "door", "mains", "silent", "swapped"


class Value(msgspec.Struct, frozen=True):
    """A reading.

    Attributes:
        quantity: of what.
        channel: of which probe.
        value: degrees Celsius, or per cent.
        id: of its observation.
    """

    quantity: Quantity
    channel: str
    value: Decimal
    id: str


class Sample(msgspec.Struct, frozen=True):
    """What a frame says.

    Attributes:
        moment: when it came.
        values: credible ones; none when the probes say nothing.
        whole: whether every probe gave a credible temperature.
        contacts: whether each contact that the device has is set: `door`, `mains`.
        evidence: id of the observation that tells the contacts.
    """

    moment: Moment
    values: tuple[Value, ...] = ()
    whole: bool = False
    contacts: Mapping[str, bool] = {}
    evidence: str = ""


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that is not as it has to be, and goes on.

    Attributes:
        since: the first reading that showed it.
        until: the latest that did.
        told: whether a person was told.
        first, worst, last: ids of observations.
        extreme: the value that was farthest out.
        value: the latest.
        heat: suffered so far.
        readings: how many showed it.
        elapsed: seconds so far, as far as the readings reach.
        unseen: seconds of them for which no reading stands.
    """

    since: Moment
    until: Moment
    told: bool = True
    first: str = ""
    worst: str = ""
    last: str = ""
    extreme: Decimal | None = None
    value: Decimal | None = None
    heat: Heat = Heat()
    readings: int = 0
    elapsed: float = 0.0
    unseen: float = 0.0


Name = str
"""Of a condition: `temperature-high`, with its channel behind a colon, or `door`."""


class State(msgspec.Struct, frozen=True):
    """What one device's engine remembers.

    Attributes:
        last: when all temperatures were last read, or since when they are awaited.
        conditions: that go on, by name.
    """

    last: Moment
    conditions: Mapping[Name, Condition] = {}


class Noticed(msgspec.Struct, frozen=True):
    """A condition began, or has lasted too long: a person should look."""

    name: Name
    condition: Condition
    at: Moment


class Ended(msgspec.Struct, frozen=True):
    """A condition of which a person was told is over."""

    name: Name
    condition: Condition
    at: Moment


Event = Noticed | Ended
