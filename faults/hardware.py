"""The agent's machine: a clock that steps, a card that is slow or fails, a disk that is full."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
CLOCK, DELAY, FAILURES = range(3)
"""Numbers in the shim's controls."""
NS = 1_000_000_000
DISK = 256 << 20


class Shim:
    """What `shim.c` makes a program see; at once, while it runs.

    Args:
        folder: where it is built and controlled.
    """

    def __init__(self, folder: Path) -> None:
        self._controls = folder / "controls"
        self._controls.write_bytes(bytes(32))
        self._built = folder / "shim.so"

    @property
    def prefix(self) -> tuple[str, ...]:
        """The beginning of a command that runs under it; builds it, which needs a C compiler."""
        if not self._built.exists():
            command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(self._built), str(SOURCE)]
            subprocess.run(command, check=True)
        return ("/usr/bin/env", f"LD_PRELOAD={self._built}", f"EDGE_FAULTS={self._controls}")

    def slow(self, milliseconds: int) -> None:
        """Each fdatasync takes so much longer."""
        self._set(DELAY, milliseconds * 1_000_000)

    def fail(self, times: int) -> None:
        """So many of the next fdatasync fail with EIO."""
        self._set(FAILURES, times)

    def step(self, days: int) -> None:
        """The wall clock is off by so many days from now on."""
        self._set(CLOCK, days * 86_400 * NS)

    def _set(self, which: int, value: int) -> None:
        with self._controls.open("r+b") as file:
            file.seek(8 * which)
            file.write(struct.pack("q", value))


class Disk:
    """A folder that can become a small file system of its own and be filled up; as root.

    Args:
        folder: the agent's, still empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._filler = folder / "filler"
        self._mounted = False

    def small(self) -> None:
        """Make it one of 256 MB."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "edge", str(self._folder)]
        subprocess.run(command, check=True)
        self._mounted = True

    def fill(self) -> None:
        """Write until there is no room."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        """And away with it."""
        self._filler.unlink()

    def close(self) -> None:
        """Unmount it."""
        if self._mounted:
            subprocess.run(["umount", str(self._folder)], check=True)
