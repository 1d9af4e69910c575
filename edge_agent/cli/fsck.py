"""`edge-agent fsck`: whether the whole buffer is what was written."""

from __future__ import annotations

import argparse

from edge_agent.cli.common import add_config, add_json, answer, load, show_json
from edge_agent.control.answered import FsckReply
from edge_agent.control.asked import Fsck

PATIENCE_S = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Ask and show; 1 when something is wrong."""
    found = answer(load(options.config).config, Fsck(), FsckReply, PATIENCE_S).findings
    if options.json:
        show_json(found)
    else:
        for problem in found.problems:
            print(problem)
        verdict = f"{len(found.problems)} problems" if found.problems else "all is what was written"
        print(f"{found.rows} records and {found.audit} audit entries: {verdict}")
    return 1 if found.problems else 0
