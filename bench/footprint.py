"""Memory and processor share of the real `edge-agent run`: idle, and at 1,000 points a second."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from arrivals import Arrivals, arrivals
from cases import IDLE, POINTS, SPREAD, STRAP, Load
from figures import Figure, Outcome
from listener import Came, Listener, upward
from scene import Scene
from window import Window, watch

RSS = 60.0
"""Budget without an ECG device, MB; of a radio of BlueZ's, not of the virtual one."""
SHARES = ((IDLE, 1.0), (STRAP, 1.0), (POINTS, 5.0), (SPREAD, 5.0))
"""Budgets, percent of a core."""


def measure(options: Namespace) -> Iterator[Outcome]:
    """All loads."""
    for load, share in SHARES:
        yield run(load, share, options.warm_up, options.seconds)


def run(load: Load, share: float, warm_up: float, seconds: float) -> Outcome:
    """One load."""
    with Scene() as scene:
        scene.start_devices(*load.devices)
        with Listener(scene.url, scene.root) as listener:
            scene.start_agent()
            window = watch(scene, warm_up, seconds)
            found = arrivals(scene.journals, scene.database, window.since, window.until)
        came = listener.between(window.since, window.until)
        rss = None if load is STRAP else RSS
        figures = (*_agent(window, rss, share), *_others(window, came, found))
        return Outcome("footprint", load.title, figures, found.void(load.rate))


def _agent(window: Window, rss: float | None, share: float) -> Iterator[Figure]:
    yield Figure("agent, resident memory (RSS)", window.memory.rss, "MB", rss)
    yield Figure("agent, its part of it (PSS)", window.memory.pss, "MB")
    yield Figure("agent, processor", window.shares["agent"], "% of a core", share)


def _others(window: Window, came: list[Came], found: Arrivals) -> Iterator[Figure]:
    for name in ("region", "broker", "devices"):
        yield Figure(f"{name}, processor", window.shares[name], "% of a core")
    octets = sum(len(one.payload) for one in upward(came))
    yield Figure("points recorded", found.points / found.seconds, "/s")
    yield Figure("payload up, each point", octets / max(found.points, 1), "octets")
    yield Figure("messages up", len(upward(came)) / found.seconds, "/s")
