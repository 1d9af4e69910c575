"""Every simulated Bluetooth device through the real driver: what was made is what was recorded."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from edge_agent.model.frames import Frame
from edge_agent.model.waveforms import Waveform
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_simulators.cgm import CgmSensor
from edge_simulators.device import Place
from edge_simulators.orders import Order
from edge_simulators.radio import VirtualRadio
from edge_simulators.wearables import BLUETOOTH
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until

ALL = list(BLUETOOTH)
SAID = {
    "heart-rate": {"heart-rate", "rr-interval"},
    "blood-pressure": {"blood-pressure", "pulse-rate-cuff"},
    "glucose": {"glucose-capillary-blood"},
    "polar-pmd": {"heart-rate", "rr-interval"},
    "polar-verity": {"heart-rate", "rr-interval", "pulse-interval"},
    "polar-oh1": {"heart-rate", "rr-interval", "pulse-interval"},
    "thermometer": {"body-temperature-ear"},
    "weight-scale": {"body-weight", "bmi", "body-height"},
    "body-composition": {
        *("body-fat", "body-weight", "basal-metabolism", "muscle-percentage", "body-impedance"),
    },
    "pulse-oximeter": {"spo2", "pulse-rate", "perfusion-index"},
    "glucose-cgm": {"glucose-interstitial", "glucose-trend", "cgm-quality"},
    "lepu-er1": {"heart-rate"},
    "lepu-bp2": {"blood-pressure", "pulse-rate-cuff"},
    "o2ring": {"spo2", "pulse-rate", "perfusion-index"},
    "movesense": set[str](),
    "healthypi-move": {"heart-rate"},
}
"""The kinds of value that each tells of, beside its battery."""
RATES = {
    "polar-pmd": {"ecg-lead-i": "130"},
    "polar-verity": {"ppg": "55", "acceleration-x": "52"},
    "polar-oh1": {"ppg": "130", "acceleration-x": "50"},
    "lepu-er1": {"ecg-lead-unknown": "125"},
    "movesense": {"ecg-lead-unknown": "125"},
    "healthypi-move": {"ecg-lead-unknown": "128"},
}
"""Samples a second of each signal, by the first of its channels."""


def recorded(gateway: Gateway) -> set[tuple[str, str, str]]:
    """Device, part and octets of all that became durable."""
    return {(f.device, f.part, one.hex()) for f in gateway.frames for one in f.octets}


def made(folder: Path) -> set[tuple[str, str, str]]:
    """The same of all that the devices say they made."""
    text = "".join(file.read_text() for file in folder.glob("*.jsonl"))
    lines = [json.loads(line) for line in text.splitlines()]
    return {(line["device"], line["part"], line["octets"]) for line in lines}


def of(gateway: Gateway, spec: str) -> list[Frame]:
    return [frame for frame in gateway.frames if frame.spec.startswith(f"{spec}@")]


def kinds(gateway: Gateway, spec: str) -> set[str]:
    said = {o.kind for frame in of(gateway, spec) for o in frame.observations}
    return said - {"battery", "sampling-rate"}


def signals(gateway: Gateway, spec: str) -> list[Waveform]:
    return [waveform for frame in of(gateway, spec) for waveform in frame.waveforms]


def has_told_all(gateway: Gateway, spec: str) -> bool:
    """Whether a device has said every kind of thing that it says."""
    streams = {signal.channels[0].kind for signal in signals(gateway, spec)}
    alive = any(len(set(signal.samples()[0])) > 10 for signal in signals(gateway, spec))
    told = kinds(gateway, spec) == SAID[spec] and streams == RATES.get(spec, {}).keys()
    return bool(of(gateway, spec)) and told and (alive or not streams)


@pytest.mark.parametrize("specs", [ALL[:6], ALL[6:11], ALL[11:]], ids=["a", "b", "c"])
async def test_every_device_is_read_as_it_says(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path, specs: list[str]
) -> None:
    order = Order(folder=tmp_path, every=0.2)
    devices = {spec: BLUETOOTH[spec](order, air.air)[0] for spec in specs}
    async with AsyncExitStack() as running:
        for spec, device in devices.items():
            await device.start()
            running.push_async_callback(device.stop)
            loaded = catalog.find(spec)
            name = str(device.reach().link["name"])
            driver = gateway.driver(loaded, partial(BleLink, adapter, loaded, name))
            await running.enter_async_context(driving(driver))
        await until(lambda: all(has_told_all(gateway, spec) for spec in specs), seconds=60)
    assert recorded(gateway) <= made(tmp_path / "journal")
    for spec in set(RATES) & set(specs):
        found = signals(gateway, spec)
        assert {signal.channels[0].kind: signal.rate for signal in found} == RATES[spec]
        assert {signal.gap for signal in found} == {None}
    assert not gateway.missed


async def test_the_records_of_a_cgm_are_named_by_their_session(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path
) -> None:
    sensor = CgmSensor(Place(alias="cgm", journals=tmp_path), air.air, stored=4, every=0)
    await sensor.start()
    loaded = catalog.find("glucose-cgm")
    for _ in range(2):  # read again, they are the same
        async with driving(
            gateway.driver(loaded, lambda: BleLink(adapter, loaded, sensor.badge.name))
        ):
            await until(lambda: bool(of(gateway, "glucose-cgm")))
            await asyncio.sleep(0.5)
    await sensor.stop()
    records = [frame for frame in gateway.frames if frame.part == "measurement"]
    begin = sensor.session.isoformat()
    assert {frame.name for frame in records} == {f"seq:{5 * n} time:{begin}" for n in range(4)}
    assert len({frame.id for frame in records}) == 4
    (second,) = {frame.device_time for frame in records if frame.name.startswith("seq:5 ")}
    assert second == (sensor.session + timedelta(minutes=5)).isoformat()
