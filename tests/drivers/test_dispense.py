"""Orders on real Modbus: whatever happens to a write, it is sent once and its outcome is read."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from edge_agent.model.commands import Outcome
from edge_drivers.dispensing import machine
from edge_drivers.dispensing.steps import Phase, State, Told
from edge_drivers.links.modbus_link import ModbusLink
from edge_simulators.dispenser import Dispenser
from edge_simulators.faults import Fault, parse_fault
from edge_simulators.retained import Retained
from firmware_specs import catalog
from tests.support.dispensing import dispensing
from tests.support.gateway import Gateway, driving, until

KINDS = ("dispenser", "dispenser-plc")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_order_moves_what_it_says(tmp_path: Path, kind: str) -> None:
    async with dispensing(tmp_path, kind) as bench:
        first = await bench.station.dispense("one", bench.task(7, channel=2, amount=3))
        second = await bench.station.dispense("two", bench.task(8, channel=1, amount=1))
        assert (first.outcome, first.count) == (Outcome.DONE, 3)
        assert (second.outcome, second.count) == (Outcome.DONE, 1)
        assert [drop["channel"] for drop in bench.fallen()] == [2, 2, 2, 1]


# What happens to the writes of an order, one after the other, and how it ends then.
FATES = {
    "a lost reservation": (("lost-write 1",), Outcome.NOT_DONE),
    "a late reservation": (("late-write 0.15",), Outcome.DONE),
    "a reservation whose echo is lost": (("lost-echo 1",), Outcome.DONE),
    "a wrong echo of the reservation": (("wrong-echo 1",), Outcome.DONE),
    "all echoes lost": (("lost-echo 9",), Outcome.DONE),
    "all echoes wrong": (("wrong-echo 9",), Outcome.DONE),
    "a lost start": (("wrong-echo 1", "lost-write 1"), Outcome.NOT_DONE),
    "a start that comes when it is withdrawn": (("wrong-echo 1", "late-write 1"), Outcome.NOT_DONE),
    "a lost start, a lost withdrawal": (("wrong-echo 1", "lost-write 2"), Outcome.NOT_DONE),
}


@pytest.mark.parametrize("name", FATES)
async def test_the_outcome_is_true_whatever_a_write_meets(tmp_path: Path, name: str) -> None:
    faults, outcome = FATES[name]
    async with dispensing(tmp_path) as bench:
        for words in faults:
            await bench.attached.inflict(parse_fault(words.split()))
        ended = await bench.station.dispense("one", bench.task(7, amount=2))
        await asyncio.sleep(1.1 if "late-write 1" in faults else 0)
        assert ended.count == len(bench.fallen())
        if name != "a late reservation":  # it is a race, and both ends are right
            assert ended.outcome is outcome


PLC_FATES = {
    "lost-write 1": (Outcome.NOT_DONE, 0),
    "lost-echo 1": (Outcome.DONE, 3),
    "wrong-echo 1": (Outcome.DONE, 3),
    "late-write 0.15": (Outcome.DONE, 3),
    "jam-after 2": (Outcome.PARTIAL, 2),
}


@pytest.mark.parametrize("words", PLC_FATES)
async def test_counters_alone_tell_it_too(tmp_path: Path, words: str) -> None:
    async with dispensing(tmp_path, "dispenser-plc") as bench:
        await bench.attached.inflict(parse_fault(words.split()))
        ended = await bench.station.dispense("one", bench.task(7, amount=3))
        assert (ended.outcome, ended.count) == PLC_FATES[words]
        assert len(bench.fallen()) == ended.count


@pytest.mark.parametrize("kind", KINDS)
async def test_a_jam_leaves_a_part(tmp_path: Path, kind: str) -> None:
    async with dispensing(tmp_path, kind) as bench:
        await bench.attached.inflict(Fault("jam-after", 2))
        ended = await bench.station.dispense("one", bench.task(7, amount=3))
        assert (ended.outcome, ended.count) == (Outcome.PARTIAL, 2)
        barred = await bench.station.dispense("two", bench.task(8, amount=1))
        assert (barred.outcome, barred.reason) == (Outcome.REFUSED, "jam")
        assert len(bench.fallen()) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_a_loss_of_power_leaves_a_part(tmp_path: Path, kind: str) -> None:
    async with dispensing(tmp_path, kind) as bench:
        bench.device.motor.pace = 0.1
        order = asyncio.create_task(bench.station.dispense("one", bench.task(7, amount=5)))
        while len(bench.fallen()) < 2:
            await asyncio.sleep(0.01)
        await bench.attached.inflict(Fault("restart", 0.2))
        ended = await order
        assert ended.outcome is Outcome.PARTIAL
        assert ended.count == len(bench.fallen()) == 2
        bench.device.motor.pace = 0.01
        assert (await bench.station.dispense("two", bench.task(8))).outcome is Outcome.DONE


async def test_a_device_that_is_slow_is_waited_for(tmp_path: Path) -> None:
    async with dispensing(tmp_path) as bench:
        await bench.attached.inflict(Fault("slow", 0.3))
        ended = await bench.station.dispense("one", bench.task(7, amount=2))
        assert ended.outcome is Outcome.DONE


async def test_a_device_that_stays_silent_is_a_persons(tmp_path: Path) -> None:
    async with dispensing(tmp_path, patience=1.2) as bench:
        bench.device.motor.pace = 0.2
        order = asyncio.create_task(bench.station.dispense("one", bench.task(7, amount=2)))
        while not bench.device.motor.is_turning:
            await asyncio.sleep(0.01)
        await bench.attached.inflict(Fault("vanish", 600))
        ended = await order
        assert (ended.outcome, ended.count) == (Outcome.UNKNOWN, None)


INTERLOCKS = {"door 600": "door-open", "jam 600": "jam", "vanish 600": "silent"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", INTERLOCKS)
async def test_what_bars_an_order_bars_it_before_anything_is_written(
    tmp_path: Path, kind: str, words: str
) -> None:
    async with dispensing(tmp_path, kind) as bench:
        await bench.attached.inflict(parse_fault(words.split()))
        ended = await bench.station.dispense("one", bench.task(7))
        assert (ended.outcome, ended.count) == (Outcome.REFUSED, 0)
        assert ended.reason == INTERLOCKS[words]
        assert not bench.notes.states
        assert not bench.fallen()


async def test_a_door_that_opens_after_the_reservation_bars_the_start(tmp_path: Path) -> None:
    async with dispensing(tmp_path) as bench:
        await bench.attached.inflict(Fault("late-write", 0.05))
        order = asyncio.create_task(bench.station.dispense("one", bench.task(7)))
        while "one" not in bench.notes.states:
            await asyncio.sleep(0)
        await bench.attached.inflict(Fault("door", 600))
        ended = await order
        assert (ended.outcome, ended.reason) == (Outcome.REFUSED, "door-open")
        assert not bench.fallen()


async def test_more_than_there_is_is_refused(tmp_path: Path) -> None:
    async with dispensing(tmp_path) as bench:
        ended = await bench.station.dispense("one", bench.task(7, amount=61))
        assert (ended.outcome, ended.reason) == (Outcome.REFUSED, "not-enough-in-channel")


async def test_packs_that_staff_take_out_are_nobodys_order(tmp_path: Path) -> None:
    async with dispensing(tmp_path) as bench:
        await bench.station.dispense("one", bench.task(7))
        assert isinstance(bench.device, Dispenser)
        bench.device.hand_out(0)
        ended = await bench.station.dispense("two", bench.task(8, amount=1))
        assert (ended.outcome, ended.count) == (Outcome.DONE, 1)


async def test_a_memory_that_was_reset_is_noticed_and_a_person_may_accept_it(
    tmp_path: Path,
) -> None:
    async with dispensing(tmp_path) as bench:
        await bench.station.dispense("one", bench.task(7))
        await bench.device.switch_off()
        (tmp_path / "kept.json").write_text(json.dumps(asdict(Retained())))
        await bench.device.switch_on()
        ended = await bench.station.dispense("two", bench.task(8))
        assert (ended.outcome, ended.reason) == (Outcome.REFUSED, "counter-not-as-left")
        bench.notes.registers = None
        assert (await bench.station.dispense("three", bench.task(9))).outcome is Outcome.DONE


async def test_on_a_serial_line_a_late_answer_is_not_taken_for_another(
    tmp_path: Path, gateway: Gateway
) -> None:
    async with dispensing(tmp_path, rtu=True) as bench:
        spec = catalog.find("dispenser")
        driver = gateway.driver(spec, lambda: ModbusLink(bench.line, spec, 1, "D-1"), "D-1")
        async with driving(driver):
            await until(lambda: gateway.frames)
            for number in range(3):
                for _ in range(number):
                    await bench.attached.inflict(Fault("delay", 0.35))
                ended = await bench.station.dispense(f"o-{number}", bench.task(7 + number))
                assert (ended.outcome, ended.count) == (Outcome.DONE, 2)
            polled = len(gateway.frames)
            await until(lambda: len(gateway.frames) > polled)
        assert len(bench.fallen()) == 6


# Crashes: the journal's last state is all that is left.


@pytest.mark.parametrize("phase", [Phase.RESERVING, Phase.RESOLVING])
async def test_after_a_crash_the_outcome_is_read(tmp_path: Path, phase: Phase) -> None:
    outcomes: set[Outcome] = set()
    for wait in range(4):  # before the write is on the wire, and after
        folder = tmp_path / str(wait)
        folder.mkdir()
        async with dispensing(folder) as bench:
            states = bench.notes.states.setdefault("one", [])
            order = asyncio.create_task(bench.station.dispense("one", bench.task(7)))
            while not states or states[-1].phase is not phase:
                await asyncio.sleep(0)
            await asyncio.sleep(0.002 * wait)
            order.cancel()
            await asyncio.wait((order,))
            ended = await bench.station.recover("one", states[-1])
            outcomes.add(ended.outcome)
            assert ended.count == len(bench.fallen())
    assert outcomes <= {Outcome.NOT_DONE, Outcome.DONE}


async def test_after_a_crash_nothing_is_started(tmp_path: Path) -> None:
    async with dispensing(tmp_path) as bench:
        task = bench.task(7)
        reading = await bench.station.look()
        assert reading
        assert reading.last
        began, _ = machine.begin(task)
        reserving, _ = machine.step(began, Told(reading))
        resolving = State(Phase.RESOLVING, task, reserving.sequence, reserving.base)
        for noted in (reserving, resolving):
            ended = await bench.station.recover("one", noted)
            assert (ended.outcome, ended.count) == (Outcome.NOT_DONE, 0)
        assert not bench.fallen()
