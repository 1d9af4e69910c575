"""`edge-agent scan`: who is on the air, and which spec fits and why.

The running agent's own radio listens; without an agent this command listens itself.
"""

from __future__ import annotations

import argparse
import asyncio

from edge_agent import control
from edge_agent.cli.common import Loaded, add_config, add_json, load, show_json, show_table
from edge_agent.requests import Scan, ScanReply, Seen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to listen (5)")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Listen and show."""
    loaded = load(options.config)
    try:
        reply = control.ask(loaded.config.state_dir, Scan(options.seconds), ScanReply)
    except control.NotRunningError:
        reply = asyncio.run(_alone(loaded, options.seconds))
    if options.json:
        show_json(reply)
    else:
        _show(reply)
    return 0


async def _alone(loaded: Loaded, seconds: float) -> ScanReply:
    from edge_agent.clock import BootClock
    from edge_agent.links import Links
    from edge_agent.scanning import scan

    links = Links(loaded.config, loaded.specs, BootClock())
    try:
        devices = {device.alias: device for device in loaded.config.devices}
        return await scan(links.radio(), loaded.specs, devices, seconds)
    finally:
        await links.close()


def _show(reply: ScanReply) -> None:
    show_table(
        ("address", "dBm", "name", "configured as", "specs that fit"),
        [_row(one) for one in reply.seen],
    )


def _row(one: Seen) -> tuple[object, ...]:
    fits = "; ".join(f"{fit.spec} ({fit.why})" for fit in one.fits)
    return (one.address, one.rssi, one.name or "-", one.alias or "-", fits or "none")
