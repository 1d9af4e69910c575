"""What a dispenser says of itself, and the words of its orders."""

from __future__ import annotations

from enum import StrEnum

import msgspec

SEQUENCES = 1 << 16
"""A sequence register goes back to 0 after 65535."""


class Activity(StrEnum):
    """What the mechanism does."""

    IDLE = "idle"
    ARMED = "armed"
    MOVING = "moving"
    STARTING = "starting"


class Result(StrEnum):
    """How the device itself says its last order ended."""

    NONE = "none"
    DONE = "done"
    PARTIAL = "partial"
    NOTHING = "nothing"
    REFUSED = "refused"


class Last(msgspec.Struct, frozen=True):
    """The device's own record of its last order, or of the one that is armed.

    Attributes:
        sequence: the last that it has used up, 0-65535; of an armed order it is not used up yet.
        tag: names the order, 32 bits.
        channel: from 1.
        amount: packs ordered.
        result: how the last order ended; `NONE` while it moves.
        moved: packs that left for it.
    """

    sequence: int
    tag: int = 0
    channel: int = 0
    amount: int = 0
    result: Result = Result.NONE
    moved: int = 0


class Reading(msgspec.Struct, frozen=True):
    """One answer of the device, all of one moment.

    Attributes:
        activity: what the mechanism does.
        counts: retained count of each channel: packs that ever left it, modulo the task's `wrap`.
        interlocks: names of those that hold, such as `door_open`.
        stock: packs in each channel, None where the device does not know; empty if it never does.
        last: its record of orders; None where it has no sequence register.
    """

    activity: Activity
    counts: tuple[int, ...]
    interlocks: tuple[str, ...] = ()
    stock: tuple[int | None, ...] = ()
    last: Last | None = None


class Task(msgspec.Struct, frozen=True):
    """An order as the device will know it.

    Attributes:
        tag: names the order on the device, 32 bits.
        channel: from 1.
        amount: packs, at least 1.
        sequenced: whether the device has a sequence register.
        wrap: the retained count goes back to 0 here.
    """

    tag: int
    channel: int
    amount: int
    sequenced: bool = True
    wrap: int = 1 << 32

    def count(self, reading: Reading) -> int:
        """The retained count of the order's channel."""
        return reading.counts[self.channel - 1]
