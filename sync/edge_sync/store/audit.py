"""The audit chain: each entry holds the digest of the one before it (law 4).

An entry is a JSON object in canonical form (RFC 8785): `sequence`, `boot`, `ns`, `event`,
`previous`. Its digest is the SHA-256 of those octets, in hex; the first's `previous` is 64 zeros.

What is in it, in the commit of what it tells of: bindings, clock mappings, commands and their
results (`events`); and what the agent appends. Digests and opaque references, never octets.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from edge_agent.model.errors import StoreCorruptError
from edge_agent.model.instants import Instant
from edge_sync.canonical import canonical

GENESIS: Final = "0" * 64
_PAGE = 500


def page(connection: sqlite3.Connection, after: int) -> list[tuple[int, str, str]]:
    """The next entries: sequence, entry, digest."""
    return connection.execute(
        "SELECT sequence, entry, digest FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?",
        (after, _PAGE),
    ).fetchall()


def write(connection: sqlite3.Connection, event: Mapping[str, Any], at: Instant) -> str:
    """Append an event in the transaction that is open, as a part of what it tells of.

    Returns:
        The entry's digest.
    """
    sequence, previous = _head(connection)
    entry = canonical(
        {
            "sequence": sequence + 1,
            "boot": at.boot,
            "ns": str(at.ns),
            "event": event,
            "previous": previous,
        }
    )
    digest = hashlib.sha256(entry).hexdigest()
    connection.execute(
        "INSERT INTO audit (sequence, entry, digest) VALUES (?, ?, ?)",
        (sequence + 1, entry.decode(), digest),
    )
    return digest


def trim(connection: sqlite3.Connection, keep: int, at: Instant) -> None:
    """Let the oldest entries of a chain that grew by a tenth too long go; an entry says so.

    What is left is still a chain: it begins with the digest of the last entry that went.
    """
    last, _ = _head(connection)
    (first,) = connection.execute("SELECT coalesce(min(sequence), 0) FROM audit").fetchone()
    if last - first < keep + keep // 10:
        return
    (digest,) = connection.execute(
        "SELECT digest FROM audit WHERE sequence = ?", (last - keep,)
    ).fetchone()
    set_anchor(connection, last - keep, digest)
    connection.execute("DELETE FROM audit WHERE sequence <= ?", (last - keep,))
    write(connection, {"what": "trim", "up_to": str(last - keep), "digest": digest}, at)


def anchor(connection: sqlite3.Connection) -> tuple[int, str]:
    """The entry before the first one of the chain, and its digest."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'audit'").fetchone()
    return place(row[0] if row else None)


def place(text: str | None) -> tuple[int, str]:
    """An entry and its digest as `set_anchor` writes them; the beginning of all where it did not.

    Raises:
        StoreCorruptError: that is none.
    """
    sequence, _, digest = (text or f"0 {GENESIS}").partition(" ")
    if not sequence.isdigit():
        raise StoreCorruptError("the place where the audit chain begins cannot be read")
    return int(sequence), digest


def set_anchor(connection: sqlite3.Connection, sequence: int, digest: str) -> None:
    """Let the chain begin behind an entry that is not there."""
    connection.execute(
        "INSERT OR REPLACE INTO meta (name, value) VALUES ('audit', ?)", (f"{sequence} {digest}",)
    )


def _head(connection: sqlite3.Connection) -> tuple[int, str]:
    row = connection.execute("SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1")
    return row.fetchone() or anchor(connection)


def check(found: int, entry: str, digest: str, sequence: int, previous: str) -> None:
    """Whether an entry is the one of this sequence that follows a digest.

    Raises:
        StoreCorruptError: it is not.
    """
    octets = entry.encode()
    if hashlib.sha256(octets).hexdigest() != digest:
        raise StoreCorruptError(f"audit entry {found} is not what its digest says")
    if (found, *_links(octets)) != (sequence, sequence, previous):
        raise StoreCorruptError(f"the audit chain is broken before entry {found}")


def _links(octets: bytes) -> tuple[object, object]:
    """What an entry says of its place in the chain; None, which is no place, if it is none."""
    try:
        fields = json.loads(octets)
        return fields["sequence"], fields["previous"]
    except (ValueError, KeyError, TypeError):
        return None, None
