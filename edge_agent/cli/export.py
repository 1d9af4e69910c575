"""`edge-agent export DIR`: what waits to be sent, on a stick, sealed for the region."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_agent.cli.common import add_config, add_json, load, show_json
from edge_agent.config.settings import Config
from edge_agent.model.errors import EdgeError
from edge_agent.process.clock import BootClock
from edge_agent.remote.publishing import address_of
from edge_sync.carry.export import Exporter
from edge_sync.keys import Signer, make_signer, read_keys, read_signer

KEY = "gateway.pem"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("folder", type=Path, nargs="?", help="on the stick")
    parser.add_argument(
        "--show-key", action="store_true", help="print the line by which the region knows our files"
    )
    add_config(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Write and say what came of it; 1 when a record cannot be carried."""
    config = load(options.config).config
    if options.show_key:
        print(_signer(config).public_line)
        return 0
    if options.folder is None:
        raise EdgeError("name a folder on the stick")
    done = _exporter(config).run(_usable(options.folder))
    if options.json:
        show_json(done)
    else:
        print(f"{done.rows} records in {done.files} new files; {done.before} were there already")
        if done.left:
            print(f"{done.left} records are damaged or too large and are not carried")
    return 1 if done.left else 0


def _exporter(config: Config) -> Exporter:
    file = config.region.carry_key_file
    if not file:
        raise EdgeError(
            "nobody could read it: write carry_key_file in [region], with the line that"
            " `edge-region key --carry` printed"
        )
    if not config.buffer.exists():
        raise EdgeError(f"there is no buffer in {config.state_dir}")
    (region, *_) = read_keys(Path(file)).values()
    now = BootClock().now()
    return Exporter(config.buffer, address_of(config).path, region, _signer(config), now)


def _signer(config: Config) -> Signer:
    """This gateway's key, made when it is asked for first."""
    file, name = config.state_dir / KEY, address_of(config).path
    return read_signer(file, name) if file.exists() else make_signer(file, name)


def _usable(folder: Path) -> Path:
    if not folder.is_dir():
        raise EdgeError(f"{folder} is no folder: put the stick in, or make it")
    return folder
