"""The other homes: paired devices, the command journal, the audit chain. Small, rarely written."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Any

import msgspec

from edge_agent.model import forms
from edge_agent.model.commands import CommandResult
from edge_agent.model.devices import PairedDevice
from edge_agent.model.instants import Instant
from edge_sync.canonical import canonical
from edge_sync.store import audit, events
from edge_sync.store.counters import Counters
from edge_sync.store.reader import Reader
from edge_sync.store.writer import Haste, Writer


class Devices:
    """The registry of paired devices."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._decoder = msgspec.json.Decoder(PairedDevice)

    async def all(self) -> list[PairedDevice]:
        """Every device, by alias."""
        rows = await self._reader.all("SELECT payload FROM device ORDER BY alias")
        return [self._decoder.decode(payload) for (payload,) in rows]

    async def save(self, device: PairedDevice) -> None:
        """Add a device, or replace the one of the same alias."""
        values = (device.alias, device.identity.key, msgspec.json.encode(device))
        await self._writer(
            lambda connection, _: (
                connection.execute(
                    "INSERT OR REPLACE INTO device (alias, device, payload) VALUES (?, ?, ?)",
                    values,
                ).rowcount
            )
        )

    async def forget(self, alias: str) -> bool:
        """Remove a device, and what stayed of its readings; False when there is none so called."""

        def job(connection: sqlite3.Connection, _: Counters) -> bool:
            connection.execute(
                "DELETE FROM past WHERE device IN (SELECT device FROM device WHERE alias = ?)",
                (alias,),
            )
            return bool(connection.execute("DELETE FROM device WHERE alias = ?", (alias,)).rowcount)

        return await self._writer(job)


class CommandState(StrEnum):
    """How far a command has come; what is durable before anything moves (law 3)."""

    RECEIVED = "received"
    STARTED = "started"
    CONCLUDED = "concluded"


class Entry(msgspec.Struct, frozen=True):
    """A command in the journal.

    Attributes:
        command: its id.
        state: how far it has come.
        at: when it was received.
        octets: exactly as received.
        result: its one result, None before it is known.
    """

    command: str
    state: CommandState
    at: Instant
    octets: bytes
    result: CommandResult | None = None


class Journal:
    """The journal of commands: each is written before it acts, and ends with one result."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def receive(self, command: str, octets: bytes, at: Instant) -> bool:
        """Write a command down; False when it had been received before."""
        values = (command, CommandState.RECEIVED, at.boot, at.ns, octets)

        def job(connection: sqlite3.Connection, _: Counters) -> bool:
            done = connection.execute(
                "INSERT OR IGNORE INTO journal (command, state, boot, ns, octets)"
                " VALUES (?, ?, ?, ?, ?)",
                values,
            )
            if done.rowcount:
                audit.write(connection, events.command(command, octets), at)
            return done.rowcount == 1

        return await self._writer(job, Haste.URGENT)

    async def start(self, command: str) -> bool:
        """Note that it is about to act; False when it may not: unknown, started or concluded."""
        count = await self._writer(
            lambda connection, _: (
                connection.execute(
                    "UPDATE journal SET state = 'started' WHERE command = ? AND state = 'received'",
                    (command,),
                ).rowcount
            ),
            Haste.URGENT,
        )
        return count == 1

    async def entry(self, command: str) -> Entry | None:
        """A command, None when it was never received."""
        rows = await self._entries("command = ?", command)
        return rows[0] if rows else None

    async def open(self) -> list[Entry]:
        """Commands without a result, in the order of their coming."""
        return await self._entries("result IS NULL")

    async def _entries(self, where: str, *parameters: str) -> list[Entry]:
        rows = await self._reader.all(
            "SELECT command, state, boot, ns, octets, result FROM journal"  # noqa: S608 - ours
            f" WHERE {where} ORDER BY rowid",
            *parameters,
        )
        return [
            Entry(command, CommandState(state), Instant(boot, ns), octets, _result(result))
            for command, state, boot, ns, octets, result in rows
        ]


def _result(payload: bytes | None) -> CommandResult | None:
    record = forms.decode(payload) if payload else None
    return record if isinstance(record, CommandResult) else None


class Audit:
    """Appends to the chain and verifies it."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def append(self, event: Mapping[str, Any], at: Instant) -> str:
        """Write an event down at once; returns its digest.

        Args:
            event: strings, whole numbers below 2^53, booleans, None, lists and objects of them.
            at: when it happened.

        Raises:
            ValueError: the event holds something else.
            StoreError: it was not written.
        """
        canonical(event)
        return await self._writer(
            lambda connection, _: audit.write(connection, event, at), Haste.URGENT
        )

    async def verify(self) -> tuple[int, str]:
        """Check the whole chain; returns the number of its last entry and the digest of that.

        Raises:
            StoreCorruptError: an entry was changed, removed or put in between; it says which.
        """
        sequence, previous = await self._reader(audit.anchor)
        while True:
            entries = await self._reader(partial(audit.page, after=sequence))
            if not entries:
                return sequence, previous
            for found, entry, digest in entries:
                audit.check(found, entry, digest, sequence + 1, previous)
                sequence, previous = found, digest
