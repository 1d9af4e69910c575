"""Bluetooth LE: real bleak over bumble's controllers, in process and over TCP."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import partial

import pytest
from bleak import BleakClient
from bleak.exc import BleakError

from edge_agent.model.devices import DeviceIdentity, LinkState
from edge_agent.model.errors import LinkLostError, LinkUnavailableError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import GapReason
from edge_drivers.links import ble, ble_identity
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_drivers.links.virtual_client import VirtualClient
from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.polar import PolarStrap
from edge_simulators.radio import VirtualRadio
from edge_simulators.recordings import packaged, recording
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until

HEART_RATE = catalog.find("heart-rate")
CUFF = catalog.find("blood-pressure")
POLAR = catalog.find("polar-pmd")


def strap(air: VirtualRadio, seed: int = 1, every: float = 0.05) -> HeartRateStrap:
    return HeartRateStrap(Place(alias=f"strap-{seed}", seed=seed), air.air, every=every)


def of(gateway: Gateway, part: str) -> list[Frame]:
    """The frames of a part."""
    return [frame for frame in gateway.frames if frame.part == part]


async def test_the_battery_of_every_device_is_read(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = strap(air)
    await device.inflict(Fault("battery", 17))
    await device.start()
    async with driving(
        gateway.driver(HEART_RATE, lambda: BleLink(adapter, HEART_RATE, "SIM HR 1"))
    ):
        await until(lambda: bool(of(gateway, "battery")))
    await device.stop()
    (level,) = of(gateway, "battery")[0].observations
    assert (level.kind, level.value, level.unit) == ("battery", Decimal(17), "%")


async def test_heart_rate_becomes_frames(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = strap(air)
    await device.start()
    driver = gateway.driver(HEART_RATE, lambda: BleLink(adapter, HEART_RATE, "SIM HR 1"))
    async with driving(driver):
        await until(lambda: len(of(gateway, "measurement")) >= 3)
    await device.stop()
    frame = of(gateway, "measurement")[0]
    assert (frame.device, frame.part, frame.zone) == ("eui64:A0B1C2FFFE000001", "measurement", "")
    assert frame.name.startswith("live:epoch:")
    assert {o.kind for o in frame.observations} >= {"heart-rate"}
    connected = next(s for s in gateway.statuses if s.link is LinkState.CONNECTED)
    assert connected.identity == DeviceIdentity(
        system_id="A0B1C2FFFE000001",
        address="F0:00:00:18:0D:01",
        manufacturer="Beacon Works",
        model="HR-1",
        firmware="1.4.2",
    )


async def test_scan_tells_who_is_there(adapter: BleAdapter, air: VirtualRadio) -> None:
    devices = [strap(air, seed) for seed in (1, 2)]
    for device in devices:
        await device.start()
    found = await adapter.scan(0.3)
    assert {(s.name, s.address) for s in found} == {
        ("SIM HR 1", "F0:00:00:18:0D:01"),
        ("SIM HR 2", "F0:00:00:18:0D:02"),
    }
    assert "0000180d-0000-1000-8000-00805f9b34fb" in found[0].services  # BlueZ adds what it knows
    for device in devices:
        await device.stop()


async def test_a_device_that_vanishes_and_returns_needs_nobody(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    device = strap(air)
    await device.start()
    driver = gateway.driver(HEART_RATE, lambda: BleLink(adapter, HEART_RATE, device.badge.address))
    async with driving(driver):
        for fault in (Fault("drop", 0.7), Fault("vanish", 0.7), Fault("drop", 0.7)):
            gateway.frames.clear()
            gateway.statuses.clear()
            await until(lambda: len(gateway.frames) > 2)
            await device.inflict(fault)
            await until(lambda: LinkState.LOST in gateway.states())
        gateway.frames.clear()
        await until(lambda: gateway.frames)
    await device.stop()


async def test_many_devices_share_an_adapter(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    devices = [strap(air, seed) for seed in range(1, 7)]
    for device in devices:
        await device.start()
    async with asyncio.TaskGroup() as group:
        drivers = (
            gateway.driver(HEART_RATE, partial(BleLink, adapter, HEART_RATE, device.badge.name))
            for device in devices
        )
        tasks = [group.create_task(driver.run()) for driver in drivers]
        await until(lambda: len({frame.device for frame in gateway.frames}) == 6)
        for task in tasks:
            task.cancel()
    for device in devices:
        await device.stop()


async def test_a_cuff_bonds_and_its_readings_commit_at_once(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    cuff = BloodPressureCuff(Place(alias="cuff"), air.air, {1: "a", 2: "b"}, every=0.2, bond=True)
    await cuff.start()
    driver = gateway.driver(CUFF, lambda: BleLink(adapter, CUFF, cuff.badge.name))
    async with driving(driver):
        await until(lambda: len(gateway.urgent) >= 2)
        await cuff.inflict(Fault("drop", 0.2))
        before = len(gateway.urgent)
        await until(lambda: len(gateway.urgent) > before)  # bonded: encrypted without a question
    await cuff.stop()
    readings = of(gateway, "measurement")
    assert gateway.urgent == readings
    assert {frame.slot for frame in readings} == {"1", "2"}
    sent = {frame.octets for frame in readings}  # again, where the link went before it was told
    assert len({frame.id for frame in readings}) == len(sent)
    assert readings[0].name.startswith("time:")
    assert readings[0].zone == "Asia/Shanghai"


async def test_an_ecg_streams_in_segments_and_stops(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    polar = PolarStrap(Place(alias="polar"), air.air, recording(packaged()[0]))
    await polar.start()
    driver = gateway.driver(POLAR, lambda: BleLink(adapter, POLAR, polar.badge.name))
    async with driving(driver):
        await until(lambda: sum(f.part == "data" for f in gateway.frames) >= 2)
        await polar.inflict(Fault("garble", 1))
        await until(lambda: driver.diagnostics.counts)
        await until(lambda: sum(f.part == "data" for f in gateway.frames) >= 5)
    await polar.stop()
    waveforms = [w for f in gateway.frames for w in f.waveforms]
    assert len({w.stream for w in waveforms}) == 1
    gaps = [w for w in waveforms if w.gap]
    assert [w.gap for w in gaps] == [GapReason.MALFORMED]
    at = 0
    for waveform in waveforms:
        missing = waveform.first - at
        assert missing == (73 if waveform.gap else 0)
        at = waveform.first + waveform.count


@pytest.mark.virtual
async def test_over_tcp_either_side_may_be_killed(gateway: Gateway, air: VirtualRadio) -> None:
    device = strap(air)
    await device.start()
    name = await air.listen()
    port = int(name.rsplit(":", 1)[1])
    adapter = BleAdapter(name, gateway.clock)
    driver = gateway.driver(HEART_RATE, lambda: BleLink(adapter, HEART_RATE, "SIM HR 1"))
    async with driving(driver):
        await until(lambda: gateway.frames)
        await air.close()  # the simulators' process dies …
        await until(lambda: LinkState.LOST in gateway.states())
        await air.listen(port=port)  # … and is started again
        before = len(gateway.frames)
        await until(lambda: len(gateway.frames) > before)
    other = BleAdapter(name, gateway.clock)  # this agent was killed: nobody said goodbye
    before = len(gateway.frames)
    driver = gateway.driver(HEART_RATE, lambda: BleLink(other, HEART_RATE, "SIM HR 1"))
    async with driving(driver):
        await until(lambda: len(gateway.frames) > before)
    await adapter.close()
    await other.close()
    await device.stop()
    await air.close()


@pytest.mark.virtual
async def test_a_radio_that_dies_while_it_scans_is_found_again(
    gateway: Gateway, air: VirtualRadio
) -> None:
    """The simulators are started again on the same port before any device has advertised."""
    name = await air.listen()
    port = int(name.rsplit(":", 1)[1])
    adapter = BleAdapter(name, gateway.clock)
    devices = [strap(air, seed) for seed in (1, 2)]
    async with asyncio.TaskGroup() as group:
        drivers = (
            gateway.driver(HEART_RATE, partial(BleLink, adapter, HEART_RATE, device.badge.name))
            for device in devices
        )
        tasks = [group.create_task(driver.run()) for driver in drivers]
        for _ in range(3):
            await asyncio.sleep(0.2)
            await air.close()
            gateway.statuses.clear()
            await until(lambda: gateway.states().count(LinkState.LOST) >= 2)
            await air.listen(port=port)
        for device in devices:
            await device.start()
        await until(lambda: len({frame.device for frame in gateway.frames}) == 2)
        for task in tasks:
            task.cancel()
    await adapter.close()
    for device in devices:
        await device.stop()
    await air.close()


@pytest.mark.virtual
async def test_who_is_not_there_is_said_to_be_so(
    adapter: BleAdapter, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setattr(ble, "ADVERTISING_S", 0.1)
    with pytest.raises(LinkUnavailableError, match="does not advertise"):
        await BleLink(adapter, HEART_RATE, "nobody").open()
    nowhere = BleAdapter(f"virtual:tcp:127.0.0.1:{free_port}", gateway.clock)
    with pytest.raises(LinkUnavailableError, match="no radio"):
        await nowhere.scan(0.1)


async def test_the_link_keeps_its_promises(adapter: BleAdapter, air: VirtualRadio) -> None:
    device = strap(air)
    await device.start()
    link = BleLink(adapter, HEART_RATE, device.badge.name, "T-1")
    with pytest.raises(LinkLostError):
        await link.read("measurement")
    await link.open()
    assert (await link.identity()).asset_tag == "T-1"
    assert await link.receive()
    await asyncio.sleep(0.2)
    await link.close()
    await link.close()
    assert await link.receive()  # what came before the end
    with pytest.raises(LinkLostError):
        await link.receive()
    await device.stop()


async def test_what_is_indicated_until_it_is_disconnected_is_taken(
    adapter: BleAdapter, air: VirtualRadio, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = strap(air)
    await device.start()
    link = BleLink(adapter, HEART_RATE, device.badge.name)
    await link.open()
    await link.receive()
    disconnect = BleakClient.disconnect

    async def slowly(client: BleakClient) -> None:  # as BlueZ does
        await asyncio.sleep(0.3)
        await disconnect(client)

    monkeypatch.setattr(BleakClient, "disconnect", slowly)
    await link.close()
    assert len(await link.receive()) >= 3
    with pytest.raises(LinkLostError):
        await link.receive()
    await device.stop()


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        # DIS 1.1, 3.9.1.1: manufacturer 0xFFFE9ABCDE, OUI 0x123456 of 12:34:56:9A:BC:DE
        ("DEBC9AFEFF563412", "123456FFFE9ABCDE"),
        ("0000000000000000", ""),
        ("FFFFFFFFFFFFFFFF", ""),
        ("1234", ""),
    ],
)
def test_system_id(octets: str, expected: str) -> None:
    assert ble_identity.system_id(bytes.fromhex(octets)) == expected


async def test_a_cuff_that_tells_and_hangs_up_at_once_loses_nothing(
    adapter: BleAdapter, gateway: Gateway, air: VirtualRadio
) -> None:
    cuff = BloodPressureCuff(Place(alias="cuff"), air.air, {1: "a"}, every=0)
    await cuff.start()
    cuff.measure(1, 0)
    link = BleLink(adapter, CUFF, cuff.badge.name)
    await link.open()
    await until(lambda: not cuff.unconfirmed)
    await cuff.inflict(Fault("drop", 30))
    assert (await link.identity()).serial == "BP000001"
    assert len(await link.receive()) == 1
    await link.close()
    await cuff.stop()


@pytest.mark.virtual
async def test_a_request_that_bumble_cancels_is_a_lost_connection() -> None:
    client = VirtualClient("F0:00:00:18:10:01", disconnected_callback=None, timeout=1)

    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(BleakError, match="Not connected"):
        await client._unless_gone(cancelled())  # pyright: ignore[reportPrivateUsage]
