"""What the region's commands are told of the broker."""

from __future__ import annotations

import argparse

from edge_sync.broker import Broker


def add_broker(parser: argparse.ArgumentParser, client_id: str) -> None:
    """Declare how the broker is reached."""
    parser.add_argument("broker", help="mqtt://host:port or mqtts://host:port")
    parser.add_argument("--root", default="edge", help="what topics begin with (edge)")
    parser.add_argument("--client-id", default=client_id, help="names the broker's session")
    parser.add_argument("--username", default="", help="for the broker")
    parser.add_argument("--password-file", default="", help="holds the password")
    parser.add_argument("--ca-file", default="", help="certificates to trust, PEM")
    parser.add_argument("--cert-file", default="", help="our own certificate, PEM")
    parser.add_argument("--key-file", default="", help="its key, PEM")


def broker_of(options: argparse.Namespace) -> Broker:
    """The broker that was named.

    Raises:
        ValueError: it is none.
    """
    return Broker(
        url=options.broker,
        client_id=options.client_id,
        username=options.username,
        password_file=options.password_file,
        ca_file=options.ca_file,
        cert_file=options.cert_file,
        key_file=options.key_file,
    )
