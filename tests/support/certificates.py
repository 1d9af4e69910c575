"""An authority and what it certifies, made for one test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """Certifies brokers on the loopback interface, and clients.

    Attributes:
        file: its own certificate, PEM.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("authority")
        self._serve("authority", self._key, datetime.now(UTC), is_authority=True)
        self.file = str(folder / "authority.pem")

    def certify(self, who: str, at: datetime | None = None) -> tuple[str, str]:
        """The files of a certificate that is valid a day before and after, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._serve(who, key, at or datetime.now(UTC))

    def _serve(
        self,
        who: str,
        key: ec.EllipticCurvePrivateKey,
        at: datetime,
        *,
        is_authority: bool = False,
    ) -> tuple[str, str]:
        loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(who))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - DAY * (3650 if is_authority else 1))
            .not_valid_after(at + DAY * (3650 if is_authority else 1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(loopback, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = self._folder / f"{who}.pem", self._folder / f"{who}.key"
        files[0].write_bytes(made.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(files[0]), str(files[1])


def _name(who: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)])
