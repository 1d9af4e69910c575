"""Who advertises: the one scanner of a BLE adapter, running only while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from edge_agent.model.errors import LinkAbsentError, LinkUnavailableError
from edge_drivers.links.radios import Radio

MOST = 512
"""Devices remembered; in a crowd the one not heard of for longest is forgotten first."""


class Sighting(msgspec.Struct, frozen=True):
    """A device that was heard.

    Attributes:
        address: as it advertised, perhaps a private one.
        name: advertised; "" without one.
        rssi: received signal strength, dBm.
        services: advertised service UUIDs, 36 characters each.
        manufacturer: company identifier to data.
    """

    address: str
    name: str
    rssi: int
    services: tuple[str, ...]
    manufacturer: Mapping[int, bytes]

    def is_of(self, who: str) -> bool:
        """Whether `who` is its address or its advertised name."""
        return who.upper() == self.address.upper() or (who == self.name and who != "")


class Sightings:
    """The scanner. Connecting and scanning at once resets some adapters, so it can be paused.

    Args:
        radio: whose scanner.
    """

    def __init__(self, radio: Radio) -> None:
        self._radio = radio
        self._scanner = self._fresh()
        self._lock = asyncio.Lock()
        self._watchers = 0
        self._pauses = 0
        self._running = False
        self._heard_at = asyncio.get_running_loop().time()
        self._seen: dict[str, Sighting] = {}
        self._wanted: dict[asyncio.Future[BLEDevice], str] = {}

    @property
    def silence(self) -> float:
        """For how many seconds nobody at all was heard."""
        return asyncio.get_running_loop().time() - self._heard_at

    async def during(self, seconds: float) -> tuple[Sighting, ...]:
        """All who are heard in so many seconds, the nearest first."""
        self._seen.clear()
        async with self._watching():
            await asyncio.sleep(seconds)
        return tuple(sorted(self._seen.values(), key=lambda sighting: -sighting.rssi))

    async def next(self, who: str, seconds: float) -> BLEDevice:
        """Wait until a device advertises, by address or name.

        Raises:
            LinkAbsentError: it did not within `seconds`.
            LinkUnavailableError: there is no radio.
        """
        heard: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        self._wanted[heard] = who
        try:
            async with self._watching(), asyncio.timeout(seconds):
                return await heard
        except TimeoutError as error:
            raise LinkAbsentError(f"{who} does not advertise") from error
        finally:
            del self._wanted[heard]

    async def restart(self) -> None:
        """Scan anew with a fresh scanner, if anybody looks.

        Raises:
            LinkUnavailableError: there is no radio.
        """
        async with self.paused():
            self._scanner = self._fresh()

    @asynccontextmanager
    async def paused(self) -> AsyncGenerator[None]:
        """Scan not while this lasts."""
        self._pauses += 1
        try:
            await self._settle()
            yield
        finally:
            self._pauses -= 1
            await self._settle()

    @asynccontextmanager
    async def _watching(self) -> AsyncGenerator[None]:
        self._watchers += 1
        try:
            await self._settle()
            yield
        finally:
            self._watchers -= 1
            await self._settle()

    async def _settle(self) -> None:
        """Let the scanner run exactly when somebody looks and nobody connects."""
        async with self._lock:
            wanted = self._watchers > 0 and self._pauses == 0
            if wanted == self._running:
                return
            try:
                await (self._scanner.start() if wanted else self._scanner.stop())
            except (BleakError, OSError) as error:
                self._running = False
                raise LinkUnavailableError(f"no scan: {error}") from error
            self._running = wanted

    def _fresh(self) -> BleakScanner:
        radio = self._radio
        return BleakScanner(self._heard, backend=radio.scanner, bluez={"adapter": radio.adapter})

    def _heard(self, device: BLEDevice, said: AdvertisementData) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        sighting = _sighting(device, said)
        self._seen.pop(device.address, None)
        self._seen[device.address] = sighting
        if len(self._seen) > MOST:
            del self._seen[next(iter(self._seen))]
        for waiter, who in self._wanted.items():
            if sighting.is_of(who) and not waiter.done():
                waiter.set_result(device)


def _sighting(device: BLEDevice, said: AdvertisementData) -> Sighting:
    return Sighting(
        address=device.address,
        name=said.local_name or "",
        rssi=said.rssi,
        services=tuple(said.service_uuids),
        manufacturer=said.manufacturer_data,
    )
