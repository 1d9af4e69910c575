"""Refrigerators have a known answer, and pymodbus's client reads it; sensors of other maps too."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from edge_drivers import codec
from edge_simulators.device import Place
from edge_simulators.faults import Fault, FaultError
from edge_simulators.orders import Order
from edge_simulators.refrigerator import BLOOD, VACCINE, Refrigerator
from edge_simulators.workshop import on_tcp
from edge_simulators.xy_md02 import ClimateSensor
from firmware_specs import catalog


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def refrigerator(now: Seconds, spec: str = VACCINE) -> Refrigerator:
    return Refrigerator(Place(alias="box"), "BOX-1", now, spec)


def test_the_air_follows_newtons_law_from_phase_to_phase() -> None:
    now = Seconds()
    box = refrigerator(now)
    box.inflict(Fault("door", 120))
    now.at += 120
    warm = 25 - 20 * math.exp(-120 / 600)
    assert box.celsius() == pytest.approx(warm)
    now.at += 300
    assert box.celsius() == pytest.approx(5 + (warm - 5) * math.exp(-1))


def test_what_was_not_asked_for_meanwhile_makes_no_difference() -> None:
    now, other = Seconds(), Seconds()
    asked, left = refrigerator(now), refrigerator(other)
    for box in (asked, left):
        box.inflict(Fault("mains", 3600))
        box.inflict(Fault("door", 60))
    for _ in range(500):
        now.at += 10
        asked.celsius()
    other.at += 5000
    assert left.celsius() == pytest.approx(asked.celsius())


async def test_the_far_side_reads_door_mains_and_both_probes(tmp_path: Path) -> None:
    now = Seconds()
    line = on_tcp(refrigerator(now, BLOOD), Order(folder=tmp_path))
    await line.start()
    host, port = line.reach().link["host"], line.reach().link["port"]
    client = AsyncModbusTcpClient(str(host), port=int(port))
    assert await client.connect()
    try:
        await line.inflict(Fault("mains", 7200))
        now.at += 3600
        await line.inflict(Fault("door", 5))
        words = (await client.read_input_registers(0, count=5)).registers
    finally:
        client.close()
        await line.stop()
    decoder = codec.compile(catalog.find(BLOOD).spec)
    octets = b"".join(word.to_bytes(2, "big") for word in words)
    (reading,) = decoder.decode("status", octets)
    said = {o.kind + o.channel: (o.value, o.text, o.flags) for o in reading.measured}
    celsius = round(25 - 20 * math.exp(-1 / 4), 1)
    assert float(said["air-temperaturelower"][0] or 0) == pytest.approx(celsius)
    assert float(said["air-temperatureupper"][0] or 0) == pytest.approx(celsius + 0.5)
    assert said["refrigerator-state"] == (None, "idle", ("door_open", "mains_lost"))


def test_no_other_fault_can_happen_to_it() -> None:
    with pytest.raises(FaultError, match="jam"):
        refrigerator(Seconds()).inflict(Fault("jam", 1))


@pytest.mark.parametrize("spec", ["xy-md02", "r444a01", "rs-ws-n01"])
def test_sensors_of_all_maps_say_the_same_of_the_same_air(spec: str) -> None:
    block = catalog.find(spec).spec.parts["climate"].registers
    assert block
    sensor = ClimateSensor(Place(alias="room"), "ROOM-1", Seconds(), spec)
    words = sensor.read(block.function, block.address, block.count)
    octets = b"".join(word.to_bytes(2, "big") for word in words)
    (reading,) = codec.compile(catalog.find(spec).spec).decode("climate", octets)
    said = {o.kind: o.value for o in reading.measured}
    assert 3.5 <= float(said["air-temperature"] or 0) <= 6.5
    assert 37 <= float(said["relative-humidity"] or 0) <= 53
