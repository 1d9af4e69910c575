"""What a BLE adapter needs of a radio: which Bleak backend, and whether it is still there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner


async def _nothing() -> None:
    """Let BlueZ keep its adapter."""


def _never() -> bool:
    return False


class Radio(msgspec.Struct, frozen=True):
    """A radio that Bleak can use.

    Attributes:
        scanner: Bleak's scanner backend; None for the platform's own (BlueZ).
        client: Bleak's client backend; None for the platform's own.
        adapter: BlueZ's name of it.
        lost: whether the controller is gone for good.
        close: lets go of it.
    """

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None
    adapter: str = ""
    lost: Callable[[], bool] = _never
    close: Callable[[], Awaitable[None]] = _nothing


Connect = Callable[[str], Awaitable[Radio]]


async def connect(name: str) -> Radio:
    """The radio that the configuration names: `hci0`, …, or `virtual:tcp:HOST:PORT`.

    Raises:
        OSError, TimeoutError: a virtual one is not there.
    """
    if name.startswith("virtual:"):
        from edge_drivers.links import virtual  # bumble is an optional extra, and large

        return await virtual.connect(name)
    return Radio(adapter=name)
