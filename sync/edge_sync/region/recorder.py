"""The region's record: writes what came, once each, and knows what of every lane it has.

Rules: all of a batch is written in one transaction, whoever sent it and however often; a receipt is
made of what a commit holds and of nothing else. The same messages in any order, repeated or not,
leave the same records and the same receipts.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

import msgspec

from edge_agent.model.records import Lane
from edge_sync.region.reading import Arrived, Refused, read
from edge_sync.wire import messages, ranges
from edge_sync.wire.messages import Batch, Receipt
from edge_sync.wire.ranges import Ranges

log = logging.getLogger(__name__)
QUARANTINE_ROWS = 1_000
RECEIPT_RANGES = 100
"""Ranges that a receipt names beyond `up_to`, the lowest; more are told as the holes close."""


class Tally(msgspec.Struct):
    """What came since the program started.

    Attributes:
        messages: that were understood.
        records: that were new.
        repeats: records that were there already.
        conflicts: new observations whose name another one has, with other octets.
        malformed: messages and records in quarantine.
        misnamed: names in new records that did not fit what they stood for.
    """

    messages: int = 0
    records: int = 0
    repeats: int = 0
    conflicts: int = 0
    malformed: int = 0
    misnamed: int = 0


_LANES = frozenset(str(lane) for lane in Lane)
_LaneKey = tuple[int, str]


class Recorder:
    """The writing half of the region's database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.tally = Tally()
        self._db = connection
        self._gateways: dict[tuple[str, str], int] = {}
        self._recorded: dict[_LaneKey, Ranges] = {}
        self._touched: dict[_LaneKey, tuple[str, str]] = {}

    def record(
        self, batches: Iterable[Batch], refused: Iterable[tuple[str, str, bytes]] = ()
    ) -> list[Receipt]:
        """Write batches, and messages that are none as (topic, reason, octets), in one commit.

        Returns:
            The receipts to be sent now: one for each lane that any batch spoke of.

        Raises:
            sqlite3.Error: nothing of it was written.
        """
        tally = msgspec.structs.replace(self.tally)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for batch in batches:
                self._batch(batch)
            for message in refused:
                self._set_aside(*message)
            self._write_recorded()
            self._db.execute("COMMIT")
        except BaseException:
            self.tally = tally
            self._forget()
            raise
        return self._receipts()

    def _forget(self) -> None:
        self._gateways.clear()
        self._recorded.clear()
        self._touched.clear()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _batch(self, batch: Batch) -> None:
        gateway = self._gateway(batch.gateway, batch.epoch)
        self.tally.messages += 1
        for record in read(batch):
            if isinstance(record, Arrived):
                self._arrived(gateway, batch, record)
            else:
                self._refused(batch, record)
        self._add(gateway, batch, batch.lane, batch.sequences)

    def _gateway(self, path: str, epoch: str) -> int:
        known = self._gateways.get((path, epoch))
        if known is not None:
            return known
        self._db.execute("INSERT OR IGNORE INTO gateway (path, epoch) VALUES (?, ?)", (path, epoch))
        found = self._db.execute(
            "SELECT id FROM gateway WHERE path = ? AND epoch = ?", (path, epoch)
        ).fetchone()
        self._gateways[path, epoch] = int(found[0])
        return int(found[0])

    def _arrived(self, gateway: int, batch: Batch, record: Arrived) -> None:
        if record.missing and record.lane:
            self._add(gateway, batch, record.lane, record.missing)
        done = self._db.execute(
            "INSERT OR IGNORE INTO record"
            " (id, revision, kind, gateway, lane, sequence, history, form, device, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.id,
                record.revision,
                record.kind,
                gateway,
                batch.lane,
                record.sequence,
                batch.history,
                batch.form,
                record.device,
                record.payload,
            ),
        )
        if done.rowcount == 1:
            self.tally.records += 1
            self._contents(done.lastrowid or 0, record)
        else:
            self.tally.repeats += 1
            self._db.execute(
                "UPDATE record SET repeats = repeats + 1 WHERE id = ? AND revision = ?",
                (record.id, record.revision),
            )

    def _contents(self, n: int, record: Arrived) -> None:
        for position, seen in enumerate(record.observations):
            done = self._db.execute(
                "INSERT INTO observation (id, record, position, device, kind, channel, name)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET repeats = repeats + 1 RETURNING repeats",
                (seen.id, n, position, record.device, seen.kind, seen.channel, seen.name),
            )
            if done.fetchone()[0] == 0 and not seen.name.startswith("live:"):
                self._compare(record.device, seen.kind, seen.channel, seen.name)
        self._db.executemany(
            "INSERT INTO waveform (stream, first, count, record, position) VALUES (?, ?, ?, ?, ?)",
            [(w.stream, w.first, w.count, n, at) for at, w in enumerate(record.waveforms)],
        )

        if record.misnamed:
            log.warning("%d names do not fit: %s", len(record.misnamed), record.misnamed[0])
            self._db.executemany(
                "INSERT OR IGNORE INTO misnamed (given, derived, record) VALUES (?, ?, ?)",
                [(given, derived, n) for given, derived in record.misnamed],
            )
            self.tally.misnamed += len(record.misnamed)

    def _compare(self, *names: str) -> None:
        """Same device, kind and name but other octets: both are kept, and that is said (law 2)."""
        done = self._db.execute(
            "INSERT OR IGNORE INTO conflict (device, kind, channel, name)"
            " SELECT device, kind, channel, name FROM observation"
            " WHERE device = ? AND kind = ? AND channel = ? AND name = ?"
            " AND name NOT LIKE 'live:%' GROUP BY name HAVING count(*) > 1",
            names,
        )
        self.tally.conflicts += done.rowcount

    def _refused(self, batch: Batch, record: Refused) -> None:
        place = f"{batch.gateway} {batch.epoch} {batch.lane} {record.sequence}"
        self._set_aside(place, record.reason, record.payload)

    def _set_aside(self, place: str, reason: str, octets: bytes) -> None:
        self.tally.malformed += 1
        done = self._db.execute(
            "INSERT INTO quarantine (topic, reason, payload) VALUES (?, ?, ?)",
            (place, reason, octets),
        )
        self._db.execute(
            "DELETE FROM quarantine WHERE id <= ?", ((done.lastrowid or 0) - QUARANTINE_ROWS,)
        )

    def _add(self, gateway: int, batch: Batch, lane: str, more: Ranges) -> None:
        key = (gateway, str(lane))
        known = self._recorded.get(key)
        if known is None:
            known = self._read_recorded(key)
        self._recorded[key] = ranges.merge([*known, *more])
        self._touched[key] = (batch.gateway, batch.epoch)

    def _read_recorded(self, key: _LaneKey) -> Ranges:
        rows = self._db.execute(
            "SELECT first, last FROM recorded WHERE gateway = ? AND lane = ?", key
        )
        return ranges.merge((first, last) for first, last in rows)

    def _write_recorded(self) -> None:
        for key in self._touched:
            self._db.execute("DELETE FROM recorded WHERE gateway = ? AND lane = ?", key)
            self._db.executemany(
                "INSERT INTO recorded (gateway, lane, first, last) VALUES (?, ?, ?, ?)",
                [(*key, first, last) for first, last in self._recorded[key]],
            )

    def _receipts(self) -> list[Receipt]:
        made = [
            self._receipt(path, epoch, lane, self._recorded[gateway, lane])
            for (gateway, lane), (path, epoch) in self._touched.items()
            if lane in _LANES
        ]
        self._touched.clear()
        return made

    def _receipt(self, path: str, epoch: str, lane: str, recorded: Ranges) -> Receipt:
        upto = ranges.up_to(recorded)
        above = recorded[1:] if upto else recorded
        return Receipt(messages.VERSION, path, epoch, Lane(lane), upto, above[:RECEIPT_RANGES])
