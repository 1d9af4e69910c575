"""A link that says it is connected and brings nothing is connected anew."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edge_agent.model.devices import LinkState
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.outlet import Outlet
from edge_simulators.polar import PolarStrap
from edge_simulators.radio import VirtualRadio
from edge_simulators.recordings import recording
from firmware_specs import catalog
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import BleWire
from tests.support.gateway import Gateway, driving, until

STRAP = catalog.find("heart-rate")
POLAR = catalog.find("polar-pmd")


def silent(loaded: LoadedSpec, seconds: str) -> LoadedSpec:
    """The same, and silent after so many seconds."""
    assert isinstance(loaded.spec.link, BleWire)
    assert loaded.spec.link.silence > 0
    link = msgspec.structs.replace(loaded.spec.link, silence=Decimal(seconds))
    return msgspec.structs.replace(loaded, spec=msgspec.structs.replace(loaded.spec, link=link))


async def test_a_silent_stream_is_connected_anew(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = HeartRateStrap(Place(alias="strap"), air.air, every=0.05)
    await device.start()
    loaded = silent(STRAP, "0.5")
    async with driving(gateway.driver(loaded, lambda: BleLink(adapter, loaded, "SIM HR 1"))):
        await until(lambda: gateway.frames)
        outlet: Outlet = vars(device)["_outlets"][0]
        outlet.halt()  # connected, and silent
        await until(lambda: LinkState.LOST in gateway.states())
        gateway.frames.clear()
        await until(lambda: gateway.frames)
    await device.stop()
    lost = next(status for status in gateway.statuses if status.link is LinkState.LOST)
    assert lost.detail == "nothing was sent for 0.5 s"


async def test_beats_do_not_hide_that_the_ecg_has_stopped(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = PolarStrap(Place(alias="ecg"), air.air, recording("normal"), every=0.05)
    await device.start()
    loaded = silent(POLAR, "2.5")
    async with driving(gateway.driver(loaded, lambda: BleLink(adapter, loaded, device.badge.name))):
        await until(lambda: any(frame.part == "data" for frame in gateway.frames), 60)
        outlet: Outlet = vars(device)["_data"]
        outlet.halt()  # and the beats go on
        await until(lambda: LinkState.LOST in gateway.states(), 60)
        gateway.frames.clear()
        await until(lambda: any(frame.part == "data" for frame in gateway.frames), 60)
    await device.stop()
