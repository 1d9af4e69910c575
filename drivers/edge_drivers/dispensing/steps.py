"""The words of the machine: how far an order is, what is heard, what is to be done."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge_agent.model.commands import Outcome
from edge_drivers.dispensing.values import Reading, Task


class Phase(StrEnum):
    """How far an order is."""

    CHECKING = "checking"
    RESERVING = "reserving"
    WITHDRAWING = "withdrawing"
    RESOLVING = "resolving"
    CONCLUDED = "concluded"


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order under way.

    Attributes:
        phase: `RESOLVING` from the moment when it may have been started.
        task: the order.
        sequence: the one that was reserved for it.
        base: the channel's retained count before anything could move.
        refusal: why it was withdrawn before its start, "" for no reason of the device's.
        withdrawn: a withdrawal was sent.
        doubts: readings in a row that contradict themselves.
    """

    phase: Phase
    task: Task
    sequence: int = 0
    base: int = 0
    refusal: str = ""
    withdrawn: bool = False
    doubts: int = 0


class Told(msgspec.Struct, frozen=True):
    """The device was read.

    Attributes:
        reading: what it says.
        refusal: why an order may not be carried out now, "" when it may.
        settled: a write of ours can no longer take effect.
    """

    reading: Reading
    refusal: str = ""
    settled: bool = False


class Silent(msgspec.Struct, frozen=True):
    """The device was asked and did not answer, or not so that it can be believed."""


class Written(msgspec.Struct, frozen=True):
    """A write was sent; what was answered, if anything was, does not matter."""


class GivenUp(msgspec.Struct, frozen=True):
    """It has taken too long."""


Event = Told | Silent | Written | GivenUp


class Write(StrEnum):
    """What can be sent."""

    RESERVE = "reserve"
    START = "start"
    WITHDRAW = "withdraw"


class Ask(msgspec.Struct, frozen=True):
    """Read the device; `later`: give it a little time first."""

    later: bool = False


class Send(msgspec.Struct, frozen=True):
    """Make the state durable, then send this once."""

    write: Write


class Conclude(msgspec.Struct, frozen=True):
    """This is how it ended.

    Attributes:
        outcome: how.
        count: packs that left the channel for this order; None when it is unknown.
        reason: a sentence, "" for a plain success.
    """

    outcome: Outcome
    count: int | None = 0
    reason: str = ""


Action = Ask | Send | Conclude
Move = tuple[State, Action]
