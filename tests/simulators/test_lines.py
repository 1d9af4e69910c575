"""Serial lines against pyserial: an oximeter's packets, and plugs that are pulled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import serial

from edge_simulators.device import Place
from edge_simulators.faults import Fault, FaultError
from edge_simulators.oximeter import RATE, Oximeter, packet
from edge_simulators.physiology import rhythm
from edge_simulators.pty_line import PtyLine
from tests.simulators.peers import journalled
from tests.support.gateway import until


def opened(path: Path) -> serial.Serial:
    return serial.Serial(str(path), 19200, parity=serial.PARITY_ODD, timeout=60, exclusive=True)


async def read(port: serial.Serial, packets: int) -> list[bytes]:
    octets = await asyncio.to_thread(port.read, 5 * packets)
    return [octets[at : at + 5] for at in range(0, len(octets), 5)]


async def test_packets_are_those_of_the_journal_and_of_the_heart(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter", journals=tmp_path), tmp_path / "line", "OXI-1")
    await device.start()
    await asyncio.sleep(0.1)
    assert journalled(tmp_path, "oximeter") == [], "nobody has the line open"
    with opened(tmp_path / "line") as port:
        packets = await read(port, 30)
    await asyncio.sleep(0.1)
    made = len(journalled(tmp_path, "oximeter"))
    await asyncio.sleep(0.1)
    await device.stop()
    lines = journalled(tmp_path, "oximeter")
    assert len(lines) == made, "nobody has the line open any more"
    assert [bytes.fromhex(line["octets"]) for line in lines[:30]] == packets
    assert packets == [packet(number, rhythm(1), 1).octets for number in range(30)]
    assert {line["device"] for line in lines} == {"tag:OXI-1"}


async def test_a_gateway_that_died_may_open_the_line_again(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter"), tmp_path / "line", "OXI-1")
    await device.start()
    for _ in range(3):
        with opened(tmp_path / "line") as port:
            assert len(await read(port, 2)) == 2
    await device.stop()


async def test_a_finger_out_says_so_and_measures_nothing(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter"), tmp_path / "line", "OXI-1")
    await device.start()
    await device.inflict(Fault("probe-off", 60))
    with opened(tmp_path / "line") as port:
        (octets,) = await read(port, 1)
    assert octets == bytes([0x80 | 0x10 | 7, 0, 0, 0, 0])
    await device.stop()


async def test_a_damaged_packet_is_journalled_as_it_was_sent(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter", journals=tmp_path), tmp_path / "line", "OXI-1")
    await device.start()
    await device.inflict(Fault("garble", 1))
    await device.inflict(Fault("duplicate", 1))
    with opened(tmp_path / "line") as port:
        packets = await read(port, 3)
    await device.stop()
    first, second, third = journalled(tmp_path, "oximeter")[:3]
    assert packets[0] == packets[1] == bytes.fromhex(first["octets"])
    assert first["fault"] == second["fault"] == "garbled"
    assert "fault" not in third


async def test_a_pulled_plug_is_an_error_and_the_path_comes_back(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter"), tmp_path / "line", "OXI-1")
    await device.start()
    with opened(tmp_path / "line") as port:
        await read(port, 1)
        await device.inflict(Fault("drop", 0.2))
        await until(lambda: not (tmp_path / "line").exists())
        with pytest.raises((serial.SerialException, OSError)):
            await read(port, RATE * 10)
    await until((tmp_path / "line").exists)
    with opened(tmp_path / "line") as port:
        assert len(await read(port, 5)) == 5
    await device.stop()
    assert not (tmp_path / "line").is_symlink()


async def test_a_silent_device_leaves_the_line_open(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter"), tmp_path / "line", "OXI-1")
    await device.start()
    with opened(tmp_path / "line") as port:
        await read(port, 1)
        await device.inflict(Fault("vanish", 0.5))
        await asyncio.sleep(0.2)
        port.reset_input_buffer()
        await asyncio.sleep(0.1)
        assert port.in_waiting == 0
        assert len(await read(port, 5)) == 5
    await device.stop()


def test_what_a_full_line_does_not_take_is_said(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "line")
    line.plug()
    assert not line.write(b"x"), "nobody has it open"
    with opened(tmp_path / "line") as port:
        taken = 0
        while line.write(bytes(5)):
            taken += 5
        octets = port.read(taken)
        assert len(octets) == taken
        assert port.in_waiting < 5, "a packet that was taken in part was not taken"
    line.unplug()


async def test_a_fault_that_cannot_happen_is_refused(tmp_path: Path) -> None:
    device = Oximeter(Place(alias="oximeter"), tmp_path / "line", "OXI-1")
    with pytest.raises(FaultError, match="battery cannot happen to oximeter"):
        await device.inflict(Fault("battery", 1))
