"""A link that says it is connected and brings nothing is connected anew."""

from __future__ import annotations

import msgspec

from edge_agent.model.devices import LinkState
from edge_drivers.links.ble import BleAdapter
from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.outlet import Outlet
from edge_simulators.radio import VirtualRadio
from firmware_specs import catalog
from firmware_specs.spec.wires import BleWire
from tests.support.gateway import Gateway, driving, until

STRAP = catalog.find("heart-rate")


async def test_a_silent_stream_is_connected_anew(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = HeartRateStrap(Place(alias="strap"), air.air, every=0.05)
    await device.start()
    assert isinstance(STRAP.spec.link, BleWire)
    assert STRAP.spec.link.silence > 0
    link = msgspec.structs.replace(STRAP.spec.link, silence=STRAP.spec.link.silence / 60)
    loaded = msgspec.structs.replace(STRAP, spec=msgspec.structs.replace(STRAP.spec, link=link))
    async with driving(gateway.driver(loaded, lambda: adapter.link(loaded, "SIM HR 1"))):
        await until(lambda: gateway.frames)
        outlet: Outlet = vars(device)["_outlets"][0]
        outlet.halt()  # connected, and silent
        await until(lambda: LinkState.LOST in gateway.states())
        gateway.frames.clear()
        await until(lambda: gateway.frames)
    await device.stop()
    lost = next(status for status in gateway.statuses if status.link is LinkState.LOST)
    assert lost.detail == "nothing was sent for 0.5 s"
