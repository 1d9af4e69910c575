"""Inside the guest of `./edge bluez`: the kernel's adapter is a controller in the virtual air."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from bumble.hci import Address, LeFeatureMask
from bumble.transport import open_transport

from edge_drivers.links.bluez import ADAPTER, bus, objects
from edge_simulators.radio import VirtualRadio

ON = os.environ.get("EDGE_BLUEZ") == "1"
"""Whether these tests run against the real kernel and the real bluetoothd."""
PATIENCE = 5 if ON else 1
"""How much longer than in memory things may take there."""
_SERIALS = itertools.count(1)


@asynccontextmanager
async def plugged(air: VirtualRadio) -> AsyncGenerator[str]:
    """Plug a controller into the kernel, as a USB dongle is; gives the adapter's name.

    Each is a new one, by its address: BlueZ keeps bonds by adapter.
    """
    address = f"00:1B:DC:00:00:{next(_SERIALS):02X}"
    transport = await open_transport("vhci")
    radio = air.controller()
    radio.public_address = Address(address, Address.PUBLIC_DEVICE_ADDRESS)
    radio.le_features &= ~(LeFeatureMask.LL_PRIVACY | LeFeatureMask.LE_EXTENDED_ADVERTISING)
    radio.set_packet_sink(transport.sink)
    transport.source.set_packet_sink(radio)
    try:
        yield await _adapters(bool)
    finally:
        await transport.close()
        air.air.leave(radio)
        await _adapters(lambda found: not found)


async def _adapters(wanted: Callable[[list[str]], bool]) -> str:
    """Wait until BlueZ has noticed; gives the adapter's name, "" without one."""
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError):  # bluetoothd is being started
                async with bus() as connection:
                    known = await objects(connection)
                found = [path for path, one in known.items() if ADAPTER in one]
                if wanted(found):
                    return found[0].rpartition("/")[2] if found else ""
            await asyncio.sleep(0.1)
