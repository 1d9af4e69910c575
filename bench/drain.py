"""A backlog goes up: rows a second until the region's receipts have come, and what alarms suffer.

The rows are committed while no agent runs, each a frame with one observation. Then the agent starts
on that buffer, with broker and region on the same machine. The time runs from the first message of
history at a subscriber to the receipt that confirms the last row.
"""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable, Iterator

from edge_agent.model.records import Lane
from edge_sync.store import Store
from edge_sync.wire import messages
from figures import Figure, Outcome, spread
from listener import NS, Came, Listener, frames, upward
from procfs import Usage
from samples import heart_rates
from scene import HERE, Scene

RATE = 5_000.0
ALARM_P99 = 300.0
PATIENCE = 120.0
BATCH = 1_000


def measure(options: Namespace) -> Iterator[Outcome]:
    """The backlog alone, then with ten alarms a second on its way."""
    yield run(options.rows, "the backlog alone", ("edge-agent", "run"))
    alarming = ("python", str(HERE / "timed_agent.py"), "--alarms")
    yield run(options.rows, "with ten alarms a second", alarming)


def run(rows: int, title: str, command: tuple[str, ...]) -> Outcome:
    """One backlog."""
    with Scene() as scene, Listener(scene.url, scene.root) as listener:
        scene.state.mkdir()
        last = asyncio.run(_fill(scene, rows))
        agent = scene.start_agent(*command)
        began = _await(listener, lambda came: "/up/observation" in came.topic)
        before = Usage.of(scene.pids)
        ended = _await(listener, lambda came: _confirms(came, last))
        after = Usage.of(scene.pids)
        agent.stop()
        late = [(one.came - one.at) / 1e6 for one in frames(listener.messages, kind="alarm")]
    figures = (
        Figure("rows to their receipts", rows / (ended - began) * NS, "/s", RATE, least=True),
        *_costs(before, after, listener.messages, rows),
        *(spread("alarm, at the subscriber", late, "ms", p99=ALARM_P99) if late else ()),
    )
    return Outcome("drain", f"{rows:,} observations, {title}", figures)


def _costs(before: Usage, after: Usage, came: list[Came], rows: int) -> Iterator[Figure]:
    for name in ("agent", "region", "broker"):
        seconds = after.seconds[name] - before.seconds[name]
        yield Figure(f"{name}, processor", seconds / rows * 1e6, "us a row")
    history = [one for one in upward(came) if one.topic.endswith("/observation")]
    octets = sum(len(one.payload) for one in history)
    yield Figure("payload up, each row", octets / rows, "octets")


async def _fill(scene: Scene, rows: int) -> int:
    """Commit a backlog; the sequence of its last row."""
    async with await Store.open(scene.state / "buffer.sqlite") as store:
        frames_ = list(heart_rates(rows, store.epoch))
        for first in range(0, rows, BATCH):
            await store.deliver(frames_[first : first + BATCH], urgent=True)
        return store.last(Lane.OBSERVATION)


def _await(listener: Listener, wanted: Callable[[Came], bool]) -> int:
    """When the first message came that is wanted."""
    seen, deadline = 0, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        came = listener.messages[seen:]
        seen += len(came)
        found = next((one for one in came if wanted(one)), None)
        if found:
            return found.at
        time.sleep(0.01)
    raise SystemExit(f"bench: the backlog did not go up within {PATIENCE:.0f} s")


def _confirms(came: Came, last: int) -> bool:
    if not came.topic.endswith("/down/receipt"):
        return False
    receipt = messages.decode_receipt(came.payload)
    return receipt.lane is Lane.OBSERVATION and receipt.up_to >= last
