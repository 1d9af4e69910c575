"""The key that stays, the ladder of recovery, the connections that are accounted."""

from __future__ import annotations

import pytest

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import LinkAbsentError
from edge_drivers.links import ble_identity
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_drivers.links.recovery import POWER_EVERY_S, Ladder, Rung
from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.radio import VirtualRadio
from firmware_specs import catalog
from tests.support.gateway import Gateway

STRAP = catalog.find("heart-rate")
KNOWN = DeviceIdentity(serial="S1", manufacturer="Acme", address="F0:00:00:00:00:01", firmware="1")


@pytest.mark.parametrize(
    "told",
    [
        DeviceIdentity(),  # all refused today
        DeviceIdentity(serial="S1", manufacturer="Acme AG", firmware="2"),
        DeviceIdentity(serial="S1", system_id="A0B1C2FFFE000001"),  # granted for the first time
    ],
)
def test_a_device_that_was_met_keeps_its_key(told: DeviceIdentity) -> None:
    identity = ble_identity.remembered(KNOWN, told)
    assert identity.key == KNOWN.key
    assert identity.firmware == (told.firmware or "1")


def test_what_contradicts_is_another_device() -> None:
    other = DeviceIdentity(serial="S2", manufacturer="Acme", address=KNOWN.address)
    assert ble_identity.remembered(KNOWN, other) == other


def test_the_ladder_is_climbed_by_failures_in_a_row_and_left_by_a_success() -> None:
    ladder = Ladder()
    climbed = [ladder.failed(float(second), idle=True) for second in range(6)]
    again, power = Rung.RECONNECT, Rung.POWER_CYCLE
    assert climbed == [again, again, Rung.RESTART_SCAN, again, again, power]
    assert power not in [ladder.failed(10.0, idle=True) for _ in range(20)]  # too soon
    late = 10.0 + POWER_EVERY_S
    assert ladder.failed(late, idle=False) is not power  # it would harm who is connected
    assert ladder.failed(late, idle=True) is power
    ladder.failed(late, idle=True)
    ladder.worked()
    assert [ladder.failed(late, idle=True) for _ in range(2)] == [again, again]
    assert ladder.counts[power] == 2


async def test_no_more_connections_than_the_adapter_holds(
    gateway: Gateway, air: VirtualRadio, adapter: BleAdapter
) -> None:
    straps = [HeartRateStrap(Place(alias=f"s-{n}", seed=n), air.air) for n in (1, 2)]
    for strap in straps:
        await strap.start()
    vars(adapter)["_limit"] = 1
    first, second = (BleLink(adapter, STRAP, strap.badge.name) for strap in straps)
    await first.open()
    assert (adapter.state.connected, adapter.state.limit) == (1, 1)
    with pytest.raises(LinkAbsentError, match="all 1 connections"):
        await second.open()
    await first.close()
    await second.open()
    assert adapter.state.connected == 1
    await second.close()
    for strap in straps:
        await strap.stop()


async def test_a_known_device_is_known_before_it_is_asked(
    gateway: Gateway, air: VirtualRadio, adapter: BleAdapter
) -> None:
    strap = HeartRateStrap(Place(alias="strap"), air.air)
    await strap.start()
    known = DeviceIdentity(serial="S1", address=strap.badge.address)
    adapter.known = {strap.badge.address: known}.get
    link = BleLink(adapter, STRAP, strap.badge.name)
    await link.open()
    identity = await link.identity()
    assert (identity.key, identity.model) == ("serial:S1", "HR-1")
    await link.close()
    await strap.stop()
