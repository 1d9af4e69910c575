"""TCP ports of the loopback interface: one that is free, one that answers."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds a start may take."""
LOWEST = 10_000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port that nobody listened on a moment ago, below those that clients are given.

    Among those, a client that calls again and again where nobody listens may meet itself, and has
    taken the port (RFC 9293, 3.5: simultaneous open).
    """
    highest = int(EPHEMERAL.read_text().split()[0])
    for port in random.sample(range(LOWEST, highest), highest - LOWEST):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise OSError("no port is free")


def wait_for(port: int) -> None:
    """Return when the port answers, or raise TimeoutError, an OSError."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"port {port} does not answer after {PATIENCE:.0f} s")
