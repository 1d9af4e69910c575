"""A real Mosquitto for one test: own port, own configuration, own folder, gone afterwards."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mosquitto import find_mosquitto, mosquitto
from ports import HOST, free_port

PATIENCE = 60.0
"""Seconds a start or a stop may take on a busy machine."""


@dataclass(slots=True)
class Mosquitto:
    """A broker that can be stopped, killed and started again on the same port.

    Attributes:
        folder: Where its configuration, log and, with persistence, its database are.
        port: Stays the same over restarts.
        lines: More lines of configuration, for all listeners or for this one.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    lines: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """The loopback address it listens on."""
        return HOST

    @property
    def url(self) -> str:
        """Where it is, in the form that configurations use."""
        return f"mqtt://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """What it has written so far, over all its starts."""
        path = self.folder / "mosquitto.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it and return when it answers.

        Raises:
            RuntimeError: It ended or did not answer in time; the message holds its log.
        """
        program = find_mosquitto()
        assert program, "the fixture skips when Mosquitto is not installed"
        command = mosquitto(program, self.folder, *self._configuration())
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Ask it to end (SIGTERM), which lets it save its database; no error if it is down."""
        self._end(kill=False)

    @contextmanager
    def stunned(self) -> Generator[None]:
        """It takes and says nothing (SIGSTOP), then goes on."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self._end(kill=True)

    def _configuration(self) -> list[str]:
        defaults = [f"listener {self.port} {HOST}", "allow_anonymous true", "log_type all"]
        given = {line.split()[0] for line in self.lines if line.strip()}
        return [*(line for line in defaults if line.split()[0] not in given), *self.lines]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"mosquitto did not start:\n{self.log}")

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
