"""`edge-agent buffer`: what waits to be sent, by lane."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json, show_table
from edge_agent.requests import Buffer, BufferReply


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    reply = answer(load(options.config).config, Buffer(), BufferReply)
    if options.json:
        show_json(reply)
        return 0
    show_table(
        ("lane", "waiting", "octets", "last sequence", "oldest"),
        [(one.lane, one.rows, one.octets, one.last, one.oldest or "-") for one in reply.lanes],
    )
    print(f"the file has {reply.octets / 1e6:.1f} MB")
    return 0
