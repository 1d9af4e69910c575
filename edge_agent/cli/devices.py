"""`edge-agent devices`: how each configured device is."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json, show_table
from edge_agent.control.answered import DeviceReply, DevicesReply
from edge_agent.control.asked import Devices

HEAD = (
    "alias",
    "spec",
    "link",
    "connected",
    "frames",
    "malformed",
    "last frame",
    "device",
    "detail",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    reply = answer(load(options.config).config, Devices(), DevicesReply)
    if options.json:
        show_json(reply)
        return 0
    show_table(HEAD, [_row(one) for one in reply.devices])
    for one in reply.devices:
        for told in one.advice:
            print(f"signal   {told}")
    if not reply.devices:
        print("none yet: `edge-agent pair` brings one in / 还没有设备，请用 edge-agent pair 配对")
    return 0


def _row(one: DeviceReply) -> tuple[object, ...]:
    age = "-" if one.age is None else f"{one.age:.0f} s ago"
    counts = (f"{one.connections} x", one.frames, one.malformed, age)
    link = (one.link or "no agent") + (", paired" if one.paired else "")
    return (one.alias, one.spec, link, *counts, one.device or "never met", one.detail)
