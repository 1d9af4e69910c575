"""Keys of Ed25519: the region signs commands with one, gateways know its public half by name.

`cryptography` is imported when a key is used for the first time: a gateway that takes no commands
does without its memory (decision 075).
"""

from __future__ import annotations

import binascii
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_agent.model.errors import FileError
from edge_sync.wire import signed
from edge_sync.wire.signed import Signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PUBLIC_OCTETS: Final = 32
_REMEDY: Final = "each line is NAME BASE64, as `edge-region-key` prints it"


class Keyring:
    """Public keys by name: whose signatures are believed.

    Args:
        keys: 32 octets each.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def verifies(self, line: bytes, signature: Signature | None) -> bool:
        """Whether one of these keys signed a command's line."""
        octets = self._keys.get(signature.key) if signature else None
        if signature is None or octets is None:
            return False
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(octets).verify(
                signature.signature, signed.to_sign(line)
            )
        except InvalidSignature:
            return False
        return True


def read_keyring(file: Path) -> Keyring:
    """The public keys in a file: lines `NAME BASE64`; empty ones and those with `#` are skipped.

    Raises:
        FileError: it cannot be read, holds no key, or a line is none.
    """
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise FileError(str(file), "", reason, "name a readable file of public keys") from error
    keys = dict(
        _public(file, number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    )
    if not keys:
        raise FileError(str(file), "", "it holds no key", _REMEDY)
    return Keyring(keys)


def _public(file: Path, number: int, line: str) -> tuple[str, bytes]:
    name, _, text = line.strip().partition(" ")
    try:
        octets = b64decode(text.strip(), validate=True)
    except binascii.Error:
        octets = b""
    if len(octets) != _PUBLIC_OCTETS:
        raise FileError(f"{file}:{number}", "", "this is no public key", _REMEDY)
    return name, octets


class Signer:
    """A private key with its name.

    Args:
        name: as gateways know it.
        key: the key.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = name
        self._key = key

    def sign(self, line: bytes) -> bytes:
        """The message of a command's line."""
        signature = self._key.sign(signed.to_sign(line))
        return signed.encode(line, Signature(self.name, signature))

    @property
    def public_line(self) -> str:
        """What gateways write into their file of keys."""
        octets = self._key.public_key().public_bytes_raw()
        return f"{self.name} {b64encode(octets).decode()}"


def read_signer(file: Path) -> Signer:
    """The private key in a PEM file; its name is the file's, without the ending.

    Raises:
        FileError: it cannot be read, or is no Ed25519 key without a password.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    remedy = "make one with `edge-region-key FILE`"
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FileError(str(file), "", f"no private key: {error}", remedy) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise FileError(str(file), "", "it is not a key of Ed25519", remedy)
    return Signer(file.stem, key)


def make_signer(file: Path) -> Signer:
    """A new private key in a PEM file that only its owner can read.

    Raises:
        FileError: the file exists, or cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        remedy = "name a new file in a folder that you may write"
        raise FileError(str(file), "", str(error.strerror), remedy) from error
    with os.fdopen(handle, "wb") as opened:
        opened.write(pem)
    return Signer(file.stem, key)
