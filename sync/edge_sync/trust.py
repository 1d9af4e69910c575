"""Whether a broker's certificates are still valid, where this machine's clock may stand in 1970.

OpenSSL checks dates by the machine's clock and cannot be told another time. So its date check is
left out by flag, everything else it checks stays, and the dates of the very chain that it verified
are compared here with a *floor*: a time that is certainly past. Only the end of validity can be
judged so: a certificate that seems to begin in the future shows that the floor is low.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

Floor = Callable[[], datetime]
"""A time that is certainly past, UTC."""
_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h), for which ssl has no name."""


def judge(context: ssl.SSLContext, floor: Floor | None) -> None:
    """Have a context's connections judged by a floor, if there is one, and closed when refused.

    A handshake then raises `ssl.SSLCertVerificationError` that names the certificate.
    """
    if floor:
        context.verify_flags |= _NO_CHECK_TIME

    class Judged(ssl.SSLSocket):
        """Whoever made the connection may forget to close one whose handshake failed."""

        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
                if floor:
                    check_dates(_verified_chain(self), floor())
            except BaseException:
                self.close()
                raise

    context.sslsocket_class = Judged


def check_dates(chain: list[bytes], floor: datetime) -> None:
    """Refuse a chain (DER) of which one certificate was certainly not valid any more.

    Raises:
        ssl.SSLCertVerificationError: it names the certificate and its last day.
    """
    from cryptography.x509 import load_der_x509_certificate

    for certificate in map(load_der_x509_certificate, chain):
        last = certificate.not_valid_after_utc
        if last < floor:
            name = certificate.subject.rfc4514_string()
            raise ssl.SSLCertVerificationError(f"the certificate of {name} expired at {last:%F}")


def _verified_chain(sock: ssl.SSLSocket) -> list[bytes]:
    """From the peer to its anchor, DER; ssl has a public name for it since Python 3.13."""
    found: Any = sock
    if hasattr(sock, "get_verified_chain"):
        return list(found.get_verified_chain())
    chain = found._sslobj.get_verified_chain()  # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(str(one.public_bytes())) for one in chain]
