"""Bluetooth LE on bleak, over BlueZ or over a virtual radio: one adapter for a process.

What a gateway must know of BlueZ shapes this file: one long-lived scanner; connect by the device
just heard, one at a time, while the scanner rests; a fresh client for each connection; no more
connections than the adapter can hold; and a ladder of what is done when it fails (`recovery`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import BleakClientWithServiceCache, establish_connection

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import LinkAbsentError, LinkRefusedError, LinkUnavailableError
from edge_agent.model.seams import Clock
from edge_drivers.links import advice, ble_identity, reaching
from edge_drivers.links.radios import AdapterState, Bond, NotPairedError, Passkey, Radio
from edge_drivers.links.recovery import Ladder, Rung
from edge_drivers.links.sightings import Sighting, Sightings

ADVERTISING_S = 30.0
"""How long a device is waited for before its link reports that it is not there."""
CONNECT_S = 20.0
PAIRING_S = 90.0
"""A person may have to type a passkey meanwhile."""
AUTHENTICATION = "org.bluez.Error.Authentication"
"""How those errors of BlueZ's begin that say that a device does not pair."""
DEAF_S = 300.0
"""When nobody at all was heard for so long, it may be the radio's fault."""
CONNECTIONS = 7
"""At once, where the configuration says nothing: what small controllers hold."""
LOST_AFTER = 3
"""Failed connections in a row of a bonded device that was heard, after which its bond is doubted:
BlueZ tells a lost bond by nothing but time-outs."""
_log = logging.getLogger(__name__)


Known = Callable[[str], DeviceIdentity | None]
"""Who was met at an address before."""


def nobody(_address: str) -> None:
    """Nobody was met before."""


