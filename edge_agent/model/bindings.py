"""Whose measurement it is: device (or one of its user slots) to subject, for a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from edge_agent.model.instants import Instant


class Binding(msgspec.Struct, frozen=True, omit_defaults=True, tag="binding", tag_field="type"):
    """A device's readings belong to a subject, from a time to a time.

    A later record with the same `id` and a higher `revision` replaces an earlier one (that is how
    a binding is ended); the records themselves never change.

    Attributes:
        id: name of the binding.
        device: the device's key.
        subject: an opaque reference of the region (law 7), never a name or number of a person.
        since: wall time (UTC, ISO 8601 with Z) from which it holds, inclusive.
        until: wall time until which it holds, exclusive; "" while it goes on.
        slot: the device's own user number; "" for the whole device.
        how: `pairing`, `health-code`, `card`, `staff`, `slot`.
        revision: 0, and one more for each replacement.
        at: when it was made here.
    """

    id: str
    device: str
    subject: str
    since: str
    at: Instant
    until: str = ""
    slot: str = ""
    how: str = "staff"
    revision: int = 0

    def holds(self, device: str, slot: str, when: datetime) -> bool:
        """Whether it says whose a reading of `device` and `slot` at `when` (aware) is."""
        return (
            self.device == device
            and self.slot in ("", slot)
            and datetime.fromisoformat(self.since) <= when
            and (not self.until or when < datetime.fromisoformat(self.until))
        )


def subject_of(bindings: Iterable[Binding], device: str, slot: str, when: datetime) -> str | None:
    """The one subject whose reading it is; None when nobody's or when bindings disagree.

    A binding of the user slot goes before one of the whole device. Never guesses.
    """
    held = [b for b in current(bindings) if b.holds(device, slot, when)]
    of_slot = {b.subject for b in held if b.slot}
    subjects = of_slot or {b.subject for b in held}
    return subjects.pop() if len(subjects) == 1 else None


def current(bindings: Iterable[Binding]) -> list[Binding]:
    """The latest revision of each binding, in the order of their first appearance."""
    latest: dict[str, Binding] = {}
    for binding in bindings:
        known = latest.get(binding.id)
        if known is None or binding.revision > known.revision:
            latest[binding.id] = binding
    return list(latest.values())
