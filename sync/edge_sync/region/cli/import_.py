"""`edge-region import DIR DATABASE`: take what gateways have written on a stick."""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from edge_agent.model.errors import EdgeError, FileError
from edge_sync.keys import read_keyring, read_private, read_signer
from edge_sync.region import schema
from edge_sync.region.carrying import Importer
from edge_sync.region.recorder import Recorder


def run(arguments: Sequence[str]) -> int:
    """Import and say what came of it; 1 when a file was refused."""
    options = _parser().parse_args(arguments)
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key = read_private(options.carry_key)
    if not isinstance(key, X25519PrivateKey):
        remedy = "make one with `edge-region key --carry FILE`"
        raise FileError(str(options.carry_key), "", "it is not a key of X25519", remedy)
    gateways = read_keyring(options.gateways)
    signer = read_signer(options.sign_with) if options.sign_with else None
    try:
        with contextlib.closing(schema.connect(options.database)) as connection:
            importer = Importer(Recorder(connection), key, gateways, signer)
            found = importer.run(options.folder)
    except (sqlite3.Error, OSError) as error:
        raise EdgeError(f"not all was imported, give it again: {error}") from error
    print(f"{found.files} files: {found.records} records are new, {found.repeats} were known")
    if found.receipts:
        print(f"{found.receipts} receipts to carry back")
    for name, reason in found.refused:
        print(f"refused {name}: {reason}")
    return 1 if found.refused else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-region import",
        description="Take what gateways have written on a stick with `edge-agent export`.",
    )
    parser.add_argument("folder", type=Path, help="on the stick")
    parser.add_argument("database", type=Path, help="the receiver's SQLite file")
    parser.add_argument(
        "--carry-key", type=Path, required=True, metavar="KEY", help="of `edge-region key --carry`"
    )
    parser.add_argument(
        "--gateways",
        type=Path,
        required=True,
        metavar="FILE",
        help="public keys of gateways, lines of `edge-agent export --show-key`",
    )
    parser.add_argument(
        "--sign-with", type=Path, metavar="KEY", help="write receipts to carry back, signed so"
    )
    return parser
