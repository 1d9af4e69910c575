"""The region's tables, made by sqlite-utils' migrations like the buffer's."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_FIRST: Final = """
CREATE TABLE gateway (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, epoch TEXT NOT NULL, UNIQUE (path, epoch));
CREATE TABLE recorded (
    gateway INTEGER NOT NULL REFERENCES gateway, lane TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (gateway, lane, first)) WITHOUT ROWID;
CREATE TABLE record (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, kind TEXT NOT NULL,
    gateway INTEGER NOT NULL REFERENCES gateway, lane TEXT NOT NULL, sequence INTEGER NOT NULL,
    history INTEGER NOT NULL, form TEXT NOT NULL, device TEXT NOT NULL,
    repeats INTEGER NOT NULL DEFAULT 0, payload TEXT NOT NULL, UNIQUE (id, revision));
CREATE INDEX record_kind ON record (kind) WHERE kind != 'frame';
CREATE TABLE observation (
    id TEXT PRIMARY KEY, record INTEGER NOT NULL REFERENCES record, position INTEGER NOT NULL,
    device TEXT NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL,
    repeats INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX observation_name ON observation (device, kind, channel, name)
    WHERE name NOT LIKE 'live:%';
CREATE TABLE waveform (
    stream TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
    record INTEGER NOT NULL REFERENCES record, position INTEGER NOT NULL,
    PRIMARY KEY (stream, first, record, position)) WITHOUT ROWID;
CREATE TABLE conflict (
    device TEXT NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (device, kind, channel, name)) WITHOUT ROWID;
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, reason TEXT NOT NULL,
    payload BLOB NOT NULL);
CREATE VIEW gap AS SELECT n, id, gateway, device, payload ->> 'reason' AS reason,
    payload ->> 'lane' AS lane, payload -> 'since' AS since, payload -> 'until' AS until,
    payload -> 'sequences' AS sequences, payload ->> 'count' AS count
    FROM record WHERE kind = 'gap';
CREATE VIEW alarm AS SELECT n, id, gateway, device, payload ->> 'kind' AS kind,
    payload ->> 'priority' AS priority, payload -> 'at' AS at, payload -> 'evidence' AS evidence
    FROM record WHERE kind = 'alarm';
CREATE VIEW status AS SELECT n, id, gateway, device, payload ->> 'link' AS link,
    payload ->> 'detail' AS detail, payload -> 'at' AS at, payload -> 'identity' AS identity
    FROM record WHERE kind = 'status';
CREATE VIEW binding AS SELECT n, id, gateway, device, payload ->> 'subject' AS subject,
    payload ->> 'since' AS since, payload ->> 'until' AS until, payload ->> 'slot' AS slot,
    payload ->> 'how' AS how, payload ->> 'revision' AS revision
    FROM record WHERE kind = 'binding';
CREATE VIEW result AS SELECT n, id, gateway, payload ->> 'command' AS command,
    payload ->> 'outcome' AS outcome, payload ->> 'reason' AS reason
    FROM record WHERE kind = 'result';
CREATE VIEW amendment AS SELECT n, id, gateway, payload ->> 'observation' AS observation,
    payload ->> 'revision' AS revision, payload ->> 'reason' AS reason,
    payload -> 'changes' AS changes FROM record WHERE kind = 'amendment';
CREATE VIEW clock AS SELECT n, id, gateway, payload -> 'at' AS at,
    payload ->> 'wall_ns' AS wall_ns, payload ->> 'uncertainty_ns' AS uncertainty_ns,
    payload ->> 'source' AS source FROM record WHERE kind = 'clock';
"""
_SECOND: Final = """
CREATE TABLE misnamed (
    given TEXT NOT NULL, derived TEXT NOT NULL, record INTEGER NOT NULL REFERENCES record,
    PRIMARY KEY (given, derived)) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """The region's database, made or brought up to date, ready to be written.

    Raises:
        sqlite3.Error: it cannot be.
    """
    _migrate(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _migrate(path: Path) -> None:
    from sqlite_utils import Database, Migrations

    migrations = Migrations("edge_sync.region")

    @migrations()
    def first(database: Database) -> None:
        _script(database, _FIRST)

    @migrations()
    def second(database: Database) -> None:
        _script(database, _SECOND)

    database = Database(path)
    database.enable_wal()
    migrations.apply(database)
    database.close()


def _script(database: Database, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            database.conn.execute(statement)
