"""Programs that the demo starts, each a process of its own that can be killed like the real one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

BIN = Path(sys.executable).parent
LAST_WORDS = 8


class Program:
    """One program: started, watched, started again when it dies, stopped.

    Args:
        name: for messages and the log's file name.
        command: program and arguments; a program of ours is found beside this Python.
        logs: folder of its standard error.
    """

    def __init__(self, name: str, command: Sequence[str], logs: Path) -> None:
        self.name = name
        self.command = [str(BIN / command[0]), *command[1:]]
        self.log = logs / f"{name}.log"
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._started = 0.0

    def start(self) -> None:
        """Start it; in a group of its own, so that Ctrl-C reaches the demo alone."""
        self._started = time.monotonic()
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        threading.Thread(target=self._read, args=[self._process], daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            with process.stdout as lines:
                for line in lines:
                    self._lines.put(line.rstrip("\n"))

    def await_line(self, start: str, seconds: float = 30.0) -> str:
        """The first line of its output that begins with `start`.

        Raises:
            SystemExit: it ended, or said nothing of the kind in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(Empty):
                line = self._lines.get(timeout=0.1)
                if line.startswith(start):
                    return line
                continue
            if not self.alive:
                break
        raise SystemExit(f"demo: {self.name} did not come up{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log, for people."""
        words = self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:]
        return "; it said:\n" + "\n".join(f"    {line}" for line in words) if words else ""

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since it was last started."""
        return time.monotonic() - self._started

    @property
    def pid(self) -> int:
        """Its process id, 0 before the start."""
        return self._process.pid if self._process else 0

    def kill(self) -> None:
        """SIGKILL: as a power cut would, but for the page cache."""
        if self._process:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self, seconds: float = 10.0) -> None:
        """SIGTERM, and SIGKILL when that is not enough."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def run(self, seconds: float = 20.0) -> int:
        """Start it and wait for its end; its exit status."""
        self.start()
        return self.wait(seconds)

    def wait(self, seconds: float) -> int:
        """Wait for its end, and kill it if it has none; its exit status."""
        if self._process is None:
            return 1
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return 1
