"""Notices that this machine got an address: then it is worth trying at once, not after a back-off.

The kernel tells it over rtnetlink (rtnetlink(7)); what exactly happened is not looked at. Where it
does not, because of a sandbox, nothing is noticed and the back-off alone decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import Final

log = logging.getLogger(__name__)
_ADDRESSES: Final = 0x10 | 0x100
"""RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR (linux/rtnetlink.h)."""
_SETTLE_S: Final = 1.0
"""An address comes before its routes and its name servers."""


class LinkUp:
    """Waits that a new address cuts short (`async with`)."""

    def __init__(self) -> None:
        self._came = asyncio.Event()
        self._socket: socket.socket | None = None

    async def __aenter__(self) -> LinkUp:
        try:
            self._socket = _listen()
        except OSError as error:
            log.info("new addresses are not noticed: %s", error)
        else:
            asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    async def wait(self, seconds: float) -> bool:
        """Wait so long, or until there is a new address; whether there is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came.wait()
                await asyncio.sleep(_SETTLE_S)
        came = self._came.is_set()
        self._came.clear()
        return came

    def note(self) -> None:
        """There is a new address."""
        self._came.set()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # ENOBUFS: more happened than it could tell
            while self._socket and self._socket.recv(1 << 16):
                pass
        self.note()


def _listen() -> socket.socket:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    try:
        sock.setblocking(False)
        sock.bind((0, _ADDRESSES))
    except OSError:
        sock.close()
        raise
    return sock
