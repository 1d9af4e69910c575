"""`edge-agent bonds`: with which devices the radio has exchanged keys, and whose they are."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, load, show_json, show_table
from edge_agent.control import channel
from edge_agent.control.answered import BondsReply
from edge_agent.control.asked import Bonds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    reply = channel.ask(load(options.config).config.state_dir, Bonds(), BondsReply)
    if options.json:
        show_json(reply)
        return 0
    show_table(
        ("address", "name", "alias"),
        [(one.address, one.name or "-", one.alias or "-") for one in reply.bonds],
    )
    return 0
