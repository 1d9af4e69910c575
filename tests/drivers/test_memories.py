"""Devices with a memory and a clock of their own, through the real driver and virtual radio."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest

from edge_agent.model.backoff import Backoff
from edge_agent.model.frames import Frame
from edge_agent.model.times import Measured
from edge_drivers.driver import Driver
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_drivers.settings import DeviceSettings
from edge_simulators.device import Place
from edge_simulators.enhanced_cuff import EnhancedCuff
from edge_simulators.faults import Fault
from edge_simulators.instrument import Instrument
from edge_simulators.peripheral import Peripheral
from edge_simulators.profiles import thermometer
from edge_simulators.pulse_oximeter import PulseOximeter
from edge_simulators.radio import VirtualRadio
from edge_simulators.user_scale import UserScale
from firmware_specs import catalog
from tests.simulators.peers import journalled
from tests.support.gateway import Gateway, driving, until

SLOTS = {1: "resident-1", 2: "resident-2"}
YEARS = timedelta(days=2500)


@asynccontextmanager
async def switched_on(device: Peripheral) -> AsyncGenerator[None]:
    await device.start()
    try:
        yield
    finally:
        await device.stop()


def driver(
    gateway: Gateway,
    adapter: BleAdapter,
    device: Peripheral,
    zone: str = "",
    consents: Mapping[int, int] = MappingProxyType({}),
) -> Driver:
    """A driver that knows the time; it sets clocks where it is told the zone."""
    loaded = catalog.find(device.badge.spec)
    return Driver(
        DeviceSettings("device", loaded, "", zone, lambda: consents),
        lambda: BleLink(adapter, loaded, device.badge.name),
        epoch="epoch",
        clock=gateway.clock,
        deliver=gateway.deliver,
        marks=gateway,
        report=gateway.report,
        backoff=Backoff(0.05, 0.1, Random(1).random),
        now=lambda: Measured(datetime.now(UTC), timedelta(seconds=1)),
    )


def user_names(gateway: Gateway) -> list[str]:
    return [frame.slot for frame in of(gateway, "measurement")]


async def test_a_scale_tells_the_weights_of_who_consents(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path
) -> None:
    place = Place(alias="uscale", journals=tmp_path)
    scale = UserScale(place, air.air, {1: 1111, 2: 2222, 3: 3333}, stored=2, every=0)
    codes = {1: 1111, 2: 1111, 3: 3333}
    async with switched_on(scale), driving(driver(gateway, adapter, scale, consents=codes)):
        await until(lambda: len(user_names(gateway)) == 4, 60)
        scale.measure(3)
        await until(lambda: len(user_names(gateway)) == 5, 60)
        await until(lambda: any(status.detail for status in gateway.statuses), 60)
    assert user_names(gateway) == ["1", "1", "3", "3", "3"]
    assert octets(of(gateway, "measurement")) == made(tmp_path, "uscale", "measurement")
    details = [status.detail for status in gateway.statuses if status.detail]
    assert details == ["no consent of user 2: is its code right?"]
    assert "1111" not in "".join(details)


def of(gateway: Gateway, part: str) -> list[Frame]:
    return [frame for frame in gateway.frames if frame.part == part]


def octets(frames: Iterable[Frame]) -> set[str]:
    return {one.hex() for frame in frames for one in frame.octets}


def made(folder: Path, alias: str, part: str) -> set[str]:
    return {line["octets"] for line in journalled(folder, alias) if line["part"] == part}


async def test_spot_checks_are_fetched_once_and_stay(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path
) -> None:
    place = Place(alias="plx", journals=tmp_path)
    device = PulseOximeter(place, air.air, stored=4, every=0.05, spot_every=0)
    async with switched_on(device), driving(driver(gateway, adapter, device)):
        await until(lambda: len(of(gateway, "spot-check")) == 4, 60)
        await device.inflict(Fault("drop", 0.1))
        device.measure(device.clock.now())
        await until(lambda: len(of(gateway, "spot-check")) == 5, 60)
        await until(lambda: of(gateway, "continuous"), 60)
    assert octets(of(gateway, "spot-check")) == made(tmp_path, "plx", "spot-check")
    assert len({frame.id for frame in of(gateway, "spot-check")}) == 5
    assert {o.kind for f in of(gateway, "spot-check") for o in f.observations} == {
        *("spo2", "pulse-rate"),
    }
    assert len(device.memory.records) == 5, "what is fetched is not deleted"
    assert of(gateway, "spot-check")[0] in gateway.urgent, "another of its kind may keep nothing"


@pytest.mark.parametrize("room", [244, 20], ids=["in one", "in two segments"])
async def test_the_records_of_a_cuff_are_read_and_named_by_their_sequence(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path, room: int
) -> None:
    place = Place(alias="ecuff", journals=tmp_path)
    cuff = EnhancedCuff(place, air.air, SLOTS, stored=5, every=0, room=room)
    async with switched_on(cuff), driving(driver(gateway, adapter, cuff)):
        await until(lambda: ("eui64:C0FFEEFFFEEB0001", "racp") in gateway.marks, 60)
        cuff.tell()
        await until(lambda: of(gateway, "enhanced"), 60)
    records = of(gateway, "record")
    assert [frame.name.split()[0] for frame in records] == [f"seq:{n}" for n in range(5)]
    assert [frame.slot for frame in records] == ["1", "2", "1", "2", "1"]
    assert octets(records) == made(tmp_path, "ecuff", "record")
    (first, *_), facing = records, cuff.memory.records[0].facing
    assert first.device_time == datetime(*facing).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001
    assert [o.kind for o in first.observations] == ["blood-pressure", "pulse-rate-cuff"]
    assert not gateway.missed


async def test_of_two_forms_of_a_reading_the_fuller_one_is_taken(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio, tmp_path: Path
) -> None:
    place = Place(alias="ecuff", journals=tmp_path)
    cuff = EnhancedCuff(place, air.air, SLOTS, stored=0, every=0)
    async with switched_on(cuff), driving(driver(gateway, adapter, cuff)):
        await until(lambda: gateway.statuses and gateway.statuses[-1].link == "connected", 60)
        cuff.tell()
        cuff.tell()
        await until(lambda: len(of(gateway, "enhanced")) == 2, 60)
    assert not of(gateway, "measurement")
    assert octets(of(gateway, "enhanced")) == made(tmp_path, "ecuff", "enhanced")
    assert len(gateway.observations("blood-pressure")) == 2


async def test_a_clock_is_set_when_what_was_stored_is_safe(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = PulseOximeter(Place(alias="plx"), air.air, stored=3, every=0.05, spot_every=0)
    device.set_clock(-YEARS.total_seconds())
    safe: list[int] = []
    ours = device.clock.set

    def set_(told: datetime) -> None:
        safe.append(len(of(gateway, "spot-check")))
        ours(told)

    device.clock.set = set_  # type: ignore[method-assign]
    zone = "Etc/UTC"
    here = datetime.now().astimezone().utcoffset() or timedelta()
    async with switched_on(device), driving(driver(gateway, adapter, device, zone)):
        await until(lambda: any(status.detail for status in gateway.statuses), 60)
    assert safe == [3]
    for frame in of(gateway, "spot-check"):
        assert frame.clock is not None
        off = frame.clock.offset_ns + frame.clock.read_ns - time.time_ns()
        assert abs(off / 1e9 + YEARS.total_seconds() - here.total_seconds()) < 60
        assert 1e9 <= frame.clock.uncertainty_ns < 20e9
    assert abs(device.clock.skew + here) < timedelta(seconds=5)
    told = [status for status in gateway.statuses if status.device_time]
    assert told[0].device_time < told[-1].device_time
    assert "was set" in told[-1].detail


async def test_a_thermometer_with_the_current_time_is_left_alone(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = Instrument(Place(alias="thermometer"), air.air, thermometer(0.05))
    async with switched_on(device), driving(driver(gateway, adapter, device)):
        await until(lambda: of(gateway, "measurement"), 60)
    (told,) = {status.device_time for status in gateway.statuses if status.device_time}
    assert told
    assert device.clock.skew == timedelta()
