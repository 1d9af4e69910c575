"""Bluetooth LE on bleak, over BlueZ or over a virtual radio: one adapter for a process.

What a gateway must know of BlueZ shapes this file: one long-lived scanner; connect by the device
just heard, one at a time, while the scanner rests; a fresh client for each connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import BleakClientWithServiceCache, establish_connection

from edge_agent.model.errors import LinkUnavailableError
from edge_agent.model.seams import Clock
from edge_drivers.links import radios
from edge_drivers.links.ble_link import BleLink
from edge_drivers.links.radios import Radio
from edge_drivers.links.sightings import Sighting, Sightings
from firmware_specs.spec.types import LoadedSpec

ADVERTISING_S = 30.0
"""How long a device is waited for before its link reports that it is not there."""
CONNECT_S = 20.0


class BleAdapter:
    """One Bluetooth adapter.

    Args:
        name: `hci0`, …, or `virtual:tcp:HOST:PORT`.
        clock: dates the captures of its links.
        connect: reaches the radio; tests give one in this process.
    """

    def __init__(self, name: str, clock: Clock, connect: radios.Connect = radios.connect) -> None:
        self._name = name
        self._clock = clock
        self._connect = connect
        self._opening = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._radio: Radio | None = None
        self._sightings: Sightings | None = None

    def link(self, loaded: LoadedSpec, who: str, tag: str = "") -> BleLink:
        """A fresh link to the device of this address or advertised name."""
        return BleLink(self, loaded, who, tag, self._clock)

    async def scan(self, seconds: float) -> tuple[Sighting, ...]:
        """Who advertises, the nearest first.

        Raises:
            LinkUnavailableError: there is no such radio, or it is off.
        """
        radio, sightings = await self._open()
        return await radio.during(sightings.during(seconds))

    async def connect(
        self, who: str, lost: Callable[[BleakClient], None]
    ) -> tuple[BleakClient, BLEDevice]:
        """A fresh client, connected, its services discovered; and the device as it advertised.

        Args:
            who: address or advertised name.
            lost: called when the connection ends.

        Raises:
            LinkUnavailableError: it does not advertise, or cannot be connected.
        """
        radio, sightings = await self._open()
        return await radio.during(self._connected(radio, sightings, who, lost))

    async def close(self) -> None:
        """Let go of the radio; the next use opens it again."""
        radio, self._radio = self._radio, None
        if radio is not None:
            await radio.close()

    async def _connected(
        self, radio: Radio, sightings: Sightings, who: str, lost: Callable[[BleakClient], None]
    ) -> tuple[BleakClient, BLEDevice]:
        device = await sightings.next(who, ADVERTISING_S)
        try:
            async with self._connecting, sightings.paused(), asyncio.timeout(CONNECT_S):
                client = await establish_connection(
                    BleakClientWithServiceCache,
                    device,
                    who,
                    lost,
                    max_attempts=1,
                    backend=radio.client,
                    bluez={"adapter": radio.adapter},
                )
                return client, device
        except (BleakError, TimeoutError, OSError) as error:
            raise LinkUnavailableError(f"{who} cannot be connected: {error!r}") from error

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
