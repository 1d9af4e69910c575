"""What a device has stored, however its spec says that it is read."""

from __future__ import annotations

from typing import Protocol

from edge_agent.model.seams import Marks
from edge_drivers.procedures.asked_records import AskedMemory
from edge_drivers.procedures.stored_records import StoredRecords
from edge_drivers.session import Session
from firmware_specs.spec.types import AskedRecords, Spec


class Memory(Protocol):
    """One device's stored records, and how much of them is durable."""

    async def read(self, session: Session, device: str) -> None:
        """Make durable all that the device has stored and we do not have.

        Raises:
            LinkLostError, LinkTimeoutError: interrupted; the next call goes on from the mark.
            LinkRefusedError: the device does not give its records.
            StoreError: nothing of the batch was kept.
        """
        ...


def memory(spec: Spec, marks: Marks) -> Memory:
    """What reads the stored records of a spec's devices; nothing where it has none."""
    if isinstance(spec.records, AskedRecords):
        return AskedMemory(spec.records, marks)
    return StoredRecords(marks)
