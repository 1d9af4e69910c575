"""The durable buffer's front: all that others may ask of it, from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Self, TypeVar

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.buffer import Findings, Usage
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.errors import StoreError
from edge_agent.model.gaps import Gap
from edge_agent.model.instants import ClockMapping
from edge_agent.model.records import Lane, LaneState, Record
from edge_agent.model.seams import Mark
from edge_sync.store import check, cost, life, moment, opening, outbox
from edge_sync.store.aside import Quarantine
from edge_sync.store.connecting import connect, connect_to_read
from edge_sync.store.counters import HELD, QUARANTINE, Counters
from edge_sync.store.epochs import current, former, renew
from edge_sync.store.homes import Audit, Devices, Journal
from edge_sync.store.limits import Limits
from edge_sync.store.reader import Reader
from edge_sync.store.room import Room
from edge_sync.store.rows import Row, draft
from edge_sync.store.tail import Tail
from edge_sync.store.trouble import declared
from edge_sync.store.upkeep import Upkeep
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
        former: its names before.
        revision: goes up with every binding, clock mapping or reading of a device's clock.
        devices: the registry of paired devices.
        journal: the journal of commands.
        audit: the audit chain.
        quarantine: rows that could not be sent.
    """

    def __init__(self, path: Path, limits: Limits, room: Room) -> None:
        self.revision = 0
        self._path = path
        self._room = room
        self._now = Counters()
        self._tails = {lane: Tail() for lane in Lane}
        self._listeners: list[Callable[[], None]] = []
        self._reader = Reader(connect_to_read(path))
        self._writer = Writer(lambda: connect(path), Upkeep(limits, room), room, self._committed)
        self.epoch, self.former = self._reader.at_once(lambda c: (current(c), former(c)))
        self.devices = Devices(self._writer, self._reader)
        self.journal = Journal(self._writer, self._reader)
        self.audit = Audit(self._writer, self._reader)
        self.quarantine = Quarantine(self._writer, self._reader)

    @classmethod
    async def open(cls, path: Path | str, limits: Limits | None = None) -> Self:
        """Open the file, make it when there is none, repair it when it is damaged.

        Args:
            path: the file.
            limits: what it may hold.

        Raises:
            StoreFullError: there is no room even to open it.
            StoreError: it cannot be made or written, or is of a newer release.
        """
        file, bounds = Path(path), limits or Limits()
        room = Room(file, bounds)
        await asyncio.to_thread(opening.prepare, file, room)
        try:
            return cls(file, bounds, room)
        except sqlite3.Error as error:
            raise declared(error) from error

    async def close(self) -> None:
        """Commit what waits and let go of the file."""
        with contextlib.suppress(StoreError):
            await self._writer(lambda c, _: life.go_on(c, self._path), Haste.URGENT)
        await self._writer.close()
        self._reader.close()
        if self.damage:
            opening.suspect(self._path)

    @property
    def damage(self) -> str:
        """What was met that is damaged in the file, "" for nothing: the next start repairs it."""
        return self._writer.damage or self._reader.damage

    async def renew(self, reason: str) -> None:
        """Begin another epoch, as this file has turned out to be an older copy of itself.

        Raises:
            StoreError: the epoch is what it was.
        """

        def job(connection: sqlite3.Connection, counters: Counters) -> tuple[str, frozenset[str]]:
            renew(connection, counters, reason, moment.now())
            return current(connection), former(connection)

        self.epoch, self.former = await self._writer(job, Haste.URGENT)

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
        kept: Collection[str] = (),
    ) -> None:
        """Make records durable, and marks in the same commit; on return they are.

        Args:
            records: in order; a device's order is kept.
            marks: move only with the commit that carries what they stand for.
            urgent: commit at once.
            held: ids of those records that stay here until `release`.
            kept: ids of those of which a copy stays in `past`, whatever becomes of them.

        Raises:
            StoreFullError: no room; nothing of the batch was kept.
            StoreError: nothing of the batch was kept.
        """
        drafts = [
            draft(record, held=record.id in held, kept=record.id in kept) for record in records
        ]
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

    async def past(self, device: str, after: int = 0, limit: int = PAGE_ROWS) -> list[Row]:
        """The next copies that stayed of a device's frames; go on after the last `sequence`."""
        return await self._reader(lambda c: outbox.past(c, device, after, limit))

    async def release(self, device: str, ids: Collection[str]) -> int:
        """Send those of the records held of a device; returns how many they were."""
        return await self._writer(
            lambda connection, counters: outbox.release(connection, counters, device, ids)
        )

    def last(self, lane: Lane) -> int:
        """The last sequence that was committed in a lane; 0 before the first."""
        return self._now.last.get(lane, 0)

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
            lambda connection, counters: outbox.acknowledge(connection, counters, lane, ranges),
            Haste.LAZY,
        )

    async def state(self) -> list[LaneState]:
        """Counts, sizes and ages of the lanes, the most important first; reads a row of each."""
        now = self._now
        firsts = await self._reader(lambda c: [outbox.first(c, lane) for lane in Lane])
        return [
            LaneState(lane, now.sizes[lane].rows, now.sizes[lane].octets, n, now.last[lane], at)
            for lane, (n, at) in zip(Lane, firsts, strict=True)
        ]

    async def usage(self) -> Usage:
        """How much the buffer uses and what it costs the disk."""
        pages = await self._reader(cost.pages)
        gaps = await self._reader.one("SELECT count(*) FROM outbox WHERE kind = 'gap'")
        held, put_aside = self._now.sizes[HELD], self._now.sizes[QUARANTINE]
        return Usage(
            octets=pages.count * pages.octets,
            free=pages.free * pages.octets,
            disk=self._room.disk,
            reserve=self._room.is_reserved,
            held=held.rows,
            held_octets=held.octets,
            quarantine=put_aside.rows,
            quarantine_octets=put_aside.octets,
            gaps=int(gaps[0]) if gaps else 0,
            payload=self._now.added,
            written=self._writer.written,
            commit_s=round(self._writer.window.commit, 6),
            former=len(self.former),
        )

    async def gaps(self, limit: int) -> Sequence[Gap]:
        """The gap records that wait to be sent, the latest first, at most so many."""
        sql = "SELECT payload FROM outbox WHERE kind = 'gap' ORDER BY id DESC LIMIT ?"
        return await self._records(Gap, sql, limit)

    async def check(self) -> Findings:
        """Look at all of it, beside everything else; takes as long as reading the file does."""
        return await asyncio.to_thread(check.whole, self._path)

    async def _records(self, kind: type[R], sql: str, *parameters: int) -> list[R]:
        rows = await self._reader.all(sql, *parameters)
        records = [forms.decode(payload) for (payload,) in rows]
        return [record for record in records if isinstance(record, kind)]

    def _committed(self, counters: Counters) -> None:
        self._now = counters
        self.revision += counters.news
        for lane, row in counters.fresh:
            self._tails[lane].add(row)
        for lane in counters.evicted:
            self._tails[lane] = Tail()
        for listener in tuple(self._listeners):
            listener()
