"""Memory and processor share of the real `edge-agent run`: idle, and at 1,000 points a second."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass

from arrivals import Arrivals, arrivals
from cases import IDLE, POINTS, SPREAD, STRAP, STREAMS, Load
from figures import Figure, Outcome
from listener import Came, Listener, upward
from scene import Scene
from window import Window, watch


@dataclass(frozen=True, slots=True)
class Budget:
    """What the agent may take; None where nothing is said.

    Attributes:
        rss: resident memory, MB.
        share: of a core, percent.
    """

    rss: float | None
    share: float | None


CASES = (
    (IDLE, Budget(60, 1)),
    (STRAP, Budget(None, 1)),
    (POINTS, Budget(60, 5)),
    (SPREAD, Budget(60, 5)),
    (STREAMS, Budget(140, None)),
)


def measure(options: Namespace) -> Iterator[Outcome]:
    """All loads."""
    for load, budget in CASES:
        yield run(load, budget, options.warm_up, options.seconds)


def run(load: Load, budget: Budget, warm_up: float, seconds: float) -> Outcome:
    """One load."""
    with Scene() as scene:
        scene.start_devices(*load.devices)
        with Listener(scene.url, scene.root) as listener:
            scene.start_agent()
            scene.await_agent()
            window = watch(scene, warm_up, seconds)
            found = arrivals(scene.journals, scene.database, window.since, window.until)
        came = listener.between(window.since, window.until)
        figures = (*_agent(window, budget), *_others(window, came, found))
        return Outcome("footprint", load.title, figures, found.void(load.rate))


def _agent(window: Window, budget: Budget) -> Iterator[Figure]:
    yield Figure("agent, resident memory (RSS)", window.memory.rss, "MB", budget.rss)
    yield Figure("agent, its part of it (PSS)", window.memory.pss, "MB")
    yield Figure("agent, processor", window.shares["agent"], "% of a core", budget.share)


def _others(window: Window, came: list[Came], found: Arrivals) -> Iterator[Figure]:
    for name in ("region", "broker", "devices"):
        yield Figure(f"{name}, processor", window.shares[name], "% of a core")
    octets = sum(len(one.payload) for one in upward(came))
    yield Figure("points recorded", found.points / found.seconds, "/s")
    yield Figure("payload up, each point", octets / max(found.points, 1), "octets")
    yield Figure("messages up", len(upward(came)) / found.seconds, "/s")
