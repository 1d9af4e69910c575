"""Bluetooth LE: real bleak over bumble's controllers, in process and over TCP."""

from __future__ import annotations

from pathlib import Path

from edge_drivers.links.ble import BleAdapter
from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.radio import VirtualRadio
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until


async def test_heart_rate_becomes_frames(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path
) -> None:
    strap = HeartRateStrap(Place(alias="strap", journals=tmp_path), air.air, every=0.05)
    await strap.start()
    loaded = catalog.find("heart-rate")
    driver = gateway.driver(loaded, lambda: adapter.link(loaded, strap.badge.name))
    async with driving(driver):
        await until(lambda: len(gateway.frames) >= 3)
    assert gateway.frames[0].device == "eui64:A0B1C2FFFE000001"
    await strap.stop()
