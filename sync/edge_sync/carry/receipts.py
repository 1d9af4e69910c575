"""Receipts that travel on a stick: those of MQTT, one line each, signed by the region. Pure."""

from __future__ import annotations

from typing import Final

from edge_agent.model.errors import WireError
from edge_sync.keys import Keyring, Signer
from edge_sync.wire import messages, signed
from edge_sync.wire.messages import Receipt
from edge_sync.wire.signed import Signature

SUFFIX: Final = ".receipt"
_PREFIX: Final = b"edge-gateway receipt v1\n"


def name(receipt: Receipt) -> str:
    """The file of a receipt."""
    return f"{receipt.gateway}_{receipt.epoch}_{receipt.lane}".replace("/", "-") + SUFFIX


def sign(receipt: Receipt, signer: Signer) -> bytes:
    """The file's octets."""
    line = messages.encode(receipt)
    return signed.encode(line, Signature(signer.name, signer.signature(_PREFIX + line)))


def read(octets: bytes, keys: Keyring) -> Receipt:
    """The receipt that `sign` was given.

    Raises:
        WireError: it is none, or of nobody we know.
    """
    line, signature = signed.split(octets)
    if not keys.verifies(_PREFIX + line, signature):
        raise WireError("it is changed, or not signed by a region that we know")
    return messages.decode_receipt(line)
