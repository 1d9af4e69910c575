"""From a damaged file into a new one: all that can be read, each record looked at."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import msgspec

from edge_agent.model import forms
from edge_agent.model.devices import PairedDevice
from edge_agent.model.errors import StoreCorruptError, WireError
from edge_agent.model.records import Lane
from edge_sync.store import aside, audit, outbox, salvage
from edge_sync.store.counters import Counters
from edge_sync.store.rows import COLUMNS, Draft, draft
from edge_sync.store.schema import RANK

_TOGETHER: Final = 1_000
"""Rows that are committed together."""
_Row = tuple[Any, ...]


class Copied(msgspec.Struct, frozen=True):
    """What came over.

    Attributes:
        epoch: of the damaged file, "" if it cannot be read.
        rows: records that go on.
        damaged: records that were found and are not what was written; they are in quarantine.
    """

    epoch: str = ""
    rows: int = 0
    damaged: int = 0


class _Table(msgspec.Struct, frozen=True):
    """A table that is copied as it is.

    Attributes:
        name, columns: of the table.
        key: what it is read by.
        is_sound: whether a row is what it should be.
    """

    name: str
    columns: str
    key: str
    is_sound: Callable[[_Row], bool]


def _is_record(row: _Row) -> bool:
    try:
        forms.decode(row[-1])
    except (WireError, TypeError):
        return False
    return True


def _is_device(row: _Row) -> bool:
    try:
        msgspec.json.decode(row[-1], type=PairedDevice)
    except (msgspec.DecodeError, TypeError):
        return False
    return True


def _is_command(row: _Row) -> bool:
    _, state, *_, result = row
    return state in ("received", "started", "concluded") and (result is None or _is_record(row))


def _is_any(_: _Row) -> bool:
    return True


_TABLES: Final = (
    _Table("mark", "device, name, value", "device", _is_any),
    _Table("clock", "boot, payload", "boot", _is_record),
    _Table("reading", "device, payload", "rowid", _is_record),
    _Table("binding", "binding, revision, device, payload", "rowid", _is_record),
    _Table("device", "alias, device, payload", "alias", _is_device),
    _Table("journal", "command, state, boot, ns, octets, result", "rowid", _is_command),
    _Table("former", "epoch, reason, boot, ns", "rowid", _is_any),
    _Table("strip", "device, boot, ns", "rowid", _is_any),
    _Table("past", COLUMNS, "rowid", _is_record),
)


def copy(old: sqlite3.Connection, new: sqlite3.Connection) -> Copied:
    """Copy all that can be read into an empty buffer; rows of the outbox get new sequences.

    Raises:
        sqlite3.Error: the new one cannot be written.
    """
    return _Copy(old, new).all()


class _Copy:
    def __init__(self, old: sqlite3.Connection, new: sqlite3.Connection) -> None:
        old.text_factory = _text
        old.execute("PRAGMA writable_schema = ON")  # a file that was cut off is read all the same
        self._old = old
        self._new = new
        self._counters = Counters()
        self._counters.load(new)
        self._damaged = 0

    def all(self) -> Copied:
        for table in _TABLES:
            self._table(table)
        self._chain()
        self._quarantine()
        held = self._records("held", "rank, id", outbox.hold)
        sent = self._records("outbox", "rank, sequence", outbox.insert)
        meta = dict(salvage.rows(self._old, "meta", "name, value", "name"))
        return Copied(meta.get("epoch", ""), held + sent, self._damaged)

    def _table(self, table: _Table) -> None:
        places = ", ".join("?" * len(table.columns.split(",")))
        found = salvage.rows(self._old, table.name, table.columns, table.key)
        for rows in _batches(filter(table.is_sound, found)):
            with self._commit():
                self._new.executemany(
                    f"INSERT OR IGNORE INTO {table.name} ({table.columns}) VALUES ({places})",  # noqa: S608
                    rows,
                )

    def _chain(self) -> None:
        """The audit chain, as far as it is one."""
        meta = dict(salvage.rows(self._old, "meta", "name, value", "name"))
        sequence, previous = audit.place(meta.get("audit"))
        with self._commit():
            audit.set_anchor(self._new, sequence, previous)
            for found, entry, digest in salvage.rows(self._old, "audit", "sequence, entry, digest"):
                try:
                    audit.check(found, entry, digest, sequence + 1, previous)
                except StoreCorruptError:
                    break
                self._new.execute("INSERT INTO audit VALUES (?, ?, ?)", (found, entry, digest))
                sequence, previous = found, digest

    def _quarantine(self) -> None:
        columns = "rank, sequence, record, reason, schema, key_id, payload"
        for rows in _batches(salvage.rows(self._old, "quarantine", columns)):
            with self._commit():
                for row in rows:
                    aside.insert(self._new, self._counters, row)

    def _records(
        self,
        table: str,
        place: str,
        insert: Callable[[sqlite3.Connection, Counters, list[Draft]], None],
    ) -> int:
        """Copy the records of a table; returns how many. What is damaged goes to quarantine."""
        columns = f"{place}, record, schema, key_id, crc, payload"
        copied = 0
        for rows in _batches(salvage.rows(self._old, table, columns)):
            sound: list[Draft] = []
            with self._commit():
                for row in rows:
                    made = _sound(row[-2], row[-1], held=table == "held")
                    if made:
                        sound.append(made)
                    else:
                        self._put_aside(row)
                insert(self._new, self._counters, sound)
            copied += len(sound)
        return copied

    def _put_aside(self, row: _Row) -> None:
        rank, sequence, record, schema, key_id, _, payload = row
        known = rank if rank in RANK.values() else RANK[Lane.TELEMETRY]
        values = (known, sequence, record, "damaged in the file", schema, key_id, _octets(payload))
        aside.insert(self._new, self._counters, values)
        self._damaged += 1

    @contextmanager
    def _commit(self) -> Generator[None]:
        self._new.execute("BEGIN IMMEDIATE")
        yield
        self._counters.flush(self._new)
        self._new.execute("COMMIT")
        self._counters.committed()
        self._counters.fresh.clear()


def _sound(crc: object, payload: object, *, held: bool) -> Draft | None:
    """The record of a payload that is what was written, octet for octet; else None."""
    if not isinstance(payload, bytes) or zlib.crc32(payload) != crc:
        return None
    try:
        return draft(forms.decode(payload), held=held, payload=payload)
    except WireError:
        return None


def _text(octets: bytes) -> str:
    """What is damaged need not be text any more."""
    return octets.decode(errors="replace")


def _octets(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else str(payload).encode()


def _batches(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    going = iter(rows)
    while batch := list(islice(going, _TOGETHER)):
        yield batch
