"""An order for medicine, and what became of it: what a command of kind `dispense` says."""

from __future__ import annotations

import msgspec

from edge_agent.model.errors import CommandError


class Prescribed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of a `dispense` command.

    Attributes:
        prescription: the region's number of the prescription.
        subject: opaque reference of the resident.
        drug: code of the medicine, as the region and the clinic's staff name it.
        channel: of the dispenser, from 1.
        amount: packs, at least 1.
        batch: only this batch; "" for the one that is in the channel.
        trace: code under which the packs are traced; "" for none.
    """

    prescription: str
    subject: str
    drug: str
    channel: int
    amount: int
    batch: str = ""
    trace: str = ""


class Dispensed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a result says beside its outcome, so that it stands alone (FHIR MedicationDispense).

    Attributes:
        device: key of the dispenser.
        channel: from 1.
        ordered: packs.
        prescription, subject, drug, trace: as ordered.
        batch: what was in the channel, "" when nobody had said.
    """

    device: str
    channel: int
    ordered: int
    prescription: str
    subject: str
    drug: str
    batch: str = ""
    trace: str = ""


def prescribed(arguments: dict[str, str | int]) -> Prescribed:
    """An order from a command's arguments.

    Raises:
        CommandError: one is missing, unknown, or not what it can be.
    """
    try:
        order = msgspec.convert(arguments, Prescribed)
    except msgspec.ValidationError as error:
        raise CommandError(f"no order: {error}") from error
    for name in ("prescription", "subject", "drug"):
        if not getattr(order, name):
            raise CommandError(f"no order: {name} is empty")
    if order.channel < 1 or order.amount < 1:
        raise CommandError("no order: channel and amount begin at 1")
    return order
