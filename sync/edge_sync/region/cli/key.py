"""`edge-region key FILE`: make a key that signs commands, and print its public half."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from edge_sync.keys import make_signer


def run(arguments: Sequence[str]) -> int:
    """Make it."""
    parser = argparse.ArgumentParser(
        prog="edge-region key",
        description="Make a private key of Ed25519 and print the line that gateways add to their"
        " command_keys_file. The key's name is the file's, without the ending.",
    )
    parser.add_argument("file", type=Path, help="for the private key; must not exist")
    print(make_signer(parser.parse_args(arguments).file).public_line)
    return 0
