"""Reaching the radio that the configuration names: BlueZ's, or a virtual one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from edge_drivers.links.bluez import BlueZ
from edge_drivers.links.radios import Radio

Connect = Callable[[str], Awaitable[Radio]]


async def connect(name: str) -> Radio:
    """The radio that the configuration names: `hci0`, …, or `virtual:tcp:HOST:PORT`.

    Raises:
        OSError, TimeoutError: it is not there, or does not switch on.
    """
    if name.startswith("virtual:"):
        from edge_drivers.links import virtual  # bumble is an optional extra, and large

        return await virtual.connect(name)
    control = BlueZ(name)
    await control.power_on()
    return Radio(control, adapter=name)
