"""Bluetooth: how many notifications a second are sustained, and how soon a sleeper's value is here.

Eight peripherals at once over the virtual radio, two of them ECG streams of 130 samples a second;
six heart rate straps notify faster from load to load, until something is lost or late. A sleeper is
a cuff that goes and advertises again with a reading: from its advertisement to the octets.
"""

from __future__ import annotations

import json
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterator

from arrivals import arrivals
from figures import Figure, Outcome, spread
from listener import Listener, frames
from procfs import boot_ns
from programs import BIN
from scene import HERE, Scene
from timed_agent import TIMES
from window import watch

EVERY = (0.1, 0.02, 0.01, 0.005)
"""Seconds between a strap's notifications, from load to load."""
TIMES_ASLEEP = 10
ASLEEP_S = 2.0
PATIENCE = 15.0


def measure(options: Namespace) -> Iterator[Outcome]:
    """All loads, then the sleeper."""
    for every in EVERY:
        yield flood(every, options.warm_up, options.seconds)
    yield sleeper()


def flood(every: float, warm_up: float, watched: float) -> Outcome:
    """One load."""
    devices = ("python", str(HERE / "straps.py"), "--ecg", "2", "--every", str(every))
    with Scene() as scene:
        scene.start_devices(*devices)
        agent = scene.start_agent("python", str(HERE / "timed_agent.py"))
        window = watch(scene, warm_up, watched)
        found = arrivals(scene.journals, scene.database, window.since, window.until)
        agent.stop()
        told = json.loads((scene.state / TIMES).read_text())
    within = [one for one in told if window.since <= one[2] < window.until]
    times = [seconds * 1000 for seconds, lane, _ in within if lane == "observation"]
    figures = (
        Figure("notifications made", found.made / found.seconds, "/s"),
        Figure("of these missing, with a gap record", float(found.covered), ""),
        Figure("agent, processor (bumble in it)", window.shares["agent"], "% of a core"),
        Figure("simulators, processor", window.shares["devices"], "% of a core"),
        *spread("notification to durable", times, "ms"),
    )
    title = f"8 peripherals, 2 ECG, 6 straps every {every * 1000:g} ms, virtual radio"
    return Outcome("ble", title, figures, found.void(0))


def sleeper() -> Outcome:
    """A cuff that is away and comes back with a reading, some times."""
    with Scene() as scene:
        scene.start_devices("edge-simulator", "blood-pressure", "--every", "0.5")
        with Listener(scene.url, scene.root) as listener:
            scene.start_agent()
            _first(listener, boot_ns())
            folder = str(scene.folder / "clinic")
            waits = [_once(listener, folder) for _ in range(TIMES_ASLEEP)]
    figures = spread("advertisement to its octets", waits, "ms")
    return Outcome("ble", f"a cuff that sleeps {ASLEEP_S:g} s, n = {TIMES_ASLEEP}", figures)


def _once(listener: Listener, folder: str) -> float:
    """Milliseconds from its advertising again to its next octets."""
    fault = (str(BIN / "edge-simulator"), "fault", folder, "cuff", "drop", str(ASLEEP_S))
    before = boot_ns()
    subprocess.run(fault, check=True, stdout=subprocess.DEVNULL)
    advertises = (before + boot_ns()) // 2 + int(ASLEEP_S * 1e9)
    return (_first(listener, boot_ns() + int(ASLEEP_S / 2 * 1e9)) - advertises) / 1e6


def _first(listener: Listener, since: int) -> int:
    """When the first octets came after that moment."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for frame in frames(listener.messages):
            if frame.at >= since and frame.points:
                return frame.at
        time.sleep(0.05)
    raise SystemExit(f"bench: no reading within {PATIENCE:.0f} s")
