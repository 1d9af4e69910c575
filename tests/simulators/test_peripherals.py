"""Straps, cuff and meter against bumble's GATT client: what arrives is what the journal says."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bumble.att import ATT_Error
from bumble.core import ProtocolError
from bumble.core import TimeoutError as BumbleTimeoutError

from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.cgm import CgmSensor
from edge_simulators.device import Place
from edge_simulators.faults import Fault, FaultError
from edge_simulators.glucose import GlucoseMeter, Habit
from edge_simulators.heart_rate import HeartRateStrap, measurement
from edge_simulators.peripheral import Peripheral
from edge_simulators.radio import VirtualRadio
from tests.simulators.peers import Central, Client, journalled, next_of

SLOTS = {1: "resident-1", 2: "resident-2"}


@asynccontextmanager
async def running(device: Peripheral) -> AsyncGenerator[str]:
    """A device that is on; gives its address."""
    await device.start()
    try:
        yield device.badge.address
    finally:
        await device.stop()


def octets_of(folder: Path, alias: str) -> list[bytes]:
    return [bytes.fromhex(line["octets"]) for line in journalled(folder, alias)]


# Heart rate strap


async def test_intervals_are_those_of_the_beats(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    beats = iter(number * 0.5 for number in range(1000))
    strap = HeartRateStrap(
        Place(alias="strap", journals=tmp_path), radio.air, beats=beats, every=0.25
    )
    async with running(strap) as address:
        queue = await (await central.connect(address)).listen("2A37")
        values = [await next_of(queue) for _ in range(4)]
    assert values == [measurement(120), measurement(120, [512])] * 2, "as long as they took"
    assert octets_of(tmp_path, "strap")[:4] == values


async def test_a_strap_says_who_it_is(radio: VirtualRadio, central: Central) -> None:
    strap = HeartRateStrap(Place(alias="strap"), radio.air)
    async with running(strap) as address:
        client = await central.connect(address)
        assert (await client.read("2A23")).hex() == "010000feffc2b1a0"
        assert await client.read("2A29") == b"Beacon Works"
        assert await client.read("2A38") == b"\x01"
        await strap.inflict(Fault("battery", 9))
        assert await client.read("2A19") == b"\x09"
    assert strap.reach().key == "eui64:A0B1C2FFFE000001"


async def test_a_strap_without_contact_counts_nothing(
    radio: VirtualRadio, central: Central
) -> None:
    strap = HeartRateStrap(Place(alias="strap"), radio.air, every=0.02)
    async with running(strap) as address:
        queue = await (await central.connect(address)).listen("2A37")
        await strap.inflict(Fault("probe-off", 0.1))
        assert await next_of(queue) == b"\x04\x00"
        await asyncio.sleep(0.15)
        while not queue.empty():
            queue.get_nowait()
        assert (await next_of(queue))[0] & 0x06 == 0x06


async def test_octets_are_damaged_doubled_and_late_on_demand(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    place = Place(alias="strap", journals=tmp_path)
    slow = iter(number * 100.0 for number in range(9))
    strap = HeartRateStrap(place, radio.air, beats=slow, every=0.02)
    async with running(strap) as address:
        queue = await (await central.connect(address)).listen("2A37")
        await strap.inflict(Fault("garble", 1))
        damaged = await next_of(queue)
        await strap.inflict(Fault("duplicate", 1))
        first, second = await next_of(queue), await next_of(queue)
        await strap.inflict(Fault("delay", 0.3))
        with pytest.raises(TimeoutError):
            await next_of(queue, 0.2)
        await next_of(queue)
    assert first == second
    assert len(damaged) == len(first) - 1
    lines = journalled(tmp_path, "strap")
    assert [line.get("fault") for line in lines[:3]] == ["garbled", None, None]
    assert [bytes.fromhex(line["octets"]) for line in lines[:3]] == [damaged, first, second]


@pytest.mark.parametrize("kind", ["drop", "vanish"])
async def test_a_device_that_goes_comes_back_by_itself(
    kind: str, radio: VirtualRadio, central: Central
) -> None:
    strap = HeartRateStrap(Place(alias="strap"), radio.air, every=0.02)
    async with running(strap) as address:
        client = await central.connect(address)
        queue, lost = await client.listen("2A37"), client.lost()
        await strap.inflict(Fault("drop" if kind == "drop" else "vanish", 0.8))
        reason = await asyncio.wait_for(lost, 2)
        assert reason == (0x13 if kind == "drop" else 0x08)
        while not queue.empty():
            queue.get_nowait()
        with pytest.raises(BumbleTimeoutError):  # and a cancelled connect does no lasting harm
            await central.connect(address, 0.1)
        again = await central.connect(address)
        await next_of(await again.listen("2A37"))


async def test_a_fault_that_cannot_happen_is_refused(radio: VirtualRadio) -> None:
    strap = HeartRateStrap(Place(alias="strap"), radio.air)
    with pytest.raises(FaultError, match="jam cannot happen to strap"):
        await strap.inflict(Fault("jam", 1))


# Blood pressure cuff


async def test_two_residents_take_turns(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    place = Place(alias="cuff", journals=tmp_path)
    cuff = BloodPressureCuff(place, radio.air, SLOTS, every=0.02)
    async with running(cuff) as address:
        queue = await (await central.connect(address)).listen("2A35")
        values = [await next_of(queue) for _ in range(4)]
    lines = journalled(tmp_path, "cuff")[:4]
    assert [line["octets"] for line in lines] == [value.hex() for value in values]
    assert [line["resident"] for line in lines] == ["resident-1", "resident-2"] * 2
    for value, line in zip(values, lines, strict=True):
        assert SLOTS[value[16]] == line["resident"]
        year, month, day, hour, minute, second = struct.unpack_from("<HBBBBB", value, 7)
        when = f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        assert line["name"] == f"time:{when}"


async def test_readings_are_kept_until_confirmed(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    place = Place(alias="cuff", journals=tmp_path)
    cuff = BloodPressureCuff(place, radio.air, SLOTS, every=0)
    async with running(cuff) as address:
        for number in range(3):
            cuff.measure(1 + number % 2, number)
        assert journalled(tmp_path, "cuff") == [], "nothing is made before it is on the air"
        client = await central.connect(address)
        queue = await client.listen("2A35")
        received = [await next_of(queue) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert cuff.unconfirmed == 0
    assert octets_of(tmp_path, "cuff") == received


async def test_an_unconfirmed_reading_is_sent_again_and_is_one(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    place = Place(alias="cuff", journals=tmp_path)
    cuff = BloodPressureCuff(place, radio.air, SLOTS, every=0)
    async with running(cuff) as address:
        client = await central.connect(address)
        await client.listen("2A35")
        await cuff.inflict(Fault("vanish", 0.7))  # on the air, and nobody hears it
        cuff.measure(1, 0)
        await asyncio.wait_for(client.lost(), 2)
        assert cuff.unconfirmed == 1
        queue = await (await central.connect(address)).listen("2A35")
        received = await next_of(queue)
        await asyncio.sleep(0.05)
        assert cuff.unconfirmed == 0
    assert octets_of(tmp_path, "cuff") == [received]


async def test_a_bonded_cuff_refuses_strangers(radio: VirtualRadio, central: Central) -> None:
    cuff = BloodPressureCuff(Place(alias="cuff"), radio.air, SLOTS, every=0, bond=True)
    async with running(cuff) as address:
        client = await central.connect(address)
        with pytest.raises((ATT_Error, ProtocolError)):
            await client.read("2A49")
        await client.connection.pair()
        assert await client.read("2A49") == b"\x27\x00"
        queue = await client.listen("2A35")
        cuff.measure(2, 0)
        assert (await next_of(queue))[16] == 2


async def test_a_wrong_clock_is_in_the_time_stamp(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    place = Place(alias="cuff", journals=tmp_path)
    cuff = BloodPressureCuff(place, radio.air, SLOTS, every=0)
    async with running(cuff) as address:
        queue = await (await central.connect(address)).listen("2A35")
        await cuff.inflict(Fault("clock", -86400 * 3650))
        cuff.measure(1, 0)
        await next_of(queue)
    assert journalled(tmp_path, "cuff")[0]["name"].startswith("time:2016-")


# Glucose meter


async def collected(client: Client, request: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Measurements, contexts and the response to a request."""
    measurements, contexts = await client.listen("2A18"), await client.listen("2A34")
    control = await client.listen("2A52")
    await client.write("2A52", request)
    response = await next_of(control)
    return _all(measurements), _all(contexts), response


