"""What of the agent's memory is which library: a fresh Python that imports one after the other.

Each line is what its imports add to the line before it; so a library that two need is charged to
the first.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator

from figures import Figure, Outcome

STEPS = (
    ("Python itself", ""),
    ("asyncio, sqlite3, ssl, logging", "import asyncio, sqlite3, ssl, logging"),
    ("msgspec and the model", "import edge_agent.model.forms"),
    ("paho-mqtt", "import paho.mqtt.client"),
    ("the agent", "import edge_agent.app, edge_agent.control.channel, edge_agent.config.parse"),
    ("all packaged specs", "from firmware_specs import catalog; catalog.find_all()"),
    ("Modbus links (pymodbus)", "import edge_drivers.links.modbus"),
    (
        "Bluetooth (bleak, dbus-fast)",
        "import edge_drivers.links.ble, bleak.backends.bluezdbus.client",
    ),
    ("the virtual radio (bumble): not in a real gateway", "import edge_drivers.links.virtual"),
    ("signal processing (numpy, scipy)", "import edge_signal.ecg"),
)
_SAY = "import procfs, os; print(procfs.memory(os.getpid()).rss)"


def measure(_options: Namespace) -> Iterator[Outcome]:
    """Memory after each step, and what the step added."""
    figures: list[Figure] = []
    before = 0.0
    for number, (name, _) in enumerate(STEPS):
        after = _resident([code for _, code in STEPS[: number + 1]])
        figures.append(Figure(name, after - before, "MB"))
        before = after
    figures.append(Figure("all of it", before, "MB"))
    yield Outcome("imports", "resident memory (RSS) that each import adds", tuple(figures))


def _resident(codes: list[str]) -> float:
    program = "\n".join([*codes, _SAY])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
