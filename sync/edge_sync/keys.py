"""Keys: the region signs commands, gateways sign what is carried; each is known by name.

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
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_PUBLIC_OCTETS: Final = 32
_REMEDY: Final = "each line is NAME BASE64, as `edge-region key` prints it"
_MAKE: Final = "make one with `edge-region key FILE`"


class Keyring:
    """Public keys by name: whose signatures are believed.

    Args:
        keys: 32 octets each.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def verifies(self, octets: bytes, signature: Signature | None) -> bool:
        """Whether the key that a signature names is one of these, and signed these octets."""
        key = self._keys.get(signature.key) if signature else None
        if signature is None or key is None:
            return False
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature.signature, octets)
        except InvalidSignature:
            return False
        return True


def read_keyring(file: Path) -> Keyring:
    """The public keys in a file, as `read_keys` has them.

    Raises:
        FileError: as `read_keys`.
    """
    return Keyring(read_keys(file))


def read_keys(file: Path) -> dict[str, bytes]:
    """Public keys by name: lines `NAME BASE64`; empty ones and those with `#` are skipped.

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
    return keys


def public_line(name: str, octets: bytes) -> str:
    """A public key as `read_keys` reads it."""
    return f"{name} {b64encode(octets).decode()}"


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
        return signed.encode(line, Signature(self.name, self.signature(signed.to_sign(line))))

    def signature(self, octets: bytes) -> bytes:
        """Of these octets, 64 octets."""
        return self._key.sign(octets)

    @property
    def keyring(self) -> Keyring:
        """The public half under this name."""
        return Keyring({self.name: self._key.public_key().public_bytes_raw()})

    @property
    def public_line(self) -> str:
        """What those write into their file of keys who believe this one."""
        return public_line(self.name, self._key.public_key().public_bytes_raw())


def read_signer(file: Path, name: str = "") -> Signer:
    """The private key in a PEM file; without a name it has the file's, without the ending.

    Raises:
        FileError: it cannot be read, or is no Ed25519 key without a password.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = read_private(file)
    if not isinstance(key, Ed25519PrivateKey):
        raise FileError(str(file), "", "it is not a key of Ed25519", _MAKE)
    return Signer(name or file.stem, key)


def make_signer(file: Path, name: str = "") -> Signer:
    """A new private key in a PEM file that only its owner can read.

    Raises:
        FileError: the file exists, or cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    write_private(file, key)
    return Signer(name or file.stem, key)


def read_private(file: Path) -> PrivateKeyTypes:
    """Any private key in a PEM file.

    Raises:
        FileError: there is none, or it has a password.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FileError(str(file), "", f"no private key: {error}", _MAKE) from error


def write_private(file: Path, key: Ed25519PrivateKey | X25519PrivateKey) -> None:
    """A private key into a new PEM file that only its owner can read.

    Raises:
        FileError: the file exists, or cannot be written.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        remedy = "name a new file in a folder that you may write"
        raise FileError(str(file), "", str(error.strerror), remedy) from error
    with os.fdopen(handle, "wb") as opened:
        opened.write(pem)
