"""The agent and the region as programs of their own, for tests that kill them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from edge_agent.cli.common import Loaded
from edge_agent.control import channel
from edge_agent.control.answered import DevicesReply, StatusReply
from edge_agent.control.asked import Devices, Status

PATIENCE = 90.0
HEAD = """\
[gateway]
name = "gw1"
zone = "Asia/Shanghai"
state_dir = "state"

[region]
province = "51"
site = "clinic-1"

[broker]
url = "{broker}"
"""
Configure = Callable[..., Loaded]
T = TypeVar("T")


def until(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What `look` gives once it is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return found


@dataclass
class Program:
    """A program that can be killed and started again.

    Attributes:
        arguments: of Python.
        log: what it says goes here.
    """

    arguments: list[str]
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", *self.arguments], stdout=log, stderr=log
            )

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        assert self._process
        os.kill(self._process.pid, number)
        return self.wait()

    def wait(self) -> int:
        assert self._process
        status = self._process.wait(PATIENCE)
        self._process = None
        return status

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Agent(Program):
    """`edge-agent run`."""

    def __init__(self, config: Path) -> None:
        super().__init__(["edge_agent", "run", "--config", str(config)], config.with_suffix(".log"))
        self.state = config.parent / "state"

    def status(self) -> StatusReply | None:
        """Its answer, None while it does not answer."""
        try:
            return channel.ask(self.state, Status(), StatusReply)
        except channel.NotRunningError:
            return None

    def frames(self) -> int:
        """How many frames became durable since it started."""
        try:
            reply = channel.ask(self.state, Devices(), DevicesReply)
        except channel.NotRunningError:
            return 0
        return sum(device.frames for device in reply.devices)

    def resident(self) -> int:
        """Its resident memory in octets."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def mapped(self) -> str:
        """The libraries it has loaded, as the kernel tells them."""
        return Path(f"/proc/{self.pid}/maps").read_text()

    def lines(self) -> list[dict[str, Any]]:
        """Its log; every line must be JSON."""
        return [json.loads(line) for line in self.said.splitlines()]


class Region(Program):
    """`edge-region`, and what is on record there."""

    def __init__(self, broker: str, folder: Path) -> None:
        self.database = folder / "region.sqlite"
        super().__init__(["edge_sync.region", broker, str(self.database)], folder / "region.log")

    def start(self) -> None:
        super().start()
        until(lambda: "ready" in self.said)

    def payloads(self, kind: str) -> list[dict[str, Any]]:
        """Records of a kind, in the order of their recording."""
        rows = self._all("SELECT payload FROM record WHERE kind = ? ORDER BY n", kind)
        return [json.loads(payload) for (payload,) in rows]

    def sequences(self, lane: str) -> list[int]:
        """The sequences of a lane on record, ascending."""
        rows = self._all("SELECT sequence FROM record WHERE lane = ? ORDER BY sequence", lane)
        return [sequence for (sequence,) in rows]

    def _all(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return database.execute(sql, parameters).fetchall()
        finally:
            database.close()
