"""`edge-simulator DEVICE …`: start simulated devices and say how to reach them."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_simulators.clinic import Clinic, clinic_devices
from edge_simulators.radio import VirtualRadio


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    options = _parser().parse_args(arguments)
    return asyncio.run(_run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edge-simulator", description=__doc__)
    commands = parser.add_subparsers(dest="device", required=True, metavar="DEVICE")
    clinic = commands.add_parser("clinic", help="one of each device, in one process")
    clinic.add_argument("--dir", type=Path, required=True, help="for clinic.json and journals")
    return parser


async def _run(options: argparse.Namespace) -> int:
    radio = VirtualRadio()
    clinic = Clinic(options.dir, radio, clinic_devices(radio.air, options.dir))
    await clinic.start()
    print(f"radio {clinic.adapter}")
    for device in clinic.devices:
        print(f"{device.place.alias} {device.reach().line}")
    print("ready", flush=True)
    await _stopped()
    await clinic.stop()
    return 0


async def _stopped() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
