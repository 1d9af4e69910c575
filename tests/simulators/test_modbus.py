"""Modbus devices against pymodbus's client, over TCP and on a pseudo terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from edge_simulators.device import Place
from edge_simulators.dispenser import Dispenser
from edge_simulators.faults import Fault, FaultError
from edge_simulators.modbus import answer, crc16
from edge_simulators.modbus_bench import POINTS, SPEC_TEXT, BenchDevice
from edge_simulators.modbus_rtu import first_frame
from edge_simulators.orders import Order
from edge_simulators.registers import LineDevice, ModbusDevice
from edge_simulators.workshop import on_rtu, on_tcp
from edge_simulators.xy_md02 import ClimateSensor
from firmware_specs import catalog
from tests.simulators.peers import journalled

Client = AsyncModbusTcpClient | AsyncModbusSerialClient


def sensor(folder: Path) -> ClimateSensor:
    return ClimateSensor(Place(alias="fridge", journals=folder), "FRIDGE-1", lambda: 0.0)


@asynccontextmanager
async def attached(device: ModbusDevice, order: Order) -> AsyncGenerator[tuple[LineDevice, Client]]:
    """A device on its line and a client that speaks to it."""
    line = (on_rtu if order.rtu else on_tcp)(device, order)
    await line.start()
    link = line.reach().link
    client: Client = (
        AsyncModbusSerialClient(str(link["port"]), baudrate=9600, timeout=0.3, retries=0)
        if order.rtu
        else AsyncModbusTcpClient(str(link["host"]), port=int(link["port"]), timeout=0.3, retries=0)
    )
    assert await client.connect()
    try:
        yield line, client
    finally:
        client.close()
        await line.stop()


@pytest.mark.parametrize("rtu", [False, True], ids=["tcp", "rtu"])
async def test_a_poll_reads_what_the_journal_says(tmp_path: Path, *, rtu: bool) -> None:
    async with attached(sensor(tmp_path), Order(folder=tmp_path, rtu=rtu)) as (_, client):
        both = await client.read_input_registers(1, count=2)
        one = await client.read_input_registers(1, count=1)
    assert both.registers[0] == one.registers[0]
    (line,) = journalled(tmp_path, "fridge")
    assert bytes.fromhex(line["octets"]) == b"".join(r.to_bytes(2, "big") for r in both.registers)
    assert (line["part"], line["class"], line["device"]) == ("climate", "live", "tag:FRIDGE-1")
    temperature, humidity = (register / 10 for register in both.registers)
    assert line["value"] == f"{temperature} Cel {humidity} %"


@pytest.mark.parametrize("rtu", [False, True], ids=["tcp", "rtu"])
async def test_what_is_not_there_is_refused(tmp_path: Path, *, rtu: bool) -> None:
    async with attached(sensor(tmp_path), Order(folder=tmp_path, rtu=rtu)) as (_, client):
        for refused, code in (
            (await client.read_input_registers(2, count=2), 2),
            (await client.read_holding_registers(1, count=2), 2),
            (await client.write_register(1, 5), 2),
            (await client.write_registers(1, [5, 6]), 2),
            (await client.read_coils(1, count=1), 1),
        ):
            assert refused.isError()
            assert refused.exception_code == code


async def test_another_unit_does_not_answer_on_a_line_and_is_no_target_over_tcp(
    tmp_path: Path,
) -> None:
    async with attached(sensor(tmp_path), Order(folder=tmp_path)) as (_, client):
        refused = await client.read_input_registers(1, count=2, device_id=7)
        assert refused.exception_code == 11
    rtu = Order(folder=tmp_path, rtu=True)
    async with attached(sensor(tmp_path), rtu) as (_, client):
        with pytest.raises(ModbusIOException):
            await client.read_input_registers(1, count=2, device_id=7)


@pytest.mark.parametrize("rtu", [False, True], ids=["tcp", "rtu"])
async def test_damage_silence_and_loss(tmp_path: Path, *, rtu: bool) -> None:
    async with attached(sensor(tmp_path), Order(folder=tmp_path, rtu=rtu)) as (device, client):
        for fault in (Fault("garble", 1), Fault("vanish", 0.2), Fault("delay", 0.5)):
            await device.inflict(fault)
            with pytest.raises(ModbusIOException):
                await client.read_input_registers(1, count=2)
            await asyncio.sleep(0.4)
            client.close()
            assert await client.connect()
            assert not (await client.read_input_registers(1, count=2)).isError()
        await device.inflict(Fault("drop", 0.2))
        await asyncio.sleep(0.05)
        client.close()
        assert not await client.connect()
        await asyncio.sleep(0.3)
        assert await client.connect()
        assert not (await client.read_input_registers(1, count=2)).isError()
        with pytest.raises(FaultError, match="probe-off cannot happen to fridge"):
            await device.inflict(Fault("probe-off", 1))
    faults = [line.get("fault") for line in journalled(tmp_path, "fridge")]
    assert faults.count("garbled") == 1


async def test_a_bench_device_says_when_it_was_read(tmp_path: Path) -> None:
    now = 70_000.5
    device = BenchDevice(Place(alias="bench-1", journals=tmp_path), "BENCH-1", lambda: now)
    async with attached(device, Order(folder=tmp_path)) as (_, client):
        answered = await client.read_holding_registers(0, count=POINTS)
    assert answered.registers == [(70_000 + point) % 65536 for point in range(POINTS)]
    assert journalled(tmp_path, "bench-1")[0]["part"] == "points"
    loaded = catalog.load_octets(SPEC_TEXT.encode(), "bench", "modbus-bench")
    assert loaded.spec.parts["points"].registers is not None


# The dispenser


def dispenser(folder: Path, every: float = 0, clock: float = 0.0) -> Dispenser:
    place = Place(alias="dispenser", journals=folder)
    return Dispenser(place, "DISP-1", folder / "kept.json", every=every, now=lambda: clock)


async def test_stock_falls_as_the_count_rises(tmp_path: Path) -> None:
    device = dispenser(tmp_path)
    async with attached(device, Order(folder=tmp_path)) as (_, client):
        before = (await client.read_input_registers(0, count=16)).registers
        device.hand_out(2)
        after = (await client.read_input_registers(0, count=16)).registers
        echo = (await client.read_input_registers(32, count=21)).registers
    assert before == [2, 0, 0, 1, 60, 60, 60, 60, 0, 0, 0, 0, 0, 0, 0, 0]
    assert after == [2, 0, 0, 1, 60, 60, 59, 60, 0, 0, 0, 0, 0, 1, 0, 0]
    assert [*echo[:2], *echo[3:13]] == [0, 0, 0, 0, 0, 0, 0, 0, 60, 60, 59, 60]


async def test_counts_survive_a_loss_of_power(tmp_path: Path) -> None:
    last = {"restarts": 0, "stock": [1, 60, 60, 60], "dispensed": [0xFFFFFFFF, 0, 0, 0]}
    (tmp_path / "kept.json").write_text(json.dumps(last))
    device = dispenser(tmp_path)
    await device.switch_on()
    device.hand_out(0)
    assert device.retained.dispensed[0] == 0, "the count wraps"
    again = dispenser(tmp_path)
    await again.switch_on()
    assert again.retained == replace(device.retained, restarts=2), "its sequence too"
    again.hand_out(0)
    assert again.retained.stock[0] == 59, "an empty channel is filled first"
    assert json.loads((tmp_path / "kept.json").read_text())["restarts"] == 2


async def test_a_jam_and_an_open_door_are_interlocks(tmp_path: Path) -> None:
    device = dispenser(tmp_path)
    device.inflict(Fault("jam", 5))
    assert device.read(4, 1, 2) == (3, 2)
    device.inflict(Fault("door", 5))
    assert device.read(4, 1, 2) == (3, 3)


async def test_medicine_is_handed_out_by_itself(tmp_path: Path) -> None:
    device = dispenser(tmp_path, every=0.01)
    await device.switch_on()
    await asyncio.sleep(0.2)
    await device.switch_off()
    assert sum(device.retained.dispensed) == 240 - sum(device.retained.stock) > 3


# The protocol, pure


@pytest.mark.parametrize(
    ("pdu", "said"),
    [
        ("", "8001"),
        ("2B0E0100", "AB01"),
        ("04", "8403"),
        ("0400010000", "8403"),
        ("040001007E", "8403"),
        ("04000100020", "8403"),
        ("060001", "8603"),
        ("10000100020400", "9003"),
        ("100001000103000102", "9003"),
    ],
)
async def test_a_wrong_request_gets_its_exception(pdu: str, said: str, tmp_path: Path) -> None:
    device = sensor(tmp_path)
    assert answer(device, bytes.fromhex(pdu.ljust(len(pdu) + len(pdu) % 2, "0"))).pdu.hex() == (
        said.lower()
    )


def test_frames_are_found_by_their_length() -> None:
    read = bytes.fromhex("010400010002")
    read += crc16(read)
    write = bytes.fromhex("0110010000020400010002")
    write += crc16(write)
    assert first_frame(read + write) == read
    assert first_frame(write + read) == write
    assert first_frame(write[:-1]) is None
    assert first_frame(read[:7]) is None
