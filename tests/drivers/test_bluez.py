"""What only the real bluetoothd and kernel can show; run by `./edge bluez`."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate

from edge_agent.model.devices import DeviceIdentity, LinkState
from edge_agent.model.errors import LinkRefusedError
from edge_drivers.links import advice, ble
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_drivers.links.bluez import BlueZ
from edge_drivers.links.radios import Bond, Passkey
from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.radio import VirtualRadio
from firmware_specs import catalog
from tests.support.bluez import plugged
from tests.support.gateway import Gateway, driving, until

CUFF, STRAP = catalog.find("blood-pressure"), catalog.find("heart-rate")


def cuff(air: VirtualRadio, every: float = 0.2) -> BloodPressureCuff:
    return BloodPressureCuff(Place(alias="cuff"), air.air, {1: "a"}, every=every, bond=True)


def strap(air: VirtualRadio) -> HeartRateStrap:
    return HeartRateStrap(Place(alias="strap"), air.air, every=0.1)


class Display(PairingDelegate):
    """The device shows 123456."""

    async def generate_passkey(self) -> int:
        return 123456

    async def display_number(self, number: int, digits: int) -> None:
        assert number == 123456


def with_display(device: BloodPressureCuff) -> BloodPressureCuff:
    delegate = Display(PairingDelegate.IoCapability.DISPLAY_OUTPUT_ONLY)

    def factory(_connection: object) -> PairingConfig:
        return PairingConfig(sc=True, mitm=True, bonding=True, delegate=delegate)

    vars(device)["_device"].pairing_config_factory = factory
    return device


async def test_a_passkey_is_typed(adapter: BleAdapter, air: VirtualRadio) -> None:
    device = with_display(cuff(air))
    await device.start()

    async def typed(passkey: int) -> int:
        await asyncio.sleep(0)
        return passkey

    with pytest.raises(LinkRefusedError) as refused:
        await _meet(adapter, lambda: typed(999999), device)
    assert advice.WRONG_PASSKEY in str(refused.value)
    identity = await _meet(adapter, lambda: typed(123456), device)
    assert identity.system_id == "C0FFEEFFFE000001"
    assert await adapter.bonds() == (Bond(device.badge.address, device.badge.name),)
    assert await adapter.forget(device.badge.address)
    assert await adapter.bonds() == ()
    await device.stop()


async def _meet(adapter: BleAdapter, passkey: Passkey, device: BloodPressureCuff) -> DeviceIdentity:
    link = BleLink(adapter, CUFF, device.badge.address, passkey=passkey)
    try:
        await link.open()
        return await link.identity()
    finally:
        await link.close()


async def test_a_device_that_shows_a_passkey_calls_a_person(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = with_display(cuff(air))
    await device.start()
    async with driving(gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, device.badge.address))):
        await until(lambda: LinkState.REFUSED in gateway.states())
    await device.stop()
    assert advice.PASSKEY_NEEDED in next(s.detail for s in gateway.statuses if s.detail)


async def test_a_lost_bond_is_told_and_a_new_one_heals_it(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble, "CONNECT_S", 5.0)
    device = cuff(air)
    await device.start()
    async with driving(gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, device.badge.address))):
        await until(lambda: gateway.frames)
    vars(device)["_device"].keystore = MemoryKeyStore()  # a new battery, or a reset
    gateway.statuses.clear()
    async with driving(gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, device.badge.address))):
        await until(lambda: LinkState.REFUSED in gateway.states())
    assert advice.BOND_LOST in next(s.detail for s in gateway.statuses if s.link == "refused")
    assert await adapter.forget(device.badge.address)
    before = len(gateway.frames)
    async with driving(gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, device.badge.address))):
        await until(lambda: len(gateway.frames) > before)
    await device.stop()


async def test_an_adapter_that_was_switched_off_is_switched_on(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = strap(air)
    await device.start()
    control = BlueZ(adapter.state.name)
    async with driving(gateway.driver(STRAP, lambda: BleLink(adapter, STRAP, device.badge.name))):
        await until(lambda: gateway.frames)
        with suppress(OSError):  # bluetoothd 5.82 may die of it, and is started again
            await control.power_off()
        await until(lambda: LinkState.LOST in gateway.states())
        before = len(gateway.frames)
        await until(lambda: len(gateway.frames) > before)
    await device.stop()
    state = adapter.state
    assert state.reconnect + state.restart_scan + state.power_cycle >= 1


async def test_an_adapter_that_is_unplugged_and_plugged_in_is_found_again(
    gateway: Gateway, air: VirtualRadio
) -> None:
    device = strap(air)
    await device.start()
    async with plugged(air) as name:
        adapter = BleAdapter(name, gateway.clock)
        task = asyncio.create_task(
            gateway.driver(STRAP, lambda: BleLink(adapter, STRAP, device.badge.name)).run()
        )
        await until(lambda: gateway.frames)
    await until(lambda: LinkState.LOST in gateway.states())
    async with plugged(air) as again:
        assert again == name
        before = len(gateway.frames)
        await until(lambda: len(gateway.frames) > before)
        task.cancel()
        await asyncio.wait((task,))
    await adapter.close()
    await device.stop()


async def test_a_bluetoothd_that_is_killed_hinders_nobody_for_long(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = strap(air)
    await device.start()
    async with driving(gateway.driver(STRAP, lambda: BleLink(adapter, STRAP, device.badge.name))):
        await until(lambda: gateway.frames)
        os.kill(_bluetoothd(), signal.SIGKILL)
        await until(lambda: LinkState.LOST in gateway.states())
        before = len(gateway.frames)
        await until(lambda: len(gateway.frames) > before)
    await device.stop()


def _bluetoothd() -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        if (folder / "comm").read_text().strip() == "bluetoothd":
            return int(folder.name)
    raise AssertionError("no bluetoothd runs")


async def test_what_is_measured_while_nobody_is_connected_comes_at_the_next_connection(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    """Bonded and known, it is subscribed to before anything else is asked of it."""
    device = cuff(air, every=0)
    await device.start()
    for number in range(3):
        device.measure(1, number)
        await asyncio.sleep(1.1)  # its clock tells seconds
    async with driving(gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, device.badge.address))):
        await until(lambda: not device.unconfirmed)
    for number in range(3, 6):
        device.measure(1, number)
        await asyncio.sleep(1.1)
    async with driving(gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, device.badge.address))):
        await until(lambda: not device.unconfirmed)
    await device.stop()
    assert len({frame.name for frame in gateway.frames if frame.part == "measurement"}) == 6