def _all(queue: asyncio.Queue[bytes]) -> list[bytes]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


async def test_stored_records_are_those_of_the_journal(
    radio: VirtualRadio, central: Central, tmp_path: Path
) -> None:
    place = Place(alias="meter", journals=tmp_path, resident="resident-1")
    meter = GlucoseMeter(place, radio.air, Habit(stored=6, every=0, pace=0))
    async with running(meter) as address:
        client = await central.connect(address)
        measurements, contexts, response = await collected(client, b"\x01\x01")
        assert response == bytes([6, 0, 1, 1])
        assert await client.read("2A25") == b"GM000001"
        late, _, _ = await collected(client, b"\x01\x03\x01\x05\x00")
        assert late == measurements[4:]
    lines = journalled(tmp_path, "meter")
    by_part = {
        part: [bytes.fromhex(line["octets"]) for line in lines if line["part"] == part]
        for part in ("measurement", "context")
    }
    assert by_part == {"measurement": measurements, "context": contexts}
    assert lines[0]["name"].startswith("seq:1 time:20")
    assert {line["class"] for line in lines} == {"stored"}
    assert {line["device"] for line in lines} == {"serial:Sweetwater/GM000001"}


async def test_records_go_on_being_made_while_nobody_asks(
    radio: VirtualRadio, central: Central
) -> None:
    meter = GlucoseMeter(Place(alias="meter"), radio.air, Habit(stored=0, every=0.02, molar=True))
    async with running(meter) as address:
        await asyncio.sleep(0.1)
        client = await central.connect(address)
        measurements, _, _ = await collected(client, b"\x01\x01")
    assert len(measurements) >= 3
    assert all(octets[0] & 0x04 for octets in measurements), "mol/L"


