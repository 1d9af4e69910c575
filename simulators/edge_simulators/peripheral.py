"""A Bluetooth LE peripheral: it advertises, is connected, serves what is subscribed, and gets lost.

Rule of this file: a sending is tried only to a peer that is connected and has subscribed, and only
then is it made (see `journal`). What serves a subscription ends with it or with the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, Service
from bumble.hci import Address
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import Transport

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.air import Air, Radio
from edge_simulators.device import Place, Reach, cannot
from edge_simulators.faults import Fault, Tampering, cut_short
from edge_simulators.journal import Journal

SUPERVISION = 0.5
"""Seconds of silence after which both ends count a connection as lost."""

ADVERTISING_INTERVAL = 50.0
"""Milliseconds."""

Serve = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a peripheral shows of itself.

    Attributes:
        spec: the firmware spec that describes it.
        name: advertised name.
        address: its static random address.
        services: advertised 16-bit services.
        identity: what its Device Information Service says.
    """

    spec: str
    name: str
    address: str
    services: tuple[str, ...]
    identity: DeviceIdentity

    @property
    def advertisement(self) -> bytes:
        """Flags (general discoverable, LE only), services and name (CSS part A, 1)."""
        services = b"".join(bytes(UUID(uuid)) for uuid in self.services)
        return bytes(
            AdvertisingData(
                [
                    (AdvertisingData.Type.FLAGS, b"\x06"),
                    (AdvertisingData.Type.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, services),
                    (AdvertisingData.Type.COMPLETE_LOCAL_NAME, self.name.encode()),
                ]
            )
        )


class Outlet:
    """A characteristic that notifies or indicates, and who listens to it.

    Args:
        uuid: the characteristic's.
        properties: NOTIFY or INDICATE, and others if it has them.
        serve: what is done while somebody listens.
    """

    def __init__(
        self,
        characteristic: Characteristic[bytes],
        serve: Serve | None = None,
    ) -> None:
        self.characteristic = characteristic
        self.serve = serve
        self.listener: Connection | None = None
        self.task: asyncio.Task[None] | None = None
        characteristic.on(characteristic.EVENT_SUBSCRIPTION, self._subscribed)

    def _subscribed(self, listener: Connection, notified: bool, indicated: bool) -> None:
        self.close()
        if notified or indicated:
            self.listener = listener
            if self.serve:
                self.task = asyncio.ensure_future(self.serve())

    def close(self) -> None:
        """Nobody listens any more."""
        self.listener = None
        if self.task:
            self.task.cancel()
            self.task = None


