"""`edge-agent verify-audit`: whether the audit chain is whole."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json
from edge_agent.control.answered import AuditReply
from edge_agent.control.asked import VerifyAudit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show; an entry that is not what it was is an error that names it."""
    reply = answer(load(options.config).config, VerifyAudit(), AuditReply)
    if options.json:
        show_json(reply)
    else:
        print(f"{reply.entries} entries, none changed; the last is {reply.digest}")
    return 0
