"""What a long outage leaves behind, at once: `python backlog.py BUFFER JOURNAL ROWS SECONDS`.

Fills a buffer with so many readings of a strap, taken during a former boot, so many seconds apart,
and writes them into a journal of the devices' form, as if an agent had been offline all the time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.seams import Capture
from edge_drivers import codec
from edge_drivers.frames import FrameMaker
from edge_drivers.segments import Origin
from edge_sync.store import Store
from firmware_specs import catalog

DEVICE = "tag:OFFLINE-1"
PART = "measurement"
BATCH = 1_000
NS = 1_000_000_000


def readings(rows: int, seconds: float, boot: str, epoch: str) -> Iterator[Frame]:
    """A reading each so many seconds, from the first second of a boot on."""
    loaded = catalog.find("heart-rate")
    decoder = codec.compile(loaded.spec)
    maker = FrameMaker(Origin(DEVICE, loaded.ref, epoch, "Asia/Shanghai"), loaded.spec)
    for number in range(rows):
        at = Instant(boot, NS + int(number * seconds * NS))
        capture = Capture(PART, bytes([0, 50 + number % 100]), at)
        for made in maker.push(capture, decoder.decode(PART, capture.octets)):
            yield from made.frames


async def fill(buffer: Path, journal: Path, rows: int, seconds: float) -> None:
    """Fill both."""
    boot = str(uuid.uuid4())
    began = time.time_ns() - int(rows * seconds * NS)
    journal.parent.mkdir(parents=True, exist_ok=True)
    async with await Store.open(buffer) as store:
        mapping = ClockMapping(f"clock-{boot}", Instant(boot, NS), began, NS, "rtc")
        await store.deliver([mapping])
        frames = list(readings(rows, seconds, boot, store.epoch))
        for first in range(0, rows, BATCH):
            await store.deliver(frames[first : first + BATCH], urgent=True)
    with journal.open("w", encoding="utf-8") as lines:
        for frame in frames:
            lines.write(json.dumps(_entry(frame)) + "\n")


def _entry(frame: Frame) -> dict[str, object]:
    return {
        "at": frame.at.ns,
        "device": frame.device,
        "class": "live",
        "part": frame.part,
        "octets": frame.octets[0].hex(),
        "name": None,
        "resident": None,
    }


if __name__ == "__main__":
    _, database, written, how_many, apart = sys.argv
    asyncio.run(fill(Path(database), Path(written), int(how_many), float(apart)))