class Peripheral:
    """A simulated device in the air.

    Args:
        place: where it is in the clinic.
        badge: what it shows of itself.
        air: where its radio is.
        services: all of them.
        outlets: those characteristics that send by themselves.
    """

    def __init__(
        self,
        place: Place,
        badge: Badge,
        air: Air,
        services: Sequence[Service],
        outlets: Sequence[Outlet],
    ) -> None:
        self.place = place
        self.badge = badge
        self.journal = Journal(place.journals, place.alias, badge.identity.key)
        self.tampering = Tampering(cut_short)
        self._air = air
        self._radio = Radio(badge.name, air)
        self._services = services
        self._outlets = outlets
        self._device = self._new_device()
        self._absence: asyncio.Future[None] | None = None
        self._return: asyncio.Future[None] | None = None

    def _new_device(self) -> Device:
        interval = ADVERTISING_INTERVAL
        configuration = DeviceConfiguration(
            name=self.badge.name,
            address=Address(self.badge.address, Address.RANDOM_DEVICE_ADDRESS),
            advertising_interval_min=interval,
            advertising_interval_max=interval,
        )
        transport = Transport(self._radio, self._radio)
        device = Device.from_config_with_hci(configuration, transport.source, transport.sink)
        device.keystore = MemoryKeyStore()
        device.pairing_config_factory = _just_works
        device.advertising_data = self.badge.advertisement
        device.add_services(self._services)
        device.on(device.EVENT_CONNECTION, self._connected)
        return device

    def reach(self) -> Reach:
        """By its address, or by its name."""
        link: dict[str, str | int] = {
            "type": "ble",
            "address": self.badge.address,
            "name": self.badge.name,
        }
        return Reach(
            spec=self.badge.spec,
            key=self.badge.identity.key,
            link=link,
            line=f"ble {self.badge.address} {self.badge.name!r}",
        )

    async def start(self) -> None:
        """Switch on and advertise."""
        await self._device.power_on()
        await self._advertise()

    async def stop(self) -> None:
        """Switch off; a connected gateway sees the link lost."""
        self._silence_outlets()
        if self._absence:
            self._absence.cancel()
        self._air.leave(self._radio)
        await asyncio.sleep(0)
        self.journal.close()

    async def inflict(self, fault: Fault) -> None:
        """Lose the link, or let octets go wrong."""
        if self.tampering.inflict(fault):
            return
        match fault.kind:
            case "drop":
                self._be_absent(self._drop(fault.amount))
            case "vanish":
                self._be_absent(self._vanish(fault.amount))
            case _:
                raise cannot(self.place, fault)

    async def notify(self, outlet: Outlet, octets: bytes, made: Callable[..., None]) -> bool:
        """Notify the listener; gives whether there was one. `made` journals what is sent."""
        passage = self.tampering.passage(octets)
        await asyncio.sleep(passage.delay)
        for _ in range(passage.copies):
            if outlet.listener is None:
                return False
            made(passage.octets, fault=passage.fault)
            await self._device.notify_subscriber(
                outlet.listener, outlet.characteristic, passage.octets
            )
        return True

    async def indicate(self, outlet: Outlet, octets: bytes, made: Callable[..., None]) -> bool:
        """Indicate to the listener and wait for the confirmation; False when nobody listens."""
        if outlet.listener is None:
            return False
        passage = self.tampering.passage(octets)
        await asyncio.sleep(passage.delay)
        made(passage.octets, fault=passage.fault)
        for _ in range(passage.copies):
            await self._device.indicate_subscriber(
                outlet.listener, outlet.characteristic, passage.octets
            )
        return True

    def _connected(self, connection: Connection) -> None:
        connection.on(connection.EVENT_DISCONNECTION, self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._silence_outlets()
        if self._absence is None:
            self._return = asyncio.ensure_future(self._advertise())

    def _silence_outlets(self) -> None:
        for outlet in self._outlets:
            outlet.close()

    async def _advertise(self) -> None:
        await self._device.start_advertising()

    def _be_absent(self, how: Awaitable[None]) -> None:
        if self._absence:
            self._absence.cancel()
        self._absence = asyncio.ensure_future(how)
        self._absence.add_done_callback(self._back)

    def _back(self, absence: asyncio.Future[None]) -> None:
        if absence is self._absence:
            self._absence = None

    async def _drop(self, seconds: float) -> None:
        await self._device.stop_advertising()
        for connection in list(self._device.connections.values()):
            await connection.disconnect()
        await asyncio.sleep(seconds)
        await self._advertise()

    async def _vanish(self, seconds: float) -> None:
        self._air.silence(self._radio)
        try:
            await asyncio.sleep(min(seconds, SUPERVISION))
            self._air.cut(self._radio)
            await asyncio.sleep(max(0.0, seconds - SUPERVISION))
        finally:
            self._air.restore(self._radio)
        await self._advertise()


def _just_works(_connection: Connection) -> PairingConfig:
    """LE Secure Connections with nothing to show or to type, and a bond."""
    return PairingConfig(
        sc=True,
        mitm=False,
        bonding=True,
        delegate=PairingDelegate(PairingDelegate.IoCapability.NO_OUTPUT_NO_INPUT),
    )
