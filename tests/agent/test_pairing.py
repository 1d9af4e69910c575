"""A person brings devices in and takes them out, while the agent runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from bumble.pairing import PairingConfig, PairingDelegate

from edge_agent.agent import Agent, begin
from edge_agent.control.answered import (
    BondReply,
    BondsReply,
    DeviceReply,
    DevicesReply,
    PairReply,
    StatusReply,
    UnpairReply,
)
from edge_agent.control.asked import Bonds, Devices, Pair, Passkey, Status, Unbond, Unpair
from edge_agent.devices.naming import spec_for
from edge_agent.devices.scanning import scan
from edge_agent.model.errors import CommandError
from edge_drivers.links import advice
from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.device import Place
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.peripheral import Peripheral
from edge_simulators.radio import VirtualRadio
from edge_sync.store import Store
from firmware_specs import catalog
from tests.support.agent import Configure

KEY = "eui64:C0FFEEFFFE000001"


@pytest.fixture(autouse=True)
def short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.devices.pairing.LOOK_S", 0.3)


@pytest.fixture
async def air() -> AsyncGenerator[VirtualRadio]:
    radio = VirtualRadio()
    yield radio
    await radio.close()


@asynccontextmanager
async def running(configure: Configure, radio: str, folder: Path) -> AsyncGenerator[Agent]:
    """An agent without a device, on that radio."""
    loaded = configure(f'[ble]\nadapter = "{radio}"\n')
    async with await Store.open(folder / "buffer.sqlite") as store:
        agent = await begin(loaded.config, loaded.specs, store)
        try:
            yield agent
        finally:
            await agent.stop()


@asynccontextmanager
async def on(device: Peripheral) -> AsyncGenerator[None]:
    await device.start()
    try:
        yield
    finally:
        await device.stop()


async def devices(agent: Agent) -> tuple[DeviceReply, ...]:
    reply = await agent.answers(Devices())
    assert isinstance(reply, DevicesReply)
    return reply.devices


async def frames(agent: Agent, least: int = 1) -> DeviceReply:
    """The one device, once it has given so many frames."""
    async with asyncio.timeout(60):
        while True:
            found = await devices(agent)
            if found and found[0].frames >= least:
                return found[0]
            await asyncio.sleep(0.02)


def cuff(air: VirtualRadio) -> BloodPressureCuff:
    return BloodPressureCuff(Place(alias="cuff"), air.air, {1: "a"}, every=0.2, bond=True)


def shows(device: Peripheral, passkey: int) -> None:
    """The device has a display, on which it shows a passkey when it is paired."""

    class Display(PairingDelegate):
        async def generate_passkey(self) -> int:
            return passkey

        async def display_number(self, number: int, digits: int) -> None:
            assert number == passkey

    delegate = Display(PairingDelegate.IoCapability.DISPLAY_OUTPUT_ONLY)
    pairs_by(device, PairingConfig(sc=True, mitm=True, bonding=True, delegate=delegate))


def pairs_by(device: Peripheral, config: PairingConfig) -> None:
    def factory(_connection: object) -> PairingConfig:
        return config

    vars(device)["_device"].pairing_config_factory = factory


async def test_a_paired_device_is_driven_from_then_on_and_after_a_restart(
    configure: Configure, air: VirtualRadio, tmp_path: Path
) -> None:
    radio, device = await air.listen(), cuff(air)
    async with on(device), running(configure, radio, tmp_path) as agent:
        reply = await agent.answers(Pair(device.badge.address))
        assert reply == PairReply("blood-pressure", "blood-pressure", KEY)
        found = await frames(agent)
        assert (found.alias, found.paired, found.device) == ("blood-pressure", True, KEY)
        assert (found.address, found.connections) == (device.badge.address, 1)
        assert await agent.answers(Bonds()) == BondsReply(
            (BondReply(device.badge.address, "", "blood-pressure"),)
        )
        status = await agent.answers(Status())
        assert isinstance(status, StatusReply)
        assert status.radio is not None
        assert (status.radio.connected, status.radio.limit) == (1, 7)
        with pytest.raises(CommandError, match="needs that bond"):
            await agent.answers(Unbond(device.badge.address))
    async with on(cuff(air)), running(configure, radio, tmp_path) as agent:
        assert (await frames(agent)).paired
        assert await agent.answers(Unpair("blood-pressure")) == UnpairReply(bond=True)
        assert await devices(agent) == ()
    async with running(configure, radio, tmp_path) as agent:
        assert await devices(agent) == ()


async def test_a_passkey_is_asked_of_the_person_who_pairs(
    configure: Configure, air: VirtualRadio, tmp_path: Path
) -> None:
    radio, device = await air.listen(), cuff(air)
    shows(device, 123456)
    async with on(device), running(configure, radio, tmp_path) as agent:
        asked = Pair(device.badge.address, alias="mum-s-cuff")
        with pytest.raises(CommandError, match="no passkey is asked for"):
            await agent.answers(Passkey(1))
        assert await agent.answers(asked) == PairReply("mum-s-cuff", "blood-pressure")
        with pytest.raises(CommandError, match="another device is being paired"):
            await agent.answers(asked)
        with pytest.raises(CommandError) as refused:
            await agent.answers(Passkey(999999))
        assert advice.WRONG_PASSKEY in str(refused.value)
        assert await devices(agent) == ()
        await agent.answers(asked)
        assert await agent.answers(Passkey(123456)) == PairReply(
            "mum-s-cuff", "blood-pressure", KEY
        )
        await frames(agent)


async def test_a_device_that_is_bonded_elsewhere_is_told_as_such(
    configure: Configure, air: VirtualRadio, tmp_path: Path
) -> None:
    class Loyal(PairingDelegate):
        async def accept(self) -> bool:
            return False

    radio, device = await air.listen(), cuff(air)
    pairs_by(device, PairingConfig(delegate=Loyal()))
    async with on(device), running(configure, radio, tmp_path) as agent:
        with pytest.raises(CommandError) as refused:
            await agent.answers(Pair(device.badge.address))
        assert advice.BONDED_ELSEWHERE in str(refused.value)
        assert await devices(agent) == ()


async def test_what_cannot_be_paired_is_said(
    configure: Configure, air: VirtualRadio, tmp_path: Path
) -> None:
    radio, device = await air.listen(), HeartRateStrap(Place(alias="strap"), air.air, every=0.1)
    async with on(device), running(configure, radio, tmp_path) as agent:
        for asked, said in (
            (Pair("F0:00:00:00:00:99"), "is not heard"),
            (Pair("strap"), "'strap' is no Bluetooth address"),
            (Pair(device.badge.address, alias="Bad Name/1"), "nothing can be called 'Bad Name/1'"),
            (Pair(device.badge.address, spec="hart-rate"), "did you mean 'heart-rate'"),
            (Pair(device.badge.address, spec="xy-md02"), "not of a Bluetooth device"),
        ):
            with pytest.raises(CommandError, match=said):
                await agent.answers(asked)
        assert await devices(agent) == ()
        await agent.answers(Pair(device.badge.address, spec="heart-rate", alias="strap"))
        await frames(agent)
        with pytest.raises(CommandError, match="it is here already, as 'strap'"):
            await agent.answers(Pair(device.badge.address))
        with pytest.raises(CommandError, match="no device 'nobody'"):
            await agent.answers(Unpair("nobody"))


class Heard(NamedTuple):
    """What a radio heard."""

    address: str
    name: str
    rssi: int
    services: tuple[str, ...]


class Ear:
    """A radio that hears one Polar H10."""

    async def scan(self, seconds: float) -> list[Heard]:
        return [Heard("F0:00:00:00:10:01", "Polar H10 1", -50, ("180D",))]


async def test_a_spec_that_knows_the_name_goes_before_one_that_knows_a_service() -> None:
    (seen,) = (await scan(Ear(), dict(catalog.find_all()), {}, 1.0)).seen
    assert [fit.spec for fit in seen.fits] == ["polar-pmd", "heart-rate"]
    assert spec_for("", seen.fits, {}) == "polar-pmd"
