"""A gateway's memory, a virtual radio and an adapter in its air, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from edge_drivers.links import virtual
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.radios import Radio
from edge_simulators.radio import VirtualRadio
from tests.support import bluez
from tests.support.gateway import Gateway
from tests.support.loop import jump

collect_ignore = [] if bluez.ON else ["test_bluez.py"]


@pytest.fixture
async def gateway() -> Gateway:
    jump()
    return Gateway()


@pytest.fixture
async def air() -> VirtualRadio:
    jump()
    return VirtualRadio()


@pytest.fixture
async def adapter(gateway: Gateway, air: VirtualRadio) -> AsyncGenerator[BleAdapter]:
    if bluez.ON:
        async with bluez.plugged(air) as name:
            adapter = BleAdapter(name, gateway.clock)
            yield adapter
            await adapter.close()
        return
    with air.transport() as transport:

        async def connect(name: str) -> Radio:
            return await virtual.on_transport(transport, name)

        adapter = BleAdapter("virtual:here", gateway.clock, connect)
        yield adapter
        await adapter.close()
