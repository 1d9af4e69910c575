"""The buffer's tables. Run as a program it brings a file up to date: `python -m …schema FILE`.

sqlite-utils costs tens of megabytes of memory, so the running agent starts this in a process of
its own when a file needs it (decision 031) and never imports it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from edge_agent.model.records import Lane

if TYPE_CHECKING:
    from sqlite_utils import Database

VERSION: Final = 3
"""`PRAGMA user_version` of a file that is up to date: the number of migrations."""
LANE_BITS: Final = 48
"""An outbox id is the lane's rank, then so many bits of its sequence."""
LANES: Final[tuple[Lane, ...]] = tuple(Lane)
RANK: Final[dict[Lane, int]] = {lane: rank for rank, lane in enumerate(Lane)}

_FIRST: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lane (
    rank INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL DEFAULT 0);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    rank INTEGER GENERATED ALWAYS AS (id >> 48) VIRTUAL,
    sequence INTEGER GENERATED ALWAYS AS (id & 281474976710655) VIRTUAL,
    record TEXT NOT NULL, kind TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL, ns INTEGER NOT NULL,
    schema TEXT NOT NULL, key_id TEXT, crc INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE held (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rank INTEGER NOT NULL,
    record TEXT NOT NULL, kind TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL, ns INTEGER NOT NULL,
    schema TEXT NOT NULL, key_id TEXT, crc INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX held_device ON held (device);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rank INTEGER NOT NULL, sequence INTEGER NOT NULL,
    record TEXT NOT NULL, reason TEXT NOT NULL, schema TEXT NOT NULL, key_id TEXT,
    payload BLOB NOT NULL);
CREATE TABLE mark (
    device TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (device, name)) WITHOUT ROWID;
CREATE TABLE clock (boot TEXT PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE reading (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, payload BLOB NOT NULL);
CREATE INDEX reading_device ON reading (device);
CREATE TABLE binding (
    id INTEGER PRIMARY KEY AUTOINCREMENT, binding TEXT NOT NULL, revision INTEGER NOT NULL,
    device TEXT NOT NULL, payload BLOB NOT NULL, UNIQUE (binding, revision));
CREATE TABLE device (
    alias TEXT PRIMARY KEY, device TEXT NOT NULL, payload BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (
    command TEXT PRIMARY KEY, state TEXT NOT NULL, boot TEXT NOT NULL, ns INTEGER NOT NULL,
    octets BLOB NOT NULL, result BLOB);
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, entry TEXT NOT NULL, digest TEXT NOT NULL);
CREATE VIEW buffer AS
    SELECT lane.name AS lane, sequence, record, kind, device, boot, ns, length(payload) AS octets
    FROM outbox JOIN lane USING (rank);
"""

_SECOND: Final = """
CREATE TABLE tally (
    name TEXT PRIMARY KEY, rows INTEGER NOT NULL, octets INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO tally SELECT name, 0, 0 FROM lane;
UPDATE tally SET (rows, octets) =
    (SELECT count(*), coalesce(sum(length(payload)), 0) FROM outbox
     WHERE rank = (SELECT lane.rank FROM lane WHERE lane.name = tally.name));
INSERT INTO tally SELECT 'held', count(*), coalesce(sum(length(payload)), 0) FROM held;
INSERT INTO tally SELECT 'quarantine', count(*), coalesce(sum(length(payload)), 0) FROM quarantine;
CREATE INDEX held_record ON held (record);
CREATE INDEX outbox_gap ON outbox (kind) WHERE kind = 'gap';
CREATE TABLE former (
    epoch TEXT PRIMARY KEY, reason TEXT NOT NULL, boot TEXT NOT NULL, ns INTEGER NOT NULL);
CREATE TABLE strip (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, boot TEXT NOT NULL,
    ns INTEGER NOT NULL);
"""

_THIRD: Final = """
CREATE TABLE past (
    id INTEGER PRIMARY KEY,
    record TEXT NOT NULL, kind TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL, ns INTEGER NOT NULL,
    schema TEXT NOT NULL, key_id TEXT, crc INTEGER NOT NULL, payload BLOB NOT NULL,
    UNIQUE (device, record));
"""


def migrate(path: str, epoch: str) -> None:
    """Bring a file up to date; one that does not exist is made.

    Args:
        path: the file.
        epoch: the name of the database, should it be made now.
    """
    from sqlite_utils import Database, Migrations

    migrations = Migrations("edge_sync.store")

    @migrations()
    def first(database: Database) -> None:
        _script(database, _FIRST)
        database["lane"].insert_all({"rank": r, "name": str(lane)} for lane, r in RANK.items())  # type: ignore[union-attr]
        database["meta"].insert({"name": "epoch", "value": epoch})  # type: ignore[union-attr]

    @migrations()
    def second(database: Database) -> None:
        _script(database, _SECOND)

    @migrations()
    def third(database: Database) -> None:
        _script(database, _THIRD)

    database = Database(path)
    database.conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
    database.enable_wal()
    migrations.apply(database)
    database.conn.execute(f"PRAGMA user_version = {VERSION}")
    database.close()


def _script(database: Database, script: str) -> None:
    with database.atomic():
        for statement in script.split(";\n"):
            if statement.strip():
                database.conn.execute(statement)


if __name__ == "__main__":
    migrate(*sys.argv[1:])
