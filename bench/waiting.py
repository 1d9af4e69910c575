"""Opening a buffer in which very much waits: seconds and memory of a fresh process.

python bench/waiting.py FILE     # what the measure runs; prints JSON
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from edge_agent.model.records import Lane
from edge_sync.store import Store
from figures import Figure, Outcome
from procfs import memory

TOGETHER = 5_000


def measure(options: Namespace) -> Iterator[Outcome]:
    """An empty file beside one that was filled, each opened in a process of its own."""
    rows: int = options.waiting
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        file = Path(folder) / "buffer.sqlite"
        asyncio.run(_fill(file, rows))
        for count in (0, rows):
            path = file if count else Path(folder) / "empty.sqlite"
            done = subprocess.run(
                [sys.executable, __file__, str(path)], capture_output=True, text=True, check=True
            )
            found = json.loads(done.stdout)
            figures = tuple(Figure(name, *value) for name, value in found.items())
            yield Outcome("waiting", f"{count:,} rows wait", figures)


async def _fill(file: Path, rows: int) -> None:
    from samples import heart_rates

    async with await Store.open(file) as store:
        frames = heart_rates(rows, store.epoch)
        while batch := [frame for _, frame in zip(range(TOGETHER), frames, strict=False)]:
            await store.deliver(batch, urgent=True)


async def _open(file: Path) -> dict[str, tuple[float, str]]:
    before, began = memory(os.getpid()).rss, time.monotonic()
    store = await Store.open(file)
    opened = time.monotonic()
    await store.state()
    octets = (await store.usage()).octets
    asked = time.monotonic()
    await store.pending(Lane.OBSERVATION)
    paged = time.monotonic()
    rss = memory(os.getpid()).rss
    await store.close()
    return {
        "the file": (octets / 1e6, "MB"),
        "to open it": (opened - began, "s"),
        "to tell how it is": (1000 * (asked - opened), "ms"),
        "to read the first 500 rows": (1000 * (paged - asked), "ms"),
        "more memory than before": (rss - before, "MB"),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_open(Path(sys.argv[1])))))
