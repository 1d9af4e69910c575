"""A sealed file: for the region's eyes only, and certainly of its gateway. No input or output.

    header, one line of JSON │ the message, ChaCha20-Poly1305 │ signature, Ed25519, 64 octets

The message is one of those that travel over MQTT. Its key is made for this file alone: X25519 of a
fresh key with the region's, through HKDF-SHA256 (RFC 7748, 5869, 8439); so the nonce is zero. The
header is authenticated with it, and the signature is of all that comes before, after a prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from edge_agent.model.errors import WireError
from edge_sync.keys import Keyring, Signer
from edge_sync.wire.messages import NOT_JSON
from edge_sync.wire.ranges import Ranges
from edge_sync.wire.signed import Signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

VERSION: Final = 1
MAX_OCTETS: Final = 2 << 20
"""Of a file."""
SIGNATURE_OCTETS: Final = 64
_PREFIX: Final = b"edge-gateway carry v1\n"
_NONCE: Final = bytes(12)


class Header(msgspec.Struct, frozen=True, tag="carried", tag_field="type"):
    """What a file is, for all to read.

    Attributes:
        version: of this form.
        gateway: the gateway's path, which names its key too.
        epoch, lane, sequences: as in the message.
        fresh: the public key that was made for this file, X25519.
    """

    version: int
    gateway: str
    epoch: str
    lane: str
    sequences: Ranges
    fresh: bytes = b""


_headers = msgspec.json.Decoder(Header)


def seal(message: bytes, header: Header, region: bytes, signer: Signer) -> bytes:
    """A file.

    Args:
        message: what it holds.
        header: without its key.
        region: the region's public key, X25519, 32 octets.
        signer: the gateway's.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    fresh = X25519PrivateKey.generate()
    public = fresh.public_key().public_bytes_raw()
    line = msgspec.json.encode(msgspec.structs.replace(header, fresh=public)) + b"\n"
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(region))
    box = ChaCha20Poly1305(_key(shared, public, region))
    octets = line + box.encrypt(_NONCE, message, line)
    return octets + signer.signature(_PREFIX + octets)


def check(octets: bytes, gateways: Keyring) -> Header:
    """A file's header, when the file is whole and of the gateway that it names.

    Raises:
        WireError: it is too long, of another form, cut off, changed, or of nobody we know.
    """
    if len(octets) > MAX_OCTETS:
        raise WireError(f"a file of {len(octets)} octets is beyond {MAX_OCTETS}")
    line, _, _ = octets.partition(b"\n")
    try:
        header = _headers.decode(line)
    except NOT_JSON as error:
        raise WireError(f"it is none of ours: {error}") from error
    if header.version != VERSION:
        raise WireError(f"it is of version {header.version}, not {VERSION}")
    body, end = octets[:-SIGNATURE_OCTETS], octets[-SIGNATURE_OCTETS:]
    if not gateways.verifies(_PREFIX + body, Signature(header.gateway, end)):
        raise WireError(f"it is cut off, changed, or not signed by {header.gateway[:100]}")
    return header


def unseal(octets: bytes, gateways: Keyring, region: X25519PrivateKey) -> tuple[Header, bytes]:
    """What `seal` was given.

    Raises:
        WireError: as `check`; or it is sealed for somebody else.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    header = check(octets, gateways)
    line, _, rest = octets.partition(b"\n")
    try:
        shared = region.exchange(X25519PublicKey.from_public_bytes(header.fresh))
        key = _key(shared, header.fresh, region.public_key().public_bytes_raw())
        box = ChaCha20Poly1305(key)
        return header, box.decrypt(_NONCE, rest[:-SIGNATURE_OCTETS], line + b"\n")
    except (InvalidTag, ValueError) as error:
        raise WireError("it is sealed for another region's key") from error


def _key(shared: bytes, fresh: bytes, region: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=fresh + region, info=_PREFIX).derive(shared)
