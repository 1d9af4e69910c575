"""What the audit chain says of records and commands: digests and references, never octets. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

from edge_agent.model.bindings import Binding
from edge_agent.model.commands import CommandResult
from edge_agent.model.instants import ClockMapping
from edge_agent.model.records import Record

Event = dict[str, str]
_BINDING: Final = ("id", "device", "slot", "subject", "since", "until", "how")


def of(record: Record, payload: bytes) -> Event | None:
    """The event that a record is; None for what is no act of a person or of this machine."""
    digest = hashlib.sha256(payload).hexdigest()
    match record:
        case Binding():
            told = {name: str(getattr(record, name)) for name in _BINDING}
            revision = str(record.revision)
            return {"what": "binding", **told, "revision": revision, "digest": digest}
        case ClockMapping():
            wall, width = str(record.wall_ns), str(record.uncertainty_ns)
            return {"what": "clock", "wall_ns": wall, "uncertainty_ns": width} | {
                "source": record.source
            }
        case CommandResult():
            told = {"command": record.command, "outcome": record.outcome.value}
            return {"what": "result", **told, "digest": digest}
        case _:
            return None


def command(name: str, octets: bytes) -> Event:
    """A command that was received."""
    return {"what": "command", "command": name, "digest": hashlib.sha256(octets).hexdigest()}
