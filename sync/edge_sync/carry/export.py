"""From the buffer to a stick: bounded files, each whole or not there; what is there is not copied.

The buffer is only read, beside a running agent too: rows leave it on the region's receipt as ever.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.model import forms
from edge_agent.model.errors import EdgeError, StoreError, WireError
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Lane
from edge_sync.carry.sealed import MAX_OCTETS, VERSION, Header, check, seal
from edge_sync.keys import Keyring, Signer
from edge_sync.store import Row, outbox
from edge_sync.wire import messages, ranges
from edge_sync.wire.messages import Batch
from edge_sync.wire.ranges import Ranges

SUFFIX: Final = ".edge"
_PART: Final = ".part"
_ROWS: Final = 500
_OCTETS: Final = 512 << 10


class CarryError(EdgeError):
    """The stick cannot be written: export again, onto this one or another."""


class Exported(msgspec.Struct, frozen=True):
    """What came of an export.

    Attributes:
        files, rows: written now.
        before: rows that were on the stick already.
        left: rows that cannot be carried: damaged, or too large.
    """

    files: int = 0
    rows: int = 0
    before: int = 0
    left: int = 0


class Exporter:
    """Writes what waits in a buffer.

    Args:
        buffer: its file.
        gateway: this gateway's path.
        region: the region's public key, X25519.
        signer: this gateway's, of the name `gateway`.
        at: now.
    """

    def __init__(
        self, buffer: Path, gateway: str, region: bytes, signer: Signer, at: Instant
    ) -> None:
        self._buffer = buffer
        self._gateway = gateway
        self._region = region
        self._signer = signer
        self._at = at

    def run(self, folder: Path) -> Exported:
        """Write all that is not on the stick yet; interrupted, it goes on where it was.

        Raises:
            StoreError: the buffer cannot be read.
            CarryError: the stick cannot be written, or is full; what is there is good.
        """
        try:
            uri = f"{self._buffer.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
                return self._run(connection, folder)
        except sqlite3.Error as error:
            raise StoreError(f"the buffer could not be read: {error}") from error
        except OSError as error:
            raise CarryError(f"{folder}: {error.strerror}; what is there is good: go on") from error

    def _run(self, connection: sqlite3.Connection, folder: Path) -> Exported:
        (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        there = self._there(folder, str(epoch))
        done = Exported()
        for lane in Lane:
            for page in _pages(connection, lane):
                batch = self._batch(connection, lane, page, str(epoch))
                fresh = _without(batch, there.get(lane, ()))
                files = [self._write(folder, *part) for part in _parts(fresh)]
                before = len(batch.records) - len(fresh.records)
                done = Exported(
                    files=done.files + len(files),
                    rows=done.rows + sum(files),
                    before=done.before + before,
                    left=done.left + len(page) - before - sum(files),
                )
        return done

    def _batch(
        self, connection: sqlite3.Connection, lane: Lane, page: list[Row], epoch: str
    ) -> Batch:
        """The page's sound rows, in the model's own form: nothing of a record is lost by it."""
        sound = [row for row in page if row.intact]
        boots = {row.at.boot for row in sound}
        clocks = connection.execute("SELECT payload FROM clock").fetchall()
        known = [forms.decode(payload) for (payload,) in clocks]
        return Batch(
            version=messages.VERSION,
            gateway=self._gateway,
            epoch=epoch,
            boot=self._at.boot,
            lane=lane,
            sequences=ranges.of(row.sequence for row in sound),
            history=True,
            clock=tuple(c for c in known if isinstance(c, ClockMapping) and c.at.boot in boots),
            encoding=messages.ZLIB,
            records=tuple(msgspec.Raw(row.payload) for row in sound),
        )

    def _write(self, folder: Path, message: bytes, batch: Batch) -> int:
        """A file of a message that holds a batch; how many records that are."""
        sequences = batch.sequences
        header = Header(VERSION, self._gateway, batch.epoch, batch.lane, sequences)
        octets = seal(message, header, self._region, self._signer)
        place = self._gateway.replace("/", "-")
        name = f"{place}_{batch.epoch}_{batch.lane}_{sequences[0][0]}-{sequences[-1][1]}"
        write_whole(folder / f"{name}{SUFFIX}", octets)
        return len(batch.records)

    def _there(self, folder: Path, epoch: str) -> dict[str, Ranges]:
        """What of this buffer is on the stick, by lane; what was cut off is made again."""
        own, found = self._signer.keyring, dict[str, Ranges]()
        for file in sorted(folder.glob(f"*{SUFFIX}")):
            header = _header(file, own)
            if header and (header.gateway, header.epoch) == (self._gateway, epoch):
                known = found.get(header.lane, ())
                found[header.lane] = ranges.merge([*known, *header.sequences])
        return found


def write_whole(file: Path, octets: bytes) -> None:
    """A file that is there whole or not at all, however the stick is pulled out."""
    part = file.with_name(file.name + _PART)
    with part.open("wb") as opened:
        opened.write(octets)
        opened.flush()
        os.fsync(opened.fileno())
    part.rename(file)
    handle = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _header(file: Path, own: Keyring) -> Header | None:
    if file.stat().st_size > MAX_OCTETS:
        return None
    try:
        return check(file.read_bytes(), own)
    except WireError:
        return None


def _pages(connection: sqlite3.Connection, lane: Lane) -> Iterator[list[Row]]:
    after = 0
    while page := outbox.pending(connection, lane, after, _ROWS, _OCTETS):
        after = page[-1].sequence
        yield page


def _parts(batch: Batch) -> Iterator[tuple[bytes, Batch]]:
    """Messages no longer than may be, with what each holds; a record that is too long in none."""
    if not batch.records:
        return
    message = messages.encode(batch)
    if len(message) <= messages.DEFAULT_LIMITS.message:
        yield message, batch
    elif len(batch.records) > 1:
        numbers, middle = tuple(ranges.expand(batch.sequences)), len(batch.records) // 2
        for half in (slice(middle), slice(middle, None)):
            yield from _parts(_taken(batch, numbers[half], batch.records[half]))


def _without(batch: Batch, there: Ranges) -> Batch:
    pairs = zip(ranges.expand(batch.sequences), batch.records, strict=True)
    kept = [(n, raw) for n, raw in pairs if not ranges.covers(there, [(n, n)])]
    return _taken(batch, tuple(n for n, _ in kept), tuple(raw for _, raw in kept))


def _taken(batch: Batch, numbers: tuple[int, ...], records: tuple[msgspec.Raw, ...]) -> Batch:
    return msgspec.structs.replace(batch, sequences=ranges.of(numbers), records=records)
