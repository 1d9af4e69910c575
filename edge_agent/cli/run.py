"""`edge-agent run`: the agent itself, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import sys

from edge_agent.cli.common import add_config, load_own, load_text
from edge_agent.model.errors import EdgeError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add_config(parser)


def run(options: argparse.Namespace) -> int:
    """Run the agent; 0 after a clean stop."""
    own, base = load_own(options.config)
    from edge_agent import app

    def parse(text: str) -> app.Setup:
        loaded = load_text(text, options.config)
        return loaded.config, loaded.specs

    try:
        asyncio.run(app.run((own.config, own.specs), base, parse))
    except OSError as error:
        folder = own.config.state_dir
        raise EdgeError(
            f"{folder} cannot be used: {error.strerror}; give this user a state_dir of its own"
        ) from error
    sys.stderr.flush()
    return 0
