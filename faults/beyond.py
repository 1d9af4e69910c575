"""What lies beyond the link: Mosquitto and the region's receiver, and how they fail."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from listener import Listener
from mosquitto import find_mosquitto, mosquitto
from ports import HOST, free_port, wait_for
from programs import Program


class Mosquitto:
    """The broker.

    Args:
        folder: of its configuration and log.

    Attributes:
        port: for those on its side of the link.
        socket: for the link.
    """

    def __init__(self, folder: Path) -> None:
        program = find_mosquitto()
        if program is None:
            raise SystemExit("faults: no mosquitto: sudo apt install mosquitto")
        self.port = free_port()
        self.socket = folder / "broker.socket"
        self._acl = folder / "acl"
        self._allow("readwrite")
        lines = [f"listener {self.port} {HOST}", f"listener 0 {self.socket}"]
        lines += ["allow_anonymous true", f"acl_file {self._acl}"]
        self.program = Program("broker", mosquitto(program, folder, *lines), folder)
        self.program.start()
        wait_for(self.port)

    def kill(self) -> None:
        """SIGKILL, and started again: all that it held in memory is gone."""
        self.program.kill()
        self.program.start()

    def refuse(self) -> None:
        """Nobody may write any more (PUBACK 0x87, or silence for MQTT 3.1.1)."""
        self._allow("read")
        os.kill(self.program.pid, signal.SIGHUP)

    def allow(self) -> None:
        """Everybody may write again."""
        self._allow("readwrite")
        os.kill(self.program.pid, signal.SIGHUP)

    def _allow(self, right: str) -> None:
        self._acl.write_text(f"topic {right} #\n")
        self._acl.chmod(0o600)


class Region:
    """The receiver and its database.

    Args:
        folder: of its database and log.
        port: the broker's.
        root: what topics begin with.
    """

    def __init__(self, folder: Path, port: int, root: str) -> None:
        self.database = folder / "region.sqlite"
        self._url = f"mqtt://{HOST}:{port}"
        self._port = port
        self._root = root
        command = ["edge-region", self._url, str(self.database), "--root", root]
        self.program = Program("region", [*command, "--client-id", root], folder)
        self._other: Listener | None = None
        self._lock: sqlite3.Connection | None = None
        self.start()

    def start(self) -> None:
        """Start the receiver; it is ready on return."""
        if self._other is not None:
            self._other.__exit__(None, None, None)
            self._other = None
        self.program.start()
        self.program.await_line("ready")

    def forget(self) -> None:
        """The receiver and its session are gone; another hears all: PUBACKs that mean nothing."""
        self.program.stop()
        session = mqtt.Client(CallbackAPIVersion.VERSION2, self._root, clean_session=True)
        session.connect(HOST, self._port)  # with a new session the old one's messages are gone
        session.loop_start()
        time.sleep(0.5)
        session.disconnect()
        session.loop_stop()
        self._other = Listener(self._url, self._root)
        self._other.__enter__()

    def lock(self) -> None:
        """Somebody else holds its database: it cannot commit."""
        self._lock = sqlite3.connect(self.database, isolation_level=None)
        self._lock.execute("BEGIN EXCLUSIVE")

    def unlock(self) -> None:
        """It can again."""
        if self._lock:
            self._lock.rollback()
            self._lock.close()
            self._lock = None

    def close(self) -> None:
        """Stop the receiver."""
        self.unlock()
        self.program.stop()
