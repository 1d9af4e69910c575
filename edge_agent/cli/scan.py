"""`edge-agent scan`: who is on the air, and which spec fits and why.

The running agent's own radio listens; without an agent this command listens itself. On a terminal
the table lives: it is drawn anew every second, with what was heard so far.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable

from edge_agent.cli.common import Loaded, add_config, add_json, load, show_json, show_table
from edge_agent.control import channel
from edge_agent.control.answered import ScanReply, Seen
from edge_agent.control.asked import Scan

TURN_S = 1.0
AWAY_S = 15.0
"""A device that was not heard for so long leaves the table."""
HOME = "\x1b[H\x1b[J"
"""To the upper left corner, and clear from there (ECMA-48: CUP, ED)."""

Listen = Callable[[float], ScanReply]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("--seconds", type=float, default=0.0, help="how long; 5, on a terminal 60")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Listen and show."""
    loaded = load(options.config)

    def listen(seconds: float) -> ScanReply:
        try:
            return channel.ask(loaded.config.state_dir, Scan(seconds), ScanReply)
        except channel.NotRunningError:
            return asyncio.run(_alone(loaded, seconds))

    if options.json:
        show_json(listen(options.seconds or 5.0))
    elif sys.stdout.isatty():
        _live(listen, options.seconds or 60.0)
    else:
        _show(listen(options.seconds or 5.0))
    return 0


async def _alone(loaded: Loaded, seconds: float) -> ScanReply:
    from edge_agent.devices.links import Links
    from edge_agent.devices.scanning import scan
    from edge_agent.process.clock import BootClock

    links = Links(loaded.config, loaded.specs, BootClock())
    try:
        devices = {device.alias: device for device in loaded.config.devices}
        return await scan(links.radio(), loaded.specs, devices, seconds)
    finally:
        await links.close()


def _live(listen: Listen, seconds: float) -> None:
    heard: dict[str, tuple[float, Seen]] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        reply, now = listen(TURN_S), time.monotonic()
        heard |= {one.address: (now, one) for one in reply.seen}
        heard = {address: one for address, one in heard.items() if now - one[0] < AWAY_S}
        seen = sorted((one for _, one in heard.values()), key=lambda one: -one.rssi)
        print(HOME, end="")
        _show(ScanReply(tuple(seen)))
        print(f"\n{until - now:.0f} s; Ctrl-C ends / 按 Ctrl-C 结束")


def _show(reply: ScanReply) -> None:
    show_table(
        ("address", "dBm", "name", "services", "ours", "specs that fit"),
        [_row(one) for one in reply.seen],
    )


def _row(one: Seen) -> tuple[object, ...]:
    fits = "; ".join(f"{fit.spec} ({fit.why})" for fit in one.fits)
    services = " ".join(one.services) or "-"
    return (one.address, one.rssi, one.name or "-", services, one.alias or "-", fits or "none")
