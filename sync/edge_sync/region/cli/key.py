"""`edge-region key FILE`: make a private key and print the line of its public half."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from edge_sync.keys import make_signer, public_line, write_private


def run(arguments: Sequence[str]) -> int:
    """Make it."""
    parser = argparse.ArgumentParser(
        prog="edge-region key",
        description="Make a private key and print the line of its public half, which gateways have"
        " in their command_keys_file (or carry_key_file). The key's name is the file's, without"
        " the ending.",
    )
    parser.add_argument("file", type=Path, help="for the private key; must not exist")
    parser.add_argument(
        "--carry",
        action="store_true",
        help="a key of X25519, to which gateways seal what they write on sticks; otherwise one of"
        " Ed25519, which signs commands",
    )
    options = parser.parse_args(arguments)
    print(_carry(options.file) if options.carry else make_signer(options.file).public_line)
    return 0


def _carry(file: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key = X25519PrivateKey.generate()
    write_private(file, key)
    return public_line(file.stem, key.public_key().public_bytes_raw())
