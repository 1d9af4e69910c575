"""A signed command on the wire: the command is one line of JSON, the next line its signature. Pure.

Rule: what is signed is the first line's octets exactly as they travel, after a prefix that no other
protocol signs. Nothing is removed, sorted or written anew, so there is no canonical form to get
wrong, and `head -n 1 | jq` reads a command.
"""

from __future__ import annotations

from typing import Final

import msgspec

from edge_agent.model.commands import Command
from edge_agent.model.errors import WireError
from edge_sync.wire.messages import NOT_JSON

MAX_OCTETS: Final = 64 << 10
_PREFIX: Final = b"edge-gateway command v1\n"
_commands = msgspec.json.Decoder(Command)


class Signature(msgspec.Struct, frozen=True):
    """Who signed a command.

    Attributes:
        key: the key's name, as the gateway's list of keys has it.
        signature: Ed25519 (RFC 8032), 64 octets, base64 in JSON.
    """

    key: str
    signature: bytes


_signatures = msgspec.json.Decoder(Signature)


def to_sign(line: bytes) -> bytes:
    """The octets that are signed for a command's line."""
    return _PREFIX + line


def encode(line: bytes, signature: Signature) -> bytes:
    """A message: the command's line and its signature."""
    return line + b"\n" + msgspec.json.encode(signature)


def split(message: bytes) -> tuple[bytes, Signature | None]:
    """A message's command line, and its signature where it has one.

    Raises:
        WireError: too long, or its second line is no signature.
    """
    if len(message) > MAX_OCTETS:
        raise WireError(f"a command of {len(message)} octets is beyond {MAX_OCTETS}")
    line, separator, rest = message.partition(b"\n")
    if not separator:
        return line, None
    try:
        return line, _signatures.decode(rest)
    except NOT_JSON as error:
        raise WireError(f"a command's signature: {error}") from error


def command(line: bytes) -> Command:
    """The command that a line says.

    Raises:
        WireError: not of its form.
    """
    try:
        return _commands.decode(line)
    except NOT_JSON as error:
        raise WireError(f"command: {error}") from error
