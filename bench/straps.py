"""Eight devices that stream, in one air: `python bench/straps.py --dir FOLDER`.

ECG straps of 130 samples a second (four, or `--ecg`) and heart rate straps, which notify once a
second (or `--every`); otherwise `edge-simulator`.
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
from edge_simulators.orders import Order
from edge_simulators.polar import PolarStrap

ALL = 8


def straps(order: Order, air: Air, ecg: int, every: float) -> list[SimulatedDevice]:
    """The devices, each with an address of its own."""
    some = [Order(folder=order.folder, seed=seed) for seed in range(1, ALL + 1)]
    made: list[SimulatedDevice] = [
        PolarStrap(one.place(f"ecg-{one.seed}"), air, order.heart()) for one in some[:ecg]
    ]
    made += [
        HeartRateStrap(one.place(f"strap-{one.seed}"), air, every=every)
        for one in some[: ALL - ecg]
    ]
    return made


async def run(folder: Path, ecg: int, every: float) -> None:
    """Run them until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    clinic = Clinic(Order(folder=folder), lambda order, air: straps(order, air, ecg, every))
    await clinic.start()
    print("ready", flush=True)
    await stop.wait()
    await clinic.stop()


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description="Eight straps.")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--ecg", type=int, default=4)
    parser.add_argument("--every", type=float, default=1.0)
    options = parser.parse_args()
    asyncio.run(run(options.dir.absolute(), options.ecg, options.every))
    return 0


if __name__ == "__main__":
    sys.exit(main())
