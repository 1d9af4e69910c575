"""The buffer on a slow card: durable rows a second at 500 and 150 write operations a second.

The card is simulated: SQLite's files are as they are, but each sync takes as long as the card needs
for the block writes that one durable commit costs on ext4 (4.5, measured with a throttled block
device). 50 callers deliver, each a batch at a time, as the drivers of 50 devices do.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

from commit import CALLERS, caller
from edge_simulators.disk import BadDisk, well
from edge_sync.store import Store
from figures import Figure, Outcome, spread
from samples import heart_rates

IOPS = (500, 150)
SIZES = (1, 20, 100)
COMMIT_WRITES = 4.5
"""Block writes of one durable commit on ext4."""
BUDGET = 3_000.0
"""Rows a second, where callers have some: 50 with one row each wait for one another."""


def measure(options: Namespace) -> Iterator[Outcome]:
    """Each card with each size of batch."""
    for iops, size in itertools.product(IOPS, SIZES):
        with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
            rows = min(options.rows, 100 * size * CALLERS)
            yield asyncio.run(_run(Path(folder) / "buffer.sqlite", iops, size, rows))


async def _run(path: Path, iops: int, size: int, rows: int) -> Outcome:
    disk = BadDisk()
    with disk.in_place():
        store = await Store.open(path)
    async with store:
        frames = list(heart_rates(rows, store.epoch))
        shares = [frames[number::CALLERS] for number in range(CALLERS)]
        disk.on_sync = _slow(COMMIT_WRITES / iops)
        syncs, octets, began = disk.syncs, disk.octets, time.monotonic()
        taken = await asyncio.gather(*(caller(store, share, size) for share in shares))
        seconds = time.monotonic() - began
        syncs, octets = disk.syncs - syncs, disk.octets - octets
        disk.on_sync = well
        payload = (await store.usage()).payload
    asked = BUDGET if size > 1 else None
    figures = (
        Figure("durable rows", rows / seconds, "rows/s", asked, least=True),
        Figure("syncs", syncs / seconds, "/s"),
        Figure("written for an octet of payload", octets / payload, "octets"),
        *spread("until durable", itertools.chain(*taken), "ms"),
    )
    return Outcome("card", f"{iops} writes/s, {CALLERS} callers, {size} rows a delivery", figures)


def _slow(seconds: float) -> Callable[[], int]:
    def sync() -> int:
        time.sleep(seconds)
        return well()

    return sync
