"""`edge-agent run` with a stop-watch in its store: `python bench/timed_agent.py --config FILE`.

The same parts in the same process; only `deliver` notes, after its commit, how long ago the last
octets of each frame had come. On SIGTERM that is written beside the store, a JSON list of
[seconds, lane, moment] a frame. With `--alarms` it makes ten alarms a second beside.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from edge_agent.agent import begin
from edge_agent.cli.common import Loaded, load
from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.records import Alarm, Priority, Record, lane_of
from edge_agent.model.seams import Mark
from edge_agent.process import logs
from edge_agent.process.clock import BootClock
from edge_agent.process.lock import lock
from edge_sync.store import Limits, Store
from edge_sync.store.room import Room
from procfs import boot_ns

TIMES = "times.json"
ALARM_EVERY = 0.1


class TimedStore(Store):
    """The store, timed."""

    def __init__(self, path: Path, limits: Limits, room: Room) -> None:
        super().__init__(path, limits, room)
        self.times: list[tuple[float, str, int]] = []

    async def deliver(
        self,
        records: Sequence[Record],
        *,
        marks: Sequence[Mark] = (),
        urgent: bool = False,
        held: Collection[str] = (),
        kept: Collection[str] = (),
    ) -> None:
        """The store's `deliver`; then it is noted how old what it made durable is."""
        await super().deliver(records, marks=marks, urgent=urgent, held=held, kept=kept)
        now = boot_ns()
        for one in records:
            if isinstance(one, Frame):
                last = one.at.ns + (one.offsets[-1] if one.offsets else 0)
                self.times.append(((now - last) / 1e9, lane_of(one), last))


async def make_alarms(store: Store) -> None:
    """Deliver an alarm every tenth of a second, for ever."""
    clock = BootClock()
    while True:
        at = clock.now()
        alarm = Alarm(ids.record_id("alarm", str(at.ns)), "asset:bench", "test", Priority.HIGH, at)
        await store.deliver([alarm], urgent=True)
        await asyncio.sleep(ALARM_EVERY)


async def run(loaded: Loaded, *, alarms: bool) -> None:
    """Run the agent until SIGTERM, as `edge_agent.app` does but without its control socket."""
    config, stop = loaded.config, asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with lock(config.state_dir):
        async with await TimedStore.open(config.buffer) as store:
            agent = await begin(config, loaded.specs, store)
            alarming = asyncio.ensure_future(make_alarms(store)) if alarms else None
            await stop.wait()
            if alarming:
                alarming.cancel()
            await agent.stop()
            (config.state_dir / TIMES).write_text(json.dumps(store.times))


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description="The agent with a stop-watch.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--alarms", action="store_true")
    options = parser.parse_args()
    loaded = load(options.config)
    logs.set_up(loaded.config.log)
    asyncio.run(run(loaded, alarms=options.alarms))
    return 0


if __name__ == "__main__":
    sys.exit(main())
