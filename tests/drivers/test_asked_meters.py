"""Meters on serial lines that must be asked, by real pseudo terminals: each reading once."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path

import pytest

from edge_agent.model.devices import LinkState
from edge_agent.model.errors import StoreFullError
from edge_drivers.driver import Driver
from edge_drivers.links.serial import SerialLink
from edge_drivers.procedures import memory
from edge_drivers.procedures.asked_records import AskedMemory
from edge_simulators.asked_meters import Taidoc, Tongue, Ultra2, UltraEasy
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.serial_meter import SerialMeter
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until

TONGUES: dict[str, Callable[[], Tongue]] = {
    "taidoc-td42xx": Taidoc,
    "onetouch-ultraeasy": UltraEasy,
    "onetouch-ultra2": Ultra2,
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than two seconds."""
    monkeypatch.setattr(memory, "AskedMemory", partial(AskedMemory, patience=0.3))


@pytest.fixture(params=TONGUES)
async def meter(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[SerialMeter]:
    place = Place(alias="meter", journals=tmp_path)
    meter = SerialMeter(place, tmp_path / "line", "M-1", TONGUES[request.param], stored=12)
    await meter.start()
    yield meter
    await meter.stop()


def driver(gateway: Gateway, meter: SerialMeter) -> Driver:
    reach = meter.reach()
    loaded = catalog.find(reach.spec)
    port = str(reach.link["port"])
    return gateway.driver(loaded, lambda: SerialLink(port, loaded, "M-1", gateway.clock), tag="M-1")


def made(meter: SerialMeter, folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "meter.jsonl").read_text().splitlines()
    return sorted((one["name"], one["octets"]) for one in map(json.loads, lines))


def recorded(gateway: Gateway) -> list[tuple[str, str]]:
    return sorted((frame.name, b"".join(frame.octets).hex()) for frame in gateway.frames)


async def test_all_are_read_once_and_later_only_the_new(
    meter: SerialMeter, gateway: Gateway, tmp_path: Path
) -> None:
    async with driving(driver(gateway, meter)):
        await until(lambda: gateway.marks)
    assert recorded(gateway) == made(meter, tmp_path)
    values = {reading.when.isoformat()[:16]: reading.value for reading in meter.memory}
    assert len(gateway.frames) == len(values) == 12
    for frame in gateway.frames:
        (glucose,) = frame.observations
        assert (frame.device, frame.zone) == ("tag:M-1", "Asia/Shanghai")
        assert glucose.kind == "glucose-blood"
        assert glucose.value == values[frame.device_time[:16]]
    meter.measure()
    before = dict(gateway.marks)
    async with driving(driver(gateway, meter)):  # another agent: it knows the mark alone
        await until(lambda: gateway.marks != before)
    assert recorded(gateway) == made(meter, tmp_path)


async def test_damage_and_an_unplugged_cable_lose_and_double_nothing(
    meter: SerialMeter, gateway: Gateway, tmp_path: Path
) -> None:
    await meter.inflict(Fault("garble", 2))
    async with driving(driver(gateway, meter)):
        await until(lambda: gateway.frames)
        await meter.inflict(Fault("duplicate", 1))
        await meter.inflict(Fault("drop", 0.1))
        await until(lambda: gateway.marks, seconds=30)
    assert recorded(gateway) == made(meter, tmp_path)


@pytest.mark.parametrize("meter", ["taidoc-td42xx"], indirect=True)
async def test_a_meter_that_was_silent_is_read_when_it_answers(
    meter: SerialMeter, gateway: Gateway, tmp_path: Path
) -> None:
    await meter.inflict(Fault("vanish", 3600))
    async with driving(driver(gateway, meter)):
        await until(lambda: LinkState.LOST in gateway.states(), seconds=30)
        said = {s.detail for s in gateway.statuses if s.link is LinkState.LOST}
        assert said == {"the meter did not answer in 0.3 s"}
        assert not gateway.marks
        await meter.inflict(Fault("vanish", 0))
        await until(lambda: gateway.marks, seconds=30)
    assert recorded(gateway) == made(meter, tmp_path)


@pytest.mark.parametrize("meter", ["taidoc-td42xx"], indirect=True)
async def test_a_commit_that_fails_moves_no_mark(
    meter: SerialMeter, gateway: Gateway, tmp_path: Path
) -> None:
    gateway.failures = [StoreFullError("no room")] * 2
    async with driving(driver(gateway, meter)):
        await until(lambda: gateway.marks, seconds=30)
    assert recorded(gateway) == made(meter, tmp_path)
