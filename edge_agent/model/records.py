"""All that is made durable and travels upward, and the lane each kind of record takes."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge_agent.model.bindings import Binding
from edge_agent.model.commands import CommandResult
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.excursions import Excursion
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap
from edge_agent.model.instants import ClockMapping, Instant


class Lane(StrEnum):
    """The most important first (law 6); each lane has a sequence of its own."""

    ALARM = "alarm"
    RESULT = "result"
    OBSERVATION = "observation"
    WAVEFORM = "waveform"
    TELEMETRY = "telemetry"


class Priority(StrEnum):
    """IEC 60601-1-8 priorities, as words only: a gateway is no alarm system."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Alarm(msgspec.Struct, frozen=True, omit_defaults=True, tag="alarm", tag_field="type"):
    """Something a person should look at; decision support, never a claim of alarm delivery.

    Attributes:
        id: `ids.record_id` of its parts.
        device: key of the device.
        kind: what was noticed, such as `out-of-range` or `bradycardia`.
        priority: how soon somebody should look.
        at: when it was noticed.
        evidence: ids of the observations it rests on.
        basis: the guideline or rule with its date.
    """

    id: str
    device: str
    kind: str
    priority: Priority
    at: Instant
    evidence: tuple[str, ...] = ()
    basis: str = ""


class Amendment(msgspec.Struct, frozen=True, omit_defaults=True, tag="amendment", tag_field="type"):
    """A later word about an observation, which itself never changes; the region applies it.

    Attributes:
        id: `ids.record_id` of its parts.
        observation: id of the observation.
        revision: 1 for the first; the highest wins.
        reason: why.
        at: when.
        changes: new values of fields by name, as JSON text.
    """

    id: str
    observation: str
    revision: int
    reason: str
    at: Instant
    changes: dict[str, str] = {}


Record = (
    Frame
    | Alarm
    | Excursion
    | CommandResult
    | Gap
    | Binding
    | Amendment
    | ClockMapping
    | DeviceStatus
)


def lane_of(record: Record) -> Lane:
    """The lane that a record takes: what the others rest on goes with the observations.

    A reading of a device's clock is such a thing: it says when a stored record was measured.
    """
    match record:
        case Alarm():
            return Lane.ALARM
        case CommandResult():
            return Lane.RESULT
        case DeviceStatus() if not record.device_time:
            return Lane.TELEMETRY
        case Frame() if record.waveforms:
            return Lane.WAVEFORM
        case _:
            return Lane.OBSERVATION


class LaneState(msgspec.Struct, frozen=True):
    """How a lane of the buffer is.

    Attributes:
        lane: which.
        rows: how many rows wait for their receipt.
        octets: of their payloads.
        first: the least sequence that waits, 0 for none.
        last: the last sequence ever given.
        oldest: when the first row that waits is of; None for none.
    """

    lane: Lane
    rows: int
    octets: int
    first: int
    last: int
    oldest: Instant | None = None
