"""A serial line as a pseudo terminal: our end of the cable.

Rule of this file: octets are written only while the far end has the line open. A symbolic link
names the terminal, so that unplugging and plugging in again gives the same path.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import termios
import tty
from pathlib import Path

_CHUNK = 4096
_ISPEED, _OSPEED = 4, 5
"""Places in what `tcgetattr` gives."""
_WATCH = 0.02
"""Seconds."""


class PtyLine:
    """Our end of a line. Who waits in `heard` is stopped before the plug is pulled.

    Args:
        path: of the symbolic link to the far end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master: int | None = None

    def plug(self) -> None:
        """Make the line appear."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        """Pull the plug: whoever has the line open gets an error at once."""
        if self._master is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._master)
            self._master = None

    @property
    def open_at_far_end(self) -> bool:
        """Whether somebody has it open."""
        if self._master is None:
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLHUP)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    async def opened(self) -> None:
        """Wait until somebody has it open; a terminal's driver has no event for that."""
        while True:
            if self.open_at_far_end:
                return
            await asyncio.sleep(_WATCH)

    def _forget_speed(self, master: int) -> None:
        """Let the far end set its parity again.

        A pseudo terminal has no parity bit, and glibc's `tcsetattr` fails with EINVAL when none of
        the settings asked for could be changed: without this, only the first opening succeeds.
        """
        settings = termios.tcgetattr(master)
        settings[_ISPEED] = settings[_OSPEED] = termios.B50
        termios.tcsetattr(master, termios.TCSANOW, settings)

    async def heard(self) -> bytes:
        """Wait for octets."""
        while True:
            await self.opened()
            await self._readable()
            if octets := self.read():
                return octets

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        master, ready = self._master, asyncio.Event()
        if master is None:
            return
        loop.add_reader(master, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(master)

    def write(self, octets: bytes) -> bool:
        """Write octets; gives whether the line took all of them."""
        if self._master is None or not self.open_at_far_end:
            return False
        self._forget_speed(self._master)
        try:
            return os.write(self._master, octets) == len(octets)
        except (BlockingIOError, OSError):
            return False

    def read(self) -> bytes:
        """What has come; nothing if nothing has."""
        if self._master is None:
            return b""
        with contextlib.suppress(BlockingIOError, OSError):
            return os.read(self._master, _CHUNK)
        return b""
