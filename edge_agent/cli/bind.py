"""`edge-agent bind`: from now on, or from a given time, a device's readings are a subject's."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json
from edge_agent.control.answered import BindingsReply
from edge_agent.control.asked import Bind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("alias", help="the device")
    parser.add_argument("subject", help="the region's opaque reference of the person")
    parser.add_argument("--slot", default="", metavar="N", help="only this user of the device")
    parser.add_argument(
        "--how", default="staff", help="pairing, health-code, card, staff (default) or slot"
    )
    parser.add_argument("--since", default="", metavar="TIME", help="ISO 8601 with zone; now")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    asked = Bind(options.alias, options.subject, options.slot, options.how, options.since)
    reply = answer(load(options.config).config, asked, BindingsReply)
    if options.json:
        show_json(reply)
        return 0
    slot = f", user {options.slot}," if options.slot else ""
    print(f"{options.alias}{slot} is {options.subject}'s since {reply.bindings[0].since}")
    if reply.released:
        print(f"{reply.released} frames that were held back are on their way")
    return 0
