"""How a broker is reached, and what can be wrong with it.

BrokerError               try again later
└── ProtocolVersionError    try again with another version of MQTT
"""

from __future__ import annotations

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from edge_agent.model.errors import EdgeError

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
VERSIONS: Final = (5, 4)
"""Of MQTT, the preferred first; 4 is MQTT 3.1.1."""


class BrokerError(EdgeError):
    """The broker could not be reached or does not want us: try again later."""


class ProtocolVersionError(BrokerError):
    """The broker does not speak this version of MQTT."""


class Broker(msgspec.Struct, frozen=True):
    """How a broker is reached.

    Attributes:
        url: `mqtt://host:port` or `mqtts://host:port`; with `mqtts` its certificate is verified.
        client_id: stable: the broker keeps the session under it.
        username: "" for none.
        password_file: holds the password.
        ca_file: certificates that are trusted, PEM; "" for the system's.
        cert_file, key_file: our own certificate and its key, PEM; "" for none.
        keepalive: seconds between signs of life.
        patience: seconds for connecting, and for the broker's answers to that.
        silence: seconds after which octets that nobody confirms end the connection.
        receive: messages without our confirmation that the broker may send (MQTT 5).
        session: seconds for which the broker keeps what comes while we are away; 0 for none.
    """

    url: str
    client_id: str
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    keepalive: int = 30
    patience: float = 5.0
    silence: float = 10.0
    receive: int = 100
    session: int = 7 * 86_400

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"{self.url!r} is neither mqtt://host nor mqtts://host")

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or PORTS[parts.scheme]

    def tls(self) -> ssl.SSLContext | None:
        """What verifies the broker and proves us; None for `mqtt`.

        Raises:
            OSError: a file cannot be read, or is not what it should be; it is named.
        """
        if urlsplit(self.url).scheme != "mqtts":
            return None
        for file in (self.ca_file, self.cert_file, self.key_file):
            if file:
                Path(file).open("rb").close()  # ssl's own error does not say which
        with _named(self.ca_file):
            context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.cert_file:
            with _named(f"{self.cert_file} with {self.key_file or 'no key'}"):
                context.load_cert_chain(self.cert_file, self.key_file or None)
        return context


@contextmanager
def _named(files: str) -> Generator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise OSError(f"{files}: {error.reason or error}") from error
