"""No data because …: what is missing is said, and travels upward like the data themselves."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge_agent.model.instants import Instant


class GapReason(StrEnum):
    """Why there is nothing."""

    GATEWAY_DOWN = "gateway-down"
    LINK_LOST = "link-lost"
    DEVICE_SILENT = "device-silent"
    LEAD_OFF = "lead-off"
    MALFORMED = "malformed"
    OVERFLOW = "overflow"
    EVICTED = "evicted"
    QUARANTINED = "quarantined"
    DAMAGED = "damaged"
    OTHER_EPOCH = "other-epoch"


class Gap(msgspec.Struct, frozen=True, omit_defaults=True, tag="gap", tag_field="type"):
    """An interval from which live data are missing, or sequences of a lane that never come.

    Attributes:
        id: `ids.record_id` of its parts.
        reason: why.
        device: key of the device; "" when only sequences of the lane are meant.
        part: the part of its spec whose data are missing; "" for all of them.
        since: the last moment from which there are data (exclusive); None if there never were.
        until: the first moment from which there are data again (exclusive).
        lane: the lane whose `sequences` never come.
        sequences: ranges, both ends included, of the lane's sequence numbers.
        count: how many data are missing, where it is known.
    """

    id: str
    reason: GapReason
    until: Instant
    device: str = ""
    since: Instant | None = None
    lane: str = ""
    sequences: tuple[tuple[int, int], ...] = ()
    count: int | None = None
    part: str = ""
