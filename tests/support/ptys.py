"""A cable between two pseudo terminals, whose way back can be slowed down or cut."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty


class Cable:
    """Octets written at one end come out at the other.

    Attributes:
        near, far: paths of the ends.
        delay: seconds that octets from the far end take.
        cut: octets from the far end are lost.
        garble: the last octet from the far end has another bit.
    """

    def __init__(self) -> None:
        self.delay = 0.0
        self.cut = False
        self.garble = False
        self._masters: list[int] = []
        self._slaves: list[int] = []
        for _ in range(2):
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            self._masters.append(master)
            self._slaves.append(slave)
        self.near, self.far = (os.ttyname(slave) for slave in self._slaves)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._masters[0], self._forth)
        loop.add_reader(self._masters[1], self._back)

    def unplug(self) -> None:
        """Both ends see the line vanish."""
        loop = asyncio.get_running_loop()
        for master in self._masters:
            loop.remove_reader(master)
            os.close(master)
        for slave in self._slaves:
            os.close(slave)
        self._masters.clear()
        self._slaves.clear()

    def say(self, octets: bytes) -> None:
        """Octets come out at the near end."""
        if self._masters:
            os.write(self._masters[0], octets)

    def _forth(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._masters[1], os.read(self._masters[0], 4096))

    def _back(self) -> None:
        with contextlib.suppress(OSError):
            octets = os.read(self._masters[1], 4096)
            if self.garble:
                octets = octets[:-1] + bytes((octets[-1] ^ 1,))
            if not self.cut:
                asyncio.get_running_loop().call_later(self.delay, self.say, octets)
