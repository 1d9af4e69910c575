"""`edge-agent import-receipts DIR`: what the region has by a stick may leave the buffer."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_agent.cli.common import add_config, answer, load
from edge_agent.config.settings import Config
from edge_agent.control.answered import LetGoReply
from edge_agent.control.asked import LetGo
from edge_agent.model.errors import CommandError, EdgeError
from edge_agent.remote.publishing import address_of
from edge_sync.carry import receipts
from edge_sync.keys import Keyring, read_keyring


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("folder", type=Path, help="on the stick")
    add_config(parser)


def run(options: argparse.Namespace) -> int:
    """Verify each, let go of what it says; 1 when one was refused."""
    config = load(options.config).config
    if not config.region.command_keys_file:
        raise EdgeError("nobody's receipt is believed: write command_keys_file in [region]")
    keys = read_keyring(Path(config.region.command_keys_file))
    files = sorted(options.folder.glob(f"*{receipts.SUFFIX}"))
    if not files:
        raise EdgeError(f"there are no receipts in {options.folder}")
    refused = rows = 0
    for file in files:
        try:
            rows += _let_go(config, keys, file)
        except EdgeError as error:
            print(f"refused {file.name}: {error}")
            refused += 1
    print(f"{rows} records are at the region and left the buffer")
    return 1 if refused else 0


def _let_go(config: Config, keys: Keyring, file: Path) -> int:
    """How many rows a receipt let go.

    Raises:
        WireError: it is not one that we believe.
        CommandError: it is for another gateway, or for what never was.
    """
    receipt = receipts.read(file.read_bytes(), keys)
    if receipt.gateway != address_of(config).path:
        raise CommandError(f"it is for {receipt.gateway}")
    asked = LetGo(receipt.epoch, receipt.lane, receipt.all())
    return answer(config, asked, LetGoReply).rows
