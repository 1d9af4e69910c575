"""What comes down: an order with one effect and one stored result, however often it arrives."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from edge_agent.model.dispensing import Dispensed
from edge_agent.model.instants import Instant


class Outcome(StrEnum):
    """How a command ended. A time-out is *unknown*, never *failed* (law 3)."""

    DONE = "done"
    PARTIAL = "partial"
    NOT_DONE = "not-done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Command(msgspec.Struct, frozen=True, omit_defaults=True, tag="command", tag_field="type"):
    """An order from the region; on the wire it is one line, and its signature is the next.

    Attributes:
        id: UUID given by the region; the same id is the same order.
        kind: what is to be done, such as `dispense` or `configure`.
        expires: wall time (UTC, ISO 8601 with Z) after which it is refused.
        device: key of the device it is for, "" for the gateway.
        arguments: by name, as the kind says.
        gateway: path of the gateway it is for; without it no gateway takes a signed command.
        epoch: of the gateway's buffer, as its messages tell it: one that lost its journal since
            refuses the command; "" for any.
    """

    id: str
    kind: str
    expires: str
    device: str = ""
    arguments: dict[str, str | int] = {}
    gateway: str = ""
    epoch: str = ""


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
        dispensed: of an order for medicine, what it was about.
    """

    id: str
    command: str
    outcome: Outcome
    at: Instant
    count: int | None = None
    reason: str = ""
    dispensed: Dispensed | None = None


class Conclusion(msgspec.Struct, frozen=True):
    """How a command ended, as its handler says it.

    Attributes:
        outcome: how it ended.
        reason: a sentence: why it was refused, or what is not known; it names nobody.
        count: how many were done, for a partial outcome.
        dispensed: of an order for medicine, what it was about.
    """

    outcome: Outcome
    reason: str = ""
    count: int | None = None
    dispensed: Dispensed | None = None


class CommandHandler(Protocol):
    """Acts on the commands of one kind, one after the other; other kinds go on meanwhile."""

    async def act(self, command: Command) -> Conclusion:
        """Do it: called once, after it is durable that the command was started.

        When the agent ends meanwhile, the next one asks `recover`.

        Raises:
            CommandError: it is refused, nothing was done.
            Exception: whatever else comes out of it, `recover` is asked what became of it.
        """
        ...

    async def recover(self, command: Command) -> Conclusion:
        """What became of a command that was started: read, looked up, never done again.

        An exception is the outcome *unknown*.
        """
        ...
