"""The way from the agent to the broker, which can be cut or become a hole.

As root its far end is a network namespace of its own, and a hole is a cable that leads nowhere: TCP
hears nothing, not even acknowledgements. Without root the relay itself swallows everything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

from ports import HOST, free_port
from programs import BIN, Program

RELAY = Path(__file__).with_name("relay.py")


class Link:
    """Leads to a broker's Unix socket.

    Args:
        folder: of the state and the log.
        broker: path of the broker's Unix socket.

    Attributes:
        url: where the agent finds the broker.
        is_real: whether a hole is one to TCP too.
    """

    def __init__(self, folder: Path, broker: Path) -> None:
        self.is_real = os.geteuid() == 0 and shutil.which("ip") is not None
        self._space = f"edge-{os.getpid()}"
        self._ends = f"ea{os.getpid()}", f"eb{os.getpid()}"
        self._near, self._far = _addresses(os.getpid())
        self._state = folder / "link"
        self._state.write_text("open")
        place = f"{self._far if self.is_real else HOST}:{free_port()}"
        self.url = f"mqtt://{place}"
        within = ["ip", "netns", "exec", self._space] if self.is_real else []
        if self.is_real:
            self._lay()
        relay = ["python", str(RELAY), place, str(broker), str(self._state)]
        command = [str(shutil.which(within[0])), *within[1:], str(BIN / relay[0]), *relay[1:]]
        self._relay = Program("relay", command if within else relay, folder)
        self._relay.start()

    def set(self, state: str) -> None:
        """`open`, `cut` or `hole`."""
        if self.is_real:
            _ip(
                "-n", self._space, "link", "set", self._ends[1], "down" if state == "hole" else "up"
            )
        self._state.write_text("cut" if state == "cut" else "open" if self.is_real else state)

    def close(self) -> None:
        """Take it away."""
        self._relay.stop()
        if self.is_real:
            _ip("netns", "del", self._space)

    def _lay(self) -> None:
        near, far = self._ends
        _ip("netns", "add", self._space)
        _ip("link", "add", near, "type", "veth", "peer", "name", far)
        _ip("link", "set", far, "netns", self._space)
        _ip("addr", "add", f"{self._near}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", self._space, "addr", "add", f"{self._far}/30", "dev", far)
        _ip("-n", self._space, "link", "set", far, "up")
        shown = _ip("-n", self._space, "-br", "link", "show", far).split()
        _ip("neigh", "replace", self._far, "lladdr", shown[2], "dev", near, "nud", "permanent")


def _addresses(number: int) -> tuple[str, str]:
    """Both ends of a network of four addresses, another one for each of 16,384 numbers."""
    network = IPv4Address("10.231.0.0") + 4 * (number % 2**14)
    return str(network + 1), str(network + 2)


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    return done.stdout
