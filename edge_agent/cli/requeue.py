"""`edge-agent requeue`: send what could not be sent once more, under a new sequence."""

from __future__ import annotations

import argparse
import sys

from edge_agent.cli.common import add_config, add_json, answer, load, show_json
from edge_agent.cli.quarantine import everything
from edge_agent.control.answered import RequeueReply
from edge_agent.control.asked import Requeue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("row", type=int, nargs="*", help="numbers of `edge-agent quarantine list`")
    parser.add_argument("--all", action="store_true", help="all that is in quarantine")
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show; 1 when not all of them could be."""
    if bool(options.row) == options.all:
        print("edge-agent: requeue: name the rows, or --all", file=sys.stderr)
        return 2
    config = load(options.config).config
    rows = tuple(one.id for one in everything(config)) if options.all else tuple(options.row)
    reply = answer(config, Requeue(rows), RequeueReply)
    if options.json:
        show_json(reply)
    else:
        print(f"{len(reply.requeued)} go once more")
        for row in reply.refused:
            print(f"{row} stays: it is not there, or its record cannot be read")
    return 1 if reply.refused else 0