class BleAdapter:
    """One Bluetooth adapter.

    Args:
        name: `hci0`, …, or `virtual:tcp:HOST:PORT`.
        clock: dates the captures of its links.
        connect: reaches the radio; tests give one in this process.
        limit: connections at once.
        known: who was met before.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        connect: reaching.Connect = reaching.connect,
        *,
        limit: int = CONNECTIONS,
        known: Known = nobody,
    ) -> None:
        self._name = name
        self.clock = clock
        self._connect = connect
        self._limit = limit
        self.known = known
        self._opening = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._radio: Radio | None = None
        self._sightings: Sightings | None = None
        self._ladder = Ladder()
        self._clients: list[BleakClient] = []
        self._failed: dict[str, int] = {}

    @property
    def state(self) -> AdapterState:
        """How it is now."""
        counts = self._ladder.counts
        return AdapterState(
            self._name,
            self._connections(),
            self._limit,
            counts[Rung.RECONNECT],
            counts[Rung.RESTART_SCAN],
            counts[Rung.POWER_CYCLE],
        )

    async def scan(self, seconds: float) -> tuple[Sighting, ...]:
        """Who advertises, the nearest first.

        Raises:
            LinkUnavailableError: there is no such radio, or it is off.
        """
        radio, sightings = await self._open()
        return await radio.during(sightings.during(seconds))

    async def connect(
        self, who: str, lost: Callable[[BleakClient], None], passkey: Passkey | None = None
    ) -> tuple[BleakClient, BLEDevice]:
        """A fresh client, connected, its services discovered; and the device as it advertised.

        Args:
            who: address or advertised name.
            lost: called when the connection ends.
            passkey: a bond is made, unless there is one, and this asks for what the device shows;
                None makes none.

        Raises:
            LinkUnavailableError: it does not advertise, or cannot be connected.
            NotPairedError: it does not pair.
            LinkRefusedError: its bond is lost.
        """
        radio, sightings = await self._open()
        try:
            device = await radio.during(sightings.next(who, ADVERTISING_S))
            client = await radio.during(self._connected(radio, sightings, device, lost, passkey))
        except LinkAbsentError:
            if sightings.silence > DEAF_S:
                await self._climb(radio, sightings)
            raise
        except LinkUnavailableError:
            await self._climb(radio, sightings)
            raise
        self._ladder.worked()
        return client, device

    async def bonds(self) -> tuple[Bond, ...]:
        """With whom keys were exchanged.

        Raises:
            LinkUnavailableError: there is no such radio.
        """
        radio, _ = await self._open()
        try:
            return await radio.control.bonds()
        except OSError as error:
            raise LinkUnavailableError(f"{self._name}: {error}") from error

    async def forget(self, address: str) -> bool:
        """Remove a bond; False when there was none.

        Raises:
            LinkUnavailableError: there is no such radio.
        """
        radio, _ = await self._open()
        self._failed.pop(address, None)
        try:
            return await radio.control.forget(address)
        except OSError as error:
            raise LinkUnavailableError(f"{self._name}: {error}") from error

    def doubt(self, device: BLEDevice) -> None:
        """The connection to a device failed after it had been made, before it was of any use."""
        self._failed[device.address] = self._failed.get(device.address, 0) + 1

    def trust(self, device: BLEDevice) -> None:
        """The connection to a device was of use."""
        self._failed.pop(device.address, None)

    async def close(self) -> None:
        """Let go of the radio; the next use opens it again."""
        radio, self._radio = self._radio, None
        if radio is not None:
            await radio.close()

    async def _connected(
        self,
        radio: Radio,
        sightings: Sightings,
        device: BLEDevice,
        lost: Callable[[BleakClient], None],
        passkey: Passkey | None,
    ) -> BleakClient:
        if self._failed.get(device.address, 0) >= LOST_AFTER and await self._is_bonded(device):
            self._failed.pop(device.address)
            raise LinkRefusedError(advice.BOND_LOST)
        bond = passkey if passkey and not ble_identity.is_paired(device) else None
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._connecting)
                if self._connections() >= self._limit:
                    raise LinkAbsentError(f"all {self._limit} connections are in use")
                await stack.enter_async_context(sightings.paused())
                if bond:
                    await stack.enter_async_context(radio.control.pairing(bond))
                await stack.enter_async_context(asyncio.timeout(PAIRING_S if bond else CONNECT_S))
                client = await establish_connection(
                    BleakClientWithServiceCache,
                    device,
                    device.address,
                    lost,
                    max_attempts=1,
                    pair=bond is not None,  # before connecting: BlueZ asks no passkey after it
                    backend=radio.client,
                    bluez={"adapter": radio.adapter},
                )
        except (BleakError, TimeoutError, OSError) as error:
            if AUTHENTICATION in str(error):
                raise NotPairedError(f"{error!r}") from error
            self.doubt(device)
            raise LinkUnavailableError(
                f"{device.address} cannot be connected: {error!r}"
            ) from error
        self._clients.append(client)
        return client

    async def _is_bonded(self, device: BLEDevice) -> bool:
        return any(bond.address == device.address for bond in await self.bonds())

    def _connections(self) -> int:
        self._clients = [client for client in self._clients if client.is_connected]
        return len(self._clients)

    async def _climb(self, radio: Radio, sightings: Sightings) -> None:
        """Do what the ladder says; a radio that is gone is reached anew anyhow."""
        if radio.is_lost or radio is not self._radio:
            return
        now, idle = asyncio.get_running_loop().time(), not self._connections()
        rung = self._ladder.failed(now, idle=idle)
        if rung is Rung.RECONNECT:
            return
        _log.warning("the radio fails: %s", rung)
        try:
            await (radio.control.power_on() if rung is Rung.RESTART_SCAN else self._cycle(radio))
            await sightings.restart()
        except (OSError, LinkUnavailableError) as error:
            _log.warning("the radio does not recover: %s", error)

    async def _cycle(self, radio: Radio) -> None:
        async with self._connecting:
            await radio.control.power_cycle()

    async def _open(self) -> tuple[Radio, Sightings]:
        async with self._opening:
            if self._radio is not None and self._radio.is_lost:
                await self.close()
            if self._radio is None or self._sightings is None:
                try:
                    self._radio = await self._connect(self._name)
                except (OSError, TimeoutError) as error:
                    raise LinkUnavailableError(f"no radio {self._name}: {error}") from error
                self._sightings = Sightings(self._radio)
            return self._radio, self._sightings
