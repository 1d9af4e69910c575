"""What comes down: an order with one effect and one stored result, however often it arrives."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge_agent.model.instants import Instant


class Outcome(StrEnum):
    """How a command ended. A time-out is *unknown*, never *failed* (law 3)."""

    DONE = "done"
    PARTIAL = "partial"
    NOT_DONE = "not-done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Command(msgspec.Struct, frozen=True, omit_defaults=True, tag="command", tag_field="type"):
    """An order from the region.

    Attributes:
        id: UUID given by the region; the same id is the same order.
        kind: what is to be done, such as `dispense` or `configure`.
        expires: wall time (UTC, ISO 8601 with Z) after which it is refused.
        device: key of the device it is for, "" for the gateway.
        arguments: by name, as the kind says.
        signature: over the exact octets received without this field, base64.
    """

    id: str
    kind: str
    expires: str
    device: str = ""
    arguments: dict[str, str | int] = {}
    signature: str = ""


class CommandResult(
    msgspec.Struct, frozen=True, omit_defaults=True, tag="result", tag_field="type"
):
    """The one result of a command.

    Attributes:
        id: `ids.record_id` of the command.
        command: the command's id.
        outcome: how it ended.
        at: when that was known.
        count: how many were done, for a partial outcome.
        reason: a sentence: why it was refused, or what is not known.
    """

    id: str
    command: str
    outcome: Outcome
    at: Instant
    count: int | None = None
    reason: str = ""
