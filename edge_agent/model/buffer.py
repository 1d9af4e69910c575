"""How the buffer is, as people and programs are told it."""

from __future__ import annotations

import msgspec

from edge_agent.model.records import Lane


class Usage(msgspec.Struct, frozen=True):
    """How much the buffer uses and what it costs the disk.

    Attributes:
        octets: of the file.
        free: of these, octets that wait to be used again.
        disk: octets that the disk has left.
        reserve: whether the reserve lies ready with which a full disk can still be drained.
        held, held_octets: records that wait for their subject.
        quarantine, quarantine_octets: rows that could not be sent.
        gaps: gap records that wait to be sent, at most 10,000 are counted.
        payload: octets of the records that were committed since it was opened.
        written: octets that were written to the disk for them; None where the kernel does not say.
        commit_s: seconds that a commit takes now.
        former: epochs that it had before.
    """

    octets: int
    free: int
    disk: int
    reserve: bool
    held: int
    held_octets: int
    quarantine: int
    quarantine_octets: int
    gaps: int
    payload: int
    written: int | None
    commit_s: float
    former: int


class Aside(msgspec.Struct, frozen=True):
    """A row in quarantine.

    Attributes:
        id: its number there.
        lane, sequence: where it was.
        record: the record's id.
        reason: why it could not be sent.
        octets: of the payload.
        payload: the record as it was stored; empty in a list.
    """

    id: int
    lane: Lane
    sequence: int
    record: str
    reason: str
    octets: int
    payload: bytes = b""


class Findings(msgspec.Struct, frozen=True):
    """What a check of the whole buffer found.

    Attributes:
        rows: payloads whose checksum was compared.
        audit: entries of the audit chain.
        problems: what is wrong, the first hundred; empty when all is well.
    """

    rows: int
    audit: int
    problems: tuple[str, ...]
