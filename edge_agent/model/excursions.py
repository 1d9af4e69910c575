"""A time in which something was not as it has to be: from when to when, how far, how bad."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edge_agent.model.instants import Instant


class Excursion(msgspec.Struct, frozen=True, omit_defaults=True, tag="excursion", tag_field="type"):
    """A stored good was not kept as its rules say; made once, when it is over, and never changed.

    Its beginning was told by an `Alarm` of the same kind and `since`.

    Attributes:
        id: `ids.record_id` of device, kind, channel and beginning.
        device: key of the device.
        kind: such as `cold-chain-temperature-high` or `cold-chain-door`.
        since: the first reading that showed it.
        at: the first reading that showed it no more.
        seconds: from `since` to `at`, also where a restart of the machine lies between.
        channel: which of several probes; "" for the only one.
        unit: UCUM of `extreme`.
        extreme: the reading that was farthest out; None for a contact.
        mean_kinetic: mean kinetic temperature of the time, degrees Celsius to a hundredth.
        readings: how many showed it.
        unseen: seconds of it of which there is no reading.
        evidence: ids of the observations that were its first, its extreme and its last.
        profile: the rules that were broken, such as `vaccine`.
        basis: the regulation with its date.
    """

    id: str
    device: str
    kind: str
    since: Instant
    at: Instant
    seconds: int
    channel: str = ""
    unit: str = ""
    extreme: Decimal | None = None
    mean_kinetic: Decimal | None = None
    readings: int = 0
    unseen: int = 0
    evidence: tuple[str, ...] = ()
    profile: str = ""
    basis: str = ""
