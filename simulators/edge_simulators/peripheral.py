"""A Bluetooth LE peripheral: it advertises, is connected, serves what is subscribed, and gets lost.

Rule of this file: a sending is tried only to a peer that is connected and has subscribed, and only
then is it made (see `journal`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Service
from bumble.hci import Address
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import Transport

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.air import Air, Radio
from edge_simulators.device import Contact, DeviceClock, Place, Reach, cannot
from edge_simulators.faults import ON_THE_WIRE, Fault, Tampering, cut_short
from edge_simulators.gatt import Battery, current_time, device_information
from edge_simulators.journal import Entry, Journal
from edge_simulators.outlet import Outlet

SUPERVISION = 0.5
"""Seconds of silence after which both ends count a connection as lost."""

ADVERTISING_INTERVAL = 50.0
"""Milliseconds."""


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


class Peripheral:
    """A simulated device in the air.

    Attributes:
        possible: faults that can happen to it.
        tells_time: whether it has the Current Time Service.
        asleep: it does not advertise when it is left.

    Args:
        place: where it is in the clinic.
        badge: what it shows of itself.
        air: where its radio is.
        services: beside Device Information and Battery, which all have.
        outlets: those characteristics that send by themselves.
    """

    possible: ClassVar[frozenset[str]] = ON_THE_WIRE | {"battery"}
    tells_time: ClassVar[bool] = False

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
        self.contact = Contact()
        self.clock = DeviceClock()
        self._air = air
        self._radio = Radio(badge.name, air)
        self._services = services
        self._battery = Battery(self._tell_battery)
        self._outlets = outlets
        self._device = self._new_device()
        self.asleep = False
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
        common = [device_information(self.badge.identity), self._battery.service]
        clock = [current_time(self.clock)] if self.tells_time else []
        device.add_services((*self._services, *common, *clock))
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
        self.journal.open()
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
        """Lose the link, let octets go wrong, and whatever else can happen to the device."""
        if fault.kind not in self.possible:
            raise cannot(self.place, fault)
        match fault.kind:
            case "drop":
                self._be_absent(self._drop(fault.amount))
            case "vanish":
                self._be_absent(self._vanish(fault.amount))
            case "battery":
                self._battery.percent = int(fault.amount)
            case "clock":
                self.set_clock(fault.amount)
            case "probe-off":
                self.contact.lose(fault.amount)
            case _:
                self.tampering.inflict(fault)

    def _tell_battery(self, octets: bytes) -> None:
        self.journal.made(Entry("battery", "live", value=f"{octets[0]} %"), octets)

    def set_clock(self, skew: float) -> None:
        """The clock is wrong by so many seconds."""
        self.clock.skew = timedelta(seconds=skew)

    async def notify(self, outlet: Outlet, octets: bytes, entry: Entry | None = None) -> None:
        """Notify whoever listens, and journal it; nothing is made when nobody does.

        Args:
            outlet: the characteristic.
            octets: its value.
            entry: what to journal; None when it was journalled as it was stored.
        """
        passage = self.tampering.passage(octets)
        await asyncio.sleep(passage.delay)
        for _ in range(passage.copies):
            if outlet.listener is None:
                return
            if entry:
                self.journal.made(entry, passage.octets, passage.fault)
            await self._device.notify_subscriber(
                outlet.listener, outlet.characteristic, passage.octets
            )

    async def indicate(self, outlet: Outlet, octets: bytes, entry: Entry | None = None) -> None:
        """Indicate to whoever listens and wait until it is confirmed; arguments as of `notify`."""
        passage = self.tampering.passage(octets)
        await asyncio.sleep(passage.delay)
        if entry and outlet.listener:
            self.journal.made(entry, passage.octets, passage.fault)
        for _ in range(passage.copies):
            if outlet.listener:
                await self._device.indicate_subscriber(
                    outlet.listener, outlet.characteristic, passage.octets
                )

    async def emit(self, outlet: Outlet, octets: bytes, entry: Entry | None = None) -> None:
        """Indicate or notify, as the characteristic does; arguments as of `notify`."""
        await (self.indicate if outlet.indicates else self.notify)(outlet, octets, entry)

    async def disconnect(self) -> None:
        """Leave whoever is connected."""
        for connection in list(self._device.connections.values()):
            await connection.disconnect()

    def _connected(self, connection: Connection) -> None:
        connection.on(connection.EVENT_DISCONNECTION, self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._silence_outlets()
        if self._absence is None and not self.asleep:
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
        await self.disconnect()
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