async def test_an_abort_stops_a_report(radio: VirtualRadio, central: Central) -> None:
    meter = GlucoseMeter(Place(alias="meter"), radio.air, Habit(stored=50, every=0, pace=0.02))
    async with running(meter) as address:
        client = await central.connect(address)
        measurements, control = await client.listen("2A18"), await client.listen("2A52")
        await client.write("2A52", b"\x01\x01")
        await next_of(measurements)
        with pytest.raises((ATT_Error, ProtocolError), match=r"(?i)0x80|128|procedure"):
            await client.write("2A52", b"\x01\x01")
        await client.write("2A52", b"\x03\x00")
        assert await next_of(control) == bytes([6, 0, 3, 1])
        seen = len(_all(measurements))
        await asyncio.sleep(0.1)
        assert len(_all(measurements)) == 0
        assert seen < 49


async def test_a_report_cut_off_begins_again(radio: VirtualRadio, central: Central) -> None:
    meter = GlucoseMeter(Place(alias="meter"), radio.air, Habit(stored=20, every=0, pace=0.02))
    async with running(meter) as address:
        client = await central.connect(address)
        measurements = await client.listen("2A18")
        await client.listen("2A52")
        await client.write("2A52", b"\x01\x01")
        await next_of(measurements)
        await meter.inflict(Fault("drop", 0.05))
        await asyncio.wait_for(client.lost(), 2)
        records, _, response = await collected(await central.connect(address), b"\x01\x01")
    assert len(records) == 20
    assert response == bytes([6, 0, 1, 1])


async def test_a_request_before_the_subscriptions_is_refused(
    radio: VirtualRadio, central: Central
) -> None:
    meter = GlucoseMeter(Place(alias="meter"), radio.air, Habit(every=0))
    async with running(meter) as address:
        client = await central.connect(address)
        with pytest.raises((ATT_Error, ProtocolError), match=r"(?i)0x81|129|cccd"):
            await client.write("2A52", b"\x01\x01")


@pytest.mark.parametrize("kind", ["meter", "monitor"])
async def test_deleted_records_are_gone(kind: str, radio: VirtualRadio, central: Central) -> None:
    device: GlucoseMeter | CgmSensor = (
        GlucoseMeter(Place(alias="meter"), radio.air, Habit(stored=3, every=0))
        if kind == "meter"
        else CgmSensor(Place(alias="cgm"), radio.air, stored=3, every=0)
    )
    measurement_ = "2A18" if kind == "meter" else "2AA7"
    async with running(device) as address:
        client = await central.connect(address)
        sent, answers = await client.listen(measurement_), await client.listen("2A52")
        await client.write("2A52", b"\x02\x05")
        assert await next_of(answers) == bytes([6, 0, 2, 1])
        await client.write("2A52", b"\x04\x01")
        assert await next_of(answers) == bytes([5, 0, 2, 0])
        await client.write("2A52", b"\x01\x01")
        assert await next_of(answers) == bytes([6, 0, 1, 1])
        assert len(_all(sent)) == len(device.memory.records) == 2
    assert [r.sequence for r in device.memory.records] == ([2, 3] if kind == "meter" else [5, 10])


async def test_a_moved_clock_moves_the_offset_and_not_the_base_time(
    radio: VirtualRadio, central: Central
) -> None:
    meter = GlucoseMeter(Place(alias="meter"), radio.air, Habit(stored=1, every=0))
    async with running(meter) as address:
        await meter.inflict(Fault("clock", 3600))
        meter.measure(meter.clock.now())
        client = await central.connect(address)
        measurements, _, _ = await collected(client, b"\x01\x01")
    assert [struct.unpack_from("<h", octets, 10)[0] for octets in measurements] == [0, 60]
