"""How old a reading is when it is durable, and when a subscriber of the broker has it.

From the moment its octets were received (the frame's `at`, of a segment its last octets): to the
return of `Store.deliver`, told by `timed_agent`; to the callback of a subscriber here. One clock,
CLOCK_BOOTTIME, for both processes. A probe of the disk tells beside it how long one write takes.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from arrivals import arrivals
from cases import POINTS, SPREAD, STREAMS, Load
from figures import Figure, Outcome, spread
from listener import Listener, frames
from probe import DiskProbe
from scene import HERE, Scene
from timed_agent import TIMES
from window import Window, watch

P50, P99 = 50.0, 250.0
"""Budgets of observations at the broker, ms; a waveform waits for its segment to be full."""


def measure(options: Namespace) -> Iterator[Outcome]:
    """All loads."""
    for load in (POINTS, SPREAD, STREAMS):
        yield run(load, options.warm_up, options.seconds)


def run(load: Load, warm_up: float, seconds: float) -> Outcome:
    """One load."""
    with Scene() as scene, DiskProbe(scene.folder) as disk:
        scene.start_devices(*load.devices)
        with Listener(scene.url, scene.root) as listener:
            agent = scene.start_agent("python", str(HERE / "timed_agent.py"))
            window = watch(scene, warm_up, seconds)
            found = arrivals(scene.journals, scene.database, window.since, window.until)
        agent.stop()
        figures = (
            *_durable(scene.state / TIMES, window),
            *_at_broker(listener, window),
            *spread("one write to this disk (fdatasync)", disk.milliseconds, "ms"),
            Figure("agent, processor", window.shares["agent"], "% of a core"),
        )
        return Outcome("latency", load.title, figures, found.void(load.rate))


def _durable(file: Path, window: Window) -> Iterator[Figure]:
    times = [one for one in json.loads(file.read_text()) if window.since <= one[2] < window.until]
    for lane in ("observation", "waveform"):
        values = [seconds * 1000 for seconds, its, _ in times if its == lane]
        if values:
            yield from spread(f"{lane}, durable", values, "ms")


def _at_broker(listener: Listener, window: Window) -> Iterator[Figure]:
    heard = [f for f in frames(listener.messages) if window.since <= f.at < window.until]
    for lane, p50, p99 in (("observation", P50, P99), ("waveform", None, None)):
        values = [(f.came - f.at) / 1e6 for f in heard if f.lane == lane]
        if values:
            yield from spread(f"{lane}, at the subscriber", values, "ms", p50, p99)
