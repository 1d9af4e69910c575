"""`edge-agent unpair`: a paired device is driven no more, and its bond is forgotten."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, load, show_json
from edge_agent.control import channel
from edge_agent.control.answered import UnpairReply
from edge_agent.control.asked import Unbond, Unpair


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("alias", help="the device; an address forgets a bond of nobody's")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show."""
    is_address = options.alias.count(":") == 5
    asked = Unbond(options.alias) if is_address else Unpair(options.alias)
    reply = channel.ask(load(options.config).config.state_dir, asked, UnpairReply)
    if options.json:
        show_json(reply)
        return 0
    bond = "its bond is forgotten / 绑定已删除" if reply.bond else "there was no bond / 没有绑定"
    print(f"{options.alias}: {bond}")
    return 0
