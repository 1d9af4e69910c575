"""`edge-agent bindings`: whose is which device now."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json, show_table
from edge_agent.control.answered import BindingsReply
from edge_agent.control.asked import Bindings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    reply = answer(load(options.config).config, Bindings(), BindingsReply)
    if options.json:
        show_json(reply)
        return 0
    show_table(
        ("device", "user", "subject", "since", "until", "how"),
        [
            (one.device, one.slot or "-", one.subject, one.since, one.until or "-", one.how)
            for one in reply.bindings
        ],
    )
    return 0
