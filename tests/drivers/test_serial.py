"""A serial oximeter on a real pseudo terminal: packets, damage, silence, plug pulled."""

from __future__ import annotations

import asyncio
import termios
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import serial

from edge_agent.model.devices import LinkState
from edge_agent.model.errors import LinkLostError, LinkRefusedError, LinkUnavailableError
from edge_agent.model.gaps import GapReason
from edge_agent.model.seams import Capture, Missed
from edge_drivers.links.serial import SerialLink
from edge_simulators.device import Place
from edge_simulators.faults import Fault
from edge_simulators.oximeter import Oximeter
from firmware_specs import catalog
from tests.support.gateway import Gateway, driving, until
from tests.support.ptys import Cable

OXIMETER = catalog.find("cms50d-plus")
PACKET = bytes.fromhex("85 40 05 48 61")  # pleth 64, pulse 72, SpO2 97


@pytest.fixture
async def cable() -> AsyncGenerator[Cable]:
    cable = Cable()
    yield cable
    cable.unplug()


def yes(_: str) -> bool:
    return True


async def opened(cable: Cable, gateway: Gateway) -> SerialLink:
    link = SerialLink(cable.near, OXIMETER, "O-1", gateway.clock)
    opening = asyncio.create_task(link.open())
    await until(lambda: vars(link)["_port"])
    cable.say(PACKET)
    await opening
    return link


async def test_packets_are_found_in_pieces_and_damage(cable: Cable, gateway: Gateway) -> None:
    link = await opened(cable, gateway)
    cable.say(PACKET[3:] + PACKET[:2])
    captures = list(await link.receive())
    cable.say(PACKET[2:])
    while len(captures) < 3:
        captures += await link.receive()
    assert [c.octets for c in captures if isinstance(c, Capture)] == [PACKET, PACKET]
    (lost,) = [one for one in captures if isinstance(one, Missed)]
    assert (lost.part, lost.octets, lost.strings) == ("live", PACKET[3:], 1)
    assert lost.reason is GapReason.MALFORMED
    await link.close()
    with pytest.raises(LinkLostError):
        await link.receive()


async def test_silence_and_unplugging_are_a_loss(cable: Cable, gateway: Gateway) -> None:
    link = await opened(cable, gateway)
    assert await link.receive()
    with pytest.raises(LinkLostError, match="no packet"):
        await link.receive()
    await link.close()
    link = await opened(cable, gateway)
    assert await link.receive()
    cable.unplug()
    with pytest.raises(LinkLostError):
        await link.receive()
    await link.close()


async def test_a_port_that_cannot_be_opened_is_told(cable: Cable, gateway: Gateway) -> None:
    with pytest.raises(LinkUnavailableError, match="No such file"):
        await SerialLink("/dev/serial/by-id/none", OXIMETER, "O-1", gateway.clock).open()
    with (
        serial.Serial(cable.near, exclusive=True),
        pytest.raises(LinkRefusedError, match="in use"),
    ):
        await SerialLink(cable.near, OXIMETER, "O-1", gateway.clock).open()
    silent = SerialLink(cable.near, OXIMETER, "O-1", gateway.clock)
    with pytest.raises(LinkUnavailableError, match="silent"):
        await silent.open()
    await silent.close()


async def test_a_terminal_that_refuses_parity_cannot_be_opened(
    cable: Cable, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises `termios.error`, which is no `OSError`, at the second opening (decision 053)."""
    monkeypatch.setattr("edge_drivers.links.serial.has_parity", yes)
    refusals = 0
    for _ in range(3):
        link = SerialLink(cable.near, OXIMETER, "O-1", gateway.clock)
        with pytest.raises(LinkUnavailableError) as caught:
            await link.open()
        refusals += isinstance(caught.value.__cause__, termios.error)
        await link.close()
    assert refusals >= 2


async def test_a_port_that_fails_under_a_write_is_lost(
    cable: Cable, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_port: serial.Serial, _octets: bytes) -> None:
        raise termios.error(5, "Input/output error")

    link = await opened(cable, gateway)
    monkeypatch.setattr(serial.Serial, "write", fail)
    with pytest.raises(LinkLostError, match="Input/output"):
        await link.write("live", b"x")
    await link.close()


async def test_the_oximeter_vanishes_and_returns(gateway: Gateway, tmp_path: Path) -> None:
    oximeter = Oximeter(Place(alias="ox", journals=tmp_path), tmp_path / "ttyOX", "O-1")
    await oximeter.start()
    port = str(oximeter.reach().link["port"])
    driver = gateway.driver(
        OXIMETER, lambda: SerialLink(port, OXIMETER, "O-1", gateway.clock), tag="O-1"
    )
    async with driving(driver):
        await until(lambda: gateway.observations("spo2"))
        await oximeter.inflict(Fault("drop", 0.5))
        await until(lambda: LinkState.LOST in gateway.states())
        before = len(gateway.frames)
        await until(lambda: len(gateway.frames) > before + 1)
    await oximeter.stop()
    frame = gateway.frames[0]
    assert frame.device == "tag:O-1"
    assert len(frame.octets) == 60
    assert [w.count for w in frame.waveforms] == [60]
    assert {o.kind for o in frame.observations} == {"spo2", "pulse-rate"}
    streams = {w.stream for f in gateway.frames for w in f.waveforms}
    assert len(streams) == 2  # one for each connection


async def test_noise_is_a_gap_in_the_signal(cable: Cable, gateway: Gateway) -> None:
    link = SerialLink(cable.near, OXIMETER, "O-1", gateway.clock)
    driver = gateway.driver(OXIMETER, lambda: link)
    async with driving(driver):
        await until(lambda: vars(link)["_port"])
        cable.say(PACKET)
        await until(lambda: LinkState.CONNECTED in gateway.states())
        cable.say(PACKET * 9 + PACKET[:3] + PACKET * 50)
        await until(lambda: gateway.frames)
    (frame,) = gateway.frames
    before, after = frame.waveforms
    assert (before.first, before.count, before.gap) == (0, 10, None)
    assert (after.first, after.count, after.gap) == (11, 50, GapReason.MALFORMED)
    assert driver.diagnostics.counts == {"malformed": 1}
