"""`edge-agent unbind`: from now on a device's readings are nobody's."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json
from edge_agent.control.answered import BindingsReply
from edge_agent.control.asked import Unbind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("alias", help="the device")
    parser.add_argument("--slot", default="", metavar="N", help="only this user of the device")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    asked = Unbind(options.alias, options.slot)
    reply = answer(load(options.config).config, asked, BindingsReply)
    if options.json:
        show_json(reply)
    else:
        print(f"{options.alias} is nobody's since {reply.bindings[0].until}")
    return 0
