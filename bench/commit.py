"""The buffer alone: rows a second and time to be durable, beside plain SQLite on the same disk.

50 callers, as there are 50 devices: each delivers a batch, waits until it is durable, delivers the
next. The peers insert the same payloads with SQLite's own API, WAL and `synchronous=FULL`.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge_agent.model import forms
from edge_agent.model.frames import Frame
from edge_sync.store import Store
from figures import Figure, Outcome, spread
from samples import heart_rates

CALLERS = 50
SIZES = (1, 20, 100)
PEER_SECONDS = 3.0


def measure(options: Namespace) -> Iterator[Outcome]:
    """The peers first, then each size of batch."""
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        payloads = [forms.encode(frame) for frame in heart_rates(options.rows, "peer")]
        peers = {size: _peer(Path(folder), payloads, size) for size in (1, 100)}
        yield Outcome("commit", "the peer: sqlite3, WAL, synchronous=FULL", tuple(_told(peers)))
        for size in SIZES:
            yield asyncio.run(_ours(Path(folder), size, options.rows, peers))


def _told(peers: dict[int, float]) -> Iterator[Figure]:
    for size, rate in peers.items():
        yield Figure(f"{size} row{'s' if size > 1 else ''} a transaction", rate, "rows/s")


def _peer(folder: Path, payloads: Sequence[bytes], size: int) -> float:
    """Rows a second of plain SQLite."""
    database = sqlite3.connect(folder / f"peer-{size}.sqlite", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"):
        database.execute(statement)
    database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
    done, began = 0, time.monotonic()
    for first in range(0, len(payloads), size):
        some = payloads[first : first + size]
        database.execute("BEGIN")
        database.executemany("INSERT INTO row (payload) VALUES (?)", [(one,) for one in some])
        database.execute("COMMIT")
        done += len(some)
        if time.monotonic() - began > PEER_SECONDS:
            break
    database.close()
    return done / (time.monotonic() - began)


async def _ours(folder: Path, size: int, rows: int, peers: dict[int, float]) -> Outcome:
    """Rows a second through `Store.deliver`, and how long each delivery took."""
    async with await Store.open(folder / f"ours-{size}.sqlite") as store:
        frames = list(heart_rates(rows, store.epoch))
        shares = [frames[number::CALLERS] for number in range(CALLERS)]
        began = time.monotonic()
        taken = await asyncio.gather(*(caller(store, share, size) for share in shares))
        rate = len(frames) / (time.monotonic() - began)
    figures = (
        Figure("rows", rate, "rows/s"),
        Figure("beside the peer's 1 row a transaction", rate / peers[1], "times"),
        Figure("beside the peer's 100 rows a transaction", rate / peers[100], "times"),
        *spread("until durable", itertools.chain(*taken), "ms"),
    )
    return Outcome("commit", f"{CALLERS} callers, {size} rows a delivery", figures)


async def caller(store: Store, frames: Sequence[Frame], size: int) -> list[float]:
    """Deliver batch after batch; how many milliseconds each took until it was durable."""
    taken: list[float] = []
    for first in range(0, len(frames), size):
        began = time.monotonic()
        await store.deliver(frames[first : first + size])
        taken.append(1000 * (time.monotonic() - began))
    return taken
