"""Stored records over RACP: each once by id, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.model.devices import LinkState
from edge_agent.model.errors import StoreFullError
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_link import BleLink
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.glucose import GlucoseMeter, Habit
from edge_simulators.radio import VirtualRadio
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until

GLUCOSE = catalog.find("glucose")
DEVICE = "serial:Sweetwater/GM000001"
QUIET = Habit(stored=5, every=0, pace=0.0)


@pytest.fixture
async def make_meter(air: VirtualRadio, tmp_path: Path) -> AsyncGenerator[type[Meters]]:
    Meters.air, Meters.journals, Meters.made = air, tmp_path, []
    yield Meters
    for meter in Meters.made:
        await meter.stop()


class Meters:
    """Makes meters, and switches them off after the test."""

    air: VirtualRadio
    journals: Path
    made: list[GlucoseMeter]

    @classmethod
    async def of(cls, habit: Habit) -> GlucoseMeter:
        place = Place(alias=f"meter-{len(cls.made)}", journals=cls.journals)
        meter = GlucoseMeter(place, cls.air.air, habit)
        cls.made.append(meter)
        await meter.start()
        return meter


def names(gateway: Gateway) -> Counter[str]:
    """How often each record is in the gateway's store, by id."""
    return Counter(frame.id for frame in gateway.frames)


def sequences(gateway: Gateway, part: str = "measurement") -> list[int]:
    return [int(f.name.split()[0][4:]) for f in gateway.frames if f.part == part]


def mark(gateway: Gateway) -> int | None:
    text = gateway.marks.get((DEVICE, "racp"))
    return int(text.split()[0]) if text else None


async def test_all_are_read_with_their_contexts(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    await make_meter.of(QUIET)
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: mark(gateway) == 5)
    assert sequences(gateway) == [1, 2, 3, 4, 5]
    assert sequences(gateway, "context") == [2, 4]
    assert set(names(gateway).values()) == {1}
    assert gateway.frames[0].device == DEVICE
    assert gateway.frames[0].zone == "Asia/Shanghai"
    assert not gateway.urgent  # the meter can be asked again


async def test_only_new_ones_are_read_by_the_next_agent(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    meter = await make_meter.of(QUIET)
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: mark(gateway) == 5)
    meter.measure(meter.clock.now())
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: mark(gateway) == 6)
    assert sequences(gateway) == [1, 2, 3, 4, 5, 6]


async def test_an_interrupted_transfer_goes_on(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    meter = await make_meter.of(Habit(stored=40, every=0, pace=0.01))
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: len(gateway.frames) > 10)
        await meter.inflict(Fault("drop", 0.1))
        await until(lambda: mark(gateway) == 40)
    assert sorted(sequences(gateway)) == list(range(1, 41))
    assert set(names(gateway).values()) == {1}
    assert LinkState.LOST in gateway.states()


async def test_a_killed_agent_leaves_no_hole(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    await make_meter.of(Habit(stored=40, every=0, pace=0.01))
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: len(gateway.frames) > 10)
    assert mark(gateway) is None  # nothing says yet that the first record was the first
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: mark(gateway) == 40)
    assert set(sequences(gateway)) == set(range(1, 41))


async def test_a_sequence_that_begins_anew_is_noticed(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    meter = await make_meter.of(QUIET)
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: mark(gateway) == 5)
    meter.memory.records.clear()
    vars(meter)["_numbers"] = itertools.count(1)  # a new battery
    for hours in range(9, 0, -1):
        meter.measure(meter.clock.now() - timedelta(hours=hours, minutes=7))
    before = len(gateway.frames)
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: mark(gateway) == 9)
    fresh = [f for f in gateway.frames[before:] if f.part == "measurement"]
    assert [f.name.split()[0] for f in fresh] == [f"seq:{n}" for n in range(1, 10)]


async def test_no_mark_moves_when_the_store_is_full(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    await make_meter.of(QUIET)
    gateway.failures = [StoreFullError("full")]
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: LinkState.LOST in gateway.states())
        assert mark(gateway) is None
        await until(lambda: mark(gateway) == 5)
    assert set(sequences(gateway)) == {1, 2, 3, 4, 5}


async def test_no_mark_moves_while_the_store_stalls(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    await make_meter.of(QUIET)
    gateway.stalled.clear()
    async with driving(gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))):
        await until(lambda: LinkState.CONNECTED in gateway.states())
        await asyncio.sleep(0.3)
        assert mark(gateway) is None
        assert not gateway.frames
        gateway.stalled.set()
        await until(lambda: mark(gateway) == 5)
    assert sequences(gateway) == [1, 2, 3, 4, 5]


async def test_a_garbled_record_is_asked_for_again(
    make_meter: type[Meters], adapter: BleAdapter, gateway: Gateway
) -> None:
    meter = await make_meter.of(QUIET)
    driver = gateway.driver(GLUCOSE, lambda: BleLink(adapter, GLUCOSE, "SIM GLU 1"))
    await meter.inflict(Fault("garble", 2))
    async with driving(driver):
        await until(lambda: mark(gateway) == 5)
    assert set(sequences(gateway)) == {1, 2, 3, 4, 5}
    assert len({f.id for f in gateway.frames if f.part in ("measurement", "context")}) == 7
    assert driver.diagnostics.counts["TruncatedError"] >= 1
