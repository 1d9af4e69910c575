"""From the start of the agent's process to its first measurement at a subscriber of the broker."""

from __future__ import annotations

import statistics
import time
from argparse import Namespace
from collections.abc import Iterator

from cases import IDLE
from figures import Figure, Outcome
from listener import Listener, frames
from procfs import boot_ns
from scene import Scene

BUDGET = 5.0
PATIENCE = 30.0


def measure(options: Namespace) -> Iterator[Outcome]:
    """The same start several times; the first makes the buffer, the others find it."""
    with Scene() as scene:
        scene.start_devices(*IDLE.devices)
        times = [once(scene) for _ in range(options.times)]
    figures = (
        Figure("first start, which makes the buffer", times[0], "s", BUDGET),
        Figure("median", statistics.median(times), "s", BUDGET),
        Figure("worst", max(times), "s", BUDGET),
    )
    yield Outcome("start", f"one Modbus TCP device, n = {len(times)}, files in the cache", figures)


def once(scene: Scene) -> float:
    """Seconds of one start."""
    with Listener(scene.url, scene.root) as listener:
        time.sleep(0.5)  # the subscription stands
        began = boot_ns()
        agent = scene.start_agent()
        came = _first(listener, began)
        agent.stop()
    return (came - began) / 1e9


def _first(listener: Listener, began: int) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for frame in frames(listener.messages):
            if frame.at >= began and frame.points:
                return frame.came
        time.sleep(0.02)
    raise SystemExit(f"bench: no measurement within {PATIENCE:.0f} s")
