"""What a power cut interrupts: `python powercut_writer.py FILE ROWS [SYNCHRONOUS]`.

Delivers frames of 1 to 8 to a buffer, a mark with each, audits, and lets receipts take rows away.
Says on standard output, one write each: `+ N` after the commit of all rows up to N, `- N` before a
receipt for the rows up to N is applied, `a N` after the Nth entry of the audit. `SYNCHRONOUS` puts
another setting in the place of the store's own: the negative controls.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "bench"))

from edge_agent.model.records import Lane  # noqa: E402
from edge_agent.model.seams import Mark  # noqa: E402
from edge_agent.process.clock import BootClock  # noqa: E402
from edge_sync.store import Store  # noqa: E402
from samples import DEVICE, heart_rates  # noqa: E402


class Careless(sqlite3.Connection):
    """Keeps to another `synchronous` than it is told."""

    level = ""

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:  # noqa: ANN401
        """As ever, but for that one."""
        if sql.startswith("PRAGMA synchronous ="):
            sql = f"PRAGMA synchronous = {self.level}"
        return super().execute(sql, *arguments)


def be_careless(level: str) -> None:
    """Give every connection from now on another `synchronous`."""
    Careless.level = level
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **{**k, "factory": Careless})  # type: ignore[assignment]


async def write(path: Path, rows: int) -> None:
    """Fill and drain the buffer until so many rows have been delivered."""
    dice = random.Random(7)
    clock = BootClock()
    async with await Store.open(path) as store:
        frames = list(heart_rates(rows, store.epoch))
        done = confirmed = audited = 0
        receipts = set[asyncio.Future[int]]()
        while done < rows:
            batch = frames[done : done + dice.randint(1, 8)]
            done += len(batch)
            await store.deliver(batch, marks=[Mark(DEVICE, "count", str(done))], urgent=True)
            say(f"+ {done}")
            if dice.random() < 0.1:
                await store.audit.append({"what": "test"}, clock.now())
                audited += 1
                say(f"a {audited}")
            if dice.random() < 0.1 and done > confirmed:
                confirmed = dice.randint(confirmed + 1, done)
                say(f"- {confirmed}")
                receipt = store.acknowledge(Lane.OBSERVATION, ((1, confirmed),))
                receipts.add(asyncio.ensure_future(receipt))
        await asyncio.gather(*receipts)


def say(text: str) -> None:
    """One line, one write."""
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    if len(sys.argv) > 3:
        be_careless(sys.argv[3])
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
