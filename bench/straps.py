"""Eight devices that stream, in one air: `python bench/straps.py --dir FOLDER`.

Four ECG straps of 130 samples a second and four heart rate straps; otherwise `edge-simulator`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from edge_simulators.air import Air
from edge_simulators.clinic import Clinic
from edge_simulators.device import SimulatedDevice
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.polar import PolarStrap
from edge_simulators.workshop import Order

EACH = 4


def straps(order: Order, air: Air) -> list[SimulatedDevice]:
    """The devices, each with an address of its own."""
    made: list[SimulatedDevice] = []
    for seed in range(1, EACH + 1):
        some = Order(folder=order.folder, seed=seed)
        made.append(PolarStrap(some.place(f"ecg-{seed}"), air, order.heart()))
        made.append(HeartRateStrap(some.place(f"strap-{seed}"), air))
    return made


async def run(folder: Path) -> None:
    """Run them until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    clinic = Clinic(Order(folder=folder), straps)
    await clinic.start()
    print("ready", flush=True)
    await stop.wait()
    await clinic.stop()


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description="Eight straps.")
    parser.add_argument("--dir", type=Path, required=True)
    asyncio.run(run(parser.parse_args().dir.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
