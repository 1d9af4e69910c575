"""A characteristic that sends by itself, and who listens to it.

Rule of this file: what serves a subscription ends with it or with the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bumble.device import Connection
from bumble.gatt import Characteristic

from edge_simulators.gatt import Octets
from edge_simulators.journal import Entry

Serve = Callable[[], Awaitable[None]]


class Outlet:
    """A characteristic that notifies or indicates, and who listens to it.

    Args:
        characteristic: with the property NOTIFY or INDICATE.
        serve: what is done while somebody listens.

    Attributes:
        listener: who has subscribed.
    """

    def __init__(self, characteristic: Octets, serve: Serve | None = None) -> None:
        self.characteristic = characteristic
        self.listener: Connection | None = None
        self._serve = serve
        self._task: asyncio.Future[None] | None = None
        characteristic.on(characteristic.EVENT_SUBSCRIPTION, self._subscribed)

    @property
    def indicates(self) -> bool:
        """Whether what it sends is confirmed."""
        return bool(self.characteristic.properties & Characteristic.Properties.INDICATE)

    def _subscribed(self, listener: Connection, notified: bool, indicated: bool) -> None:
        if not (notified or indicated):
            self.close()
            return
        self.listener = listener
        if self._serve and not self.busy:
            self.run(self._serve())

    def run(self, work: Awaitable[None]) -> None:
        """Do something for the listener, and no longer than it listens."""
        self.halt()
        self._task = asyncio.ensure_future(work)

    @property
    def busy(self) -> bool:
        """Whether that goes on."""
        return self._task is not None and not self._task.done()

    def close(self) -> None:
        """Nobody listens any more."""
        self.listener = None
        self.halt()

    def halt(self) -> None:
        """Stop what is done for the listener."""
        if self._task:
            self._task.cancel()
            self._task = None


Emit = Callable[[Outlet, bytes, Entry | None], Awaitable[None]]
"""Sends a value of an outlet, and journals it."""
