"""The durable buffer's front: all that others may ask of it, from the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypeVar

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.instants import ClockMapping
from edge_agent.model.records import Lane, LaneState, Record
from edge_agent.model.seams import Mark
from edge_sync.store import opening, outbox
from edge_sync.store.audit import Audit
from edge_sync.store.counters import Counters
from edge_sync.store.homes import Devices, Journal
from edge_sync.store.reader import Reader
from edge_sync.store.rows import Row, draft
from edge_sync.store.tail import Tail
from edge_sync.store.writer import Haste, Writer
from edge_sync.wire.ranges import Ranges

R = TypeVar("R", bound=Record)
PAGE_ROWS = 500
PAGE_OCTETS = 1 << 20


class Store:
    """One SQLite file that holds all persistent state; needs no network. Made by `open`.

    It is the model's `Buffer`; `deliver` is its `Deliver`.

    Attributes:
        epoch: name of this file: sequences count within it; a lost or replaced file has another.
        revision: goes up with every binding, clock mapping or reading of a device's clock.
        devices: the registry of paired devices.
        journal: the journal of commands.
        audit: the audit chain.
    """

    def __init__(self, path: Path, epoch: str) -> None:
        self.epoch = epoch
        self.revision = 0
        self._path = path
        self._last: Mapping[Lane, int] = MappingProxyType({})
        self._tails = {lane: Tail() for lane in Lane}
        self._listeners: list[Callable[[], None]] = []
        self._reader = Reader(opening.connect_to_read(path))
        self._writer = Writer(lambda: opening.connect(path), self._committed)
        self.devices = Devices(self._writer, self._reader)
        self.journal = Journal(self._writer, self._reader)
        self.audit = Audit(self._writer, self._reader)

    @classmethod
    async def open(cls, path: Path | str) -> Self:
        """Open the file, make it when there is none.

        Raises:
            StoreError: it cannot be made or written, or is of a newer release.
            StoreCorruptError: it is damaged.
        """
        file = Path(path)
        epoch = await asyncio.to_thread(_prepare, file)
        return cls(file, epoch)

    async def close(self) -> None:
        """Commit what waits and let go of the file."""
        await self._writer.close()
        self._reader.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def deliver(
        self,
        records: Sequence[Record],
        *,
        marks: Sequence[Mark] = (),
        urgent: bool = False,
        held: Collection[str] = (),
    ) -> None:
        """Make records durable, and marks in the same commit; on return they are.

        Args:
            records: in order; a device's order is kept.
            marks: move only with the commit that carries what they stand for.
            urgent: commit at once.
            held: ids of those records that stay here until `release`.

        Raises:
            StoreFullError: no room; nothing of the batch was kept.
            StoreError: nothing of the batch was kept.
        """
        drafts = [draft(record, held=record.id in held) for record in records]
        await self._writer(
            lambda connection, counters: outbox.deliver(connection, counters, drafts, marks),
            Haste.URGENT if urgent else Haste.NORMAL,
        )

    async def mark(self, device: str, name: str) -> str | None:
        """The value of a mark, None before it was ever set."""
        found = await self._reader.one(
            "SELECT value FROM mark WHERE device = ? AND name = ?", device, name
        )
        return str(found[0]) if found else None

    async def bindings(self) -> Sequence[Binding]:
        """All revisions of all bindings, in the order in which they were made."""
        return await self._records(Binding, "SELECT payload FROM binding ORDER BY id")

    async def clocks(self) -> Sequence[ClockMapping]:
        """The best clock mapping of each boot."""
        return await self._records(ClockMapping, "SELECT payload FROM clock")

    async def readings(self) -> Sequence[DeviceStatus]:
        """The last readings of each device's clock, in the order in which they were made."""
        return await self._records(DeviceStatus, "SELECT payload FROM reading ORDER BY id")

    async def held(self, device: str, after: int = 0, limit: int = PAGE_ROWS) -> list[Row]:
        """The next records that wait for a device's subject; go on after the last `sequence`."""
        return await self._reader(lambda c: outbox.held(c, device, after, limit))

    async def release(self, device: str, ids: Collection[str] | None = None) -> int:
        """Send what was held of a device, or only the records of `ids`; returns how many."""
        return await self._writer(
            lambda connection, counters: outbox.release(connection, counters, device, ids)
        )

    def last(self, lane: Lane) -> int:
        """The last sequence that was committed in a lane; 0 before the first."""
        return self._last.get(lane, 0)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a callback called, in the event loop, after each commit; returns how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def pending(
        self, lane: Lane, after: int = 0, limit: int = PAGE_ROWS, octets: int = PAGE_OCTETS
    ) -> list[Row]:
        """The next rows of a lane that have no receipt yet.

        Args:
            lane: the lane.
            after: the sequence after which to begin.
            limit: at most so many rows.
            octets: no further row once payloads of so many octets are reached.
        """
        live = self._tails[lane].after(after, self.last(lane), limit, octets)
        if live is not None:
            return live
        return await self._reader(lambda c: outbox.pending(c, lane, after, limit, octets))

    async def acknowledge(self, lane: Lane, ranges: Ranges) -> int:
        """Delete rows that are in the region's record, soon; returns how many there were."""
        self._tails[lane].drop(ranges[0][1] if ranges else 0)
        return await self._writer(
            lambda connection, _: outbox.acknowledge(connection, lane, ranges), Haste.LAZY
        )

    async def quarantine(self, lane: Lane, sequence: int, reason: str, gap: Record) -> None:
        """Put a row that cannot be sent aside, and say so upward with a gap record."""
        record = draft(gap)

        def job(connection: sqlite3.Connection, counters: Counters) -> None:
            if outbox.quarantine(connection, lane, sequence, reason):
                outbox.deliver(connection, counters, [record], ())

        await self._writer(job)

    async def state(self) -> list[LaneState]:
        """Counts, sizes and ages of the lanes, the most important first."""
        return await self._reader(lambda c: [outbox.state(c, lane) for lane in Lane])

    async def octets(self) -> int:
        """The size of the file."""
        pages = await self._reader.one("PRAGMA page_count")
        size = await self._reader.one("PRAGMA page_size")
        return int(pages[0]) * int(size[0]) if pages and size else 0

    async def _records(self, kind: type[R], sql: str) -> list[R]:
        rows = await self._reader.all(sql)
        records = [forms.decode(payload) for (payload,) in rows]
        return [record for record in records if isinstance(record, kind)]

    def _committed(self, counters: Counters) -> None:
        self._last = MappingProxyType(counters.last)
        self.revision += counters.news
        for lane, row in counters.fresh:
            self._tails[lane].add(row)
        for listener in tuple(self._listeners):
            listener()


def _prepare(path: Path) -> str:
    opening.prepare(path)
    connection = opening.connect(path)
    try:
        return str(connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0])
    finally:
        connection.close()
