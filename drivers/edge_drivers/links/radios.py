"""What a BLE adapter needs of a radio: which Bleak backend, its bonds, its power switch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

import msgspec
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner

from edge_agent.model.errors import LinkRefusedError, LinkUnavailableError

Result = TypeVar("Result")

LET_GO_S = 1.0
"""How long work that a lost radio interrupted may take to let go."""

Passkey = Callable[[], Awaitable[int]]
"""Asks a person for the six digits that the device shows.

Raises:
    LinkRefusedError: nobody is there to ask.
"""


class NotPairedError(LinkRefusedError):
    """A bond could not be made."""


class Bond(msgspec.Struct, frozen=True):
    """A device with which keys were exchanged.

    Attributes:
        address: its identity address.
        name: what it was called then; "" when that is not known.
    """

    address: str
    name: str = ""


class AdapterState(msgspec.Struct, frozen=True):
    """How an adapter is.

    Attributes:
        name: `hci0`, ….
        connected: connections that it has.
        limit: how many it may have.
        reconnect, restart_scan, power_cycle: how often each rung of the ladder was taken.
    """

    name: str
    connected: int
    limit: int
    reconnect: int
    restart_scan: int
    power_cycle: int


class Control(Protocol):
    """What is done with a radio beside listening and connecting."""

    async def bonds(self) -> tuple[Bond, ...]:
        """All bonds, by address.

        Raises:
            OSError: the radio does not say.
        """
        ...

    async def forget(self, address: str) -> bool:
        """Remove a bond; False when there was none.

        Raises:
            OSError: the radio does not.
        """
        ...

    def pairing(self, passkey: Passkey) -> AbstractAsyncContextManager[None]:
        """While this lasts, a device that is paired may have its passkey asked for."""
        ...

    async def power_on(self) -> None:
        """Have it on, if it is not.

        Raises:
            OSError: it cannot be.
        """
        ...

    async def power_cycle(self) -> None:
        """Switch it off and on; all connections end.

        Raises:
            OSError: it does not come back.
        """
        ...


async def _nothing() -> None:
    """Let BlueZ keep its adapter."""


class Radio(msgspec.Struct, frozen=True):
    """A radio that Bleak can use.

    Attributes:
        control: its bonds and its power switch.
        scanner: Bleak's scanner backend; None for the platform's own (BlueZ).
        client: Bleak's client backend; None for the platform's own.
        adapter: BlueZ's name of it.
        lost: done when the controller is gone for good; None where it never is (BlueZ's returns).
        close: lets go of it.
    """

    control: Control
    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None
    adapter: str = ""
    lost: asyncio.Future[Any] | None = None
    close: Callable[[], Awaitable[None]] = _nothing

    @property
    def is_lost(self) -> bool:
        """Whether it has to be reached anew."""
        return self.lost is not None and self.lost.done()

    async def during(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something, as long as there is this radio.

        Raises:
            LinkUnavailableError: it went away meanwhile.
        """
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait(
                {task, self.lost} if self.lost else {task}, return_when="FIRST_COMPLETED"
            )
            if not task.done():
                raise LinkUnavailableError("the radio went away")
            return task.result()
        finally:
            if task.cancel():
                await asyncio.wait((task,), timeout=LET_GO_S)
