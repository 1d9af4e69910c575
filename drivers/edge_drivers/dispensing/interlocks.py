"""Why an order may not be carried out now: all that is looked at before anything moves. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from edge_agent.model.commands import Outcome
from edge_drivers.dispensing.values import Reading, Task
from firmware_specs.spec.dispensing import Dispensing


class Refusal(StrEnum):
    """Reasons of ours; a device's own interlocks go by their names in its spec."""

    NO_CHANNEL = "no-such-channel"
    UNLOADED = "channel-not-loaded"
    OTHER_DRUG = "other-drug-in-channel"
    OTHER_BATCH = "other-batch-in-channel"
    BATCH_EXPIRED = "batch-expired"
    OVER_LIMIT = "amount-over-limit"
    OPEN_ORDER = "order-open-on-channel"
    EMPTY = "not-enough-in-channel"
    TAMPERED = "counter-not-as-left"


class Loaded(msgspec.Struct, frozen=True):
    """What somebody put into a channel.

    Attributes:
        drug: code of the medicine.
        batch: of the packs.
        expires: the last day on which they may be given, ISO 8601 date.
        who: who put it in, opaque.
    """

    drug: str
    batch: str
    expires: str
    who: str = ""


class Known(msgspec.Struct, frozen=True):
    """The device's registers as our last order left them; staff may take packs out meanwhile.

    Attributes:
        counts: retained counts.
        sequence: the last used up; None when nobody can tell.
    """

    counts: tuple[int, ...]
    sequence: int | None = None

    @classmethod
    def of(cls, reading: Reading) -> Known:
        """What an order's last reading says."""
        return cls(reading.counts, reading.last.sequence if reading.last else None)


class Wish(msgspec.Struct, frozen=True):
    """What an order asks for, beside its task.

    Attributes:
        drug: code.
        batch: "" for any.
    """

    drug: str
    batch: str = ""


def left(known: Known | None, outcome: Outcome, heard: Reading | None) -> Known | None:
    """What is known of the device once an order of which something was sent has ended.

    An order that was refused after a look leaves nothing: the look may have been an old one
    (the model check found it).

    Args:
        known: before it.
        outcome: of the order.
        heard: the reading that told it; None when patience ended.
    """
    if heard is None or outcome is Outcome.UNKNOWN:
        return known and Known(known.counts)
    return Known.of(heard)


def unfit(task: Task, wish: Wish, loaded: Loaded | None, rules: Dispensing, today: str) -> str:
    """Why an order does not fit what is in the channel; "" when it does.

    Args:
        task: the order.
        wish: the medicine that it names.
        loaded: what is in its channel; None when nobody said.
        rules: of the device.
        today: ISO 8601 date at the site.
    """
    return next(_unfit(task, wish, loaded, rules, today), "")


def _unfit(
    task: Task, wish: Wish, loaded: Loaded | None, rules: Dispensing, today: str
) -> Iterator[str]:
    if task.channel > rules.channels:
        yield Refusal.NO_CHANNEL
    if task.amount > rules.most:
        yield Refusal.OVER_LIMIT
    if loaded is None:
        yield Refusal.UNLOADED
    elif loaded.drug != wish.drug:
        yield Refusal.OTHER_DRUG
    elif wish.batch not in ("", loaded.batch):
        yield Refusal.OTHER_BATCH
    elif loaded.expires < today:
        yield Refusal.BATCH_EXPIRED


def unready(task: Task, reading: Reading, known: Known | None) -> str:
    """Why the device may not move for an order now; "" when it may."""
    return next(_unready(task, reading, known), "")


def _unready(task: Task, reading: Reading, known: Known | None) -> Iterator[str]:
    yield from (name.replace("_", "-") for name in reading.interlocks)
    if known is not None and _is_tampered(known, reading, task.wrap):
        yield Refusal.TAMPERED
    stock = reading.stock[task.channel - 1] if reading.stock else None
    if stock is not None and stock < task.amount:
        yield Refusal.EMPTY


def _is_tampered(known: Known, reading: Reading, wrap: int) -> bool:
    """A count only rises, modulo `wrap`; a sequence is used up by our orders alone."""
    pairs = zip(reading.counts, known.counts, strict=False)
    fell = any((now - then) % wrap >= wrap // 2 for now, then in pairs)
    used = reading.last.sequence if reading.last else None
    return fell or (None not in (used, known.sequence) and used != known.sequence)
