# bumble leaves some parameters untyped:
# pyright: reportUnknownMemberType=false
"""Bleak's client over bumble's GATT client, for `virtual`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDBusError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble.att import ATT_Error
from bumble.core import UUID, BaseBumbleError
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy, DescriptorProxy, ServiceProxy
from bumble.hci import Address

Result = TypeVar("Result")
Work = Coroutine[Any, Any, Result]

LONGEST_MTU = 517
LEAST_MTU = 23
WRITE_OVERHEAD = 3
"""Octets of an ATT write before its value (Core Vol 3 Part F, 3.4.5.3)."""
INSUFFICIENT = (0x05, 0x0F)
"""ATT errors "insufficient authentication" and "… encryption" (Core Vol 3 Part F, 3.4.1.1)."""
AUTHENTICATION_FAILED = "org.bluez.Error.AuthenticationFailed"
"""A device that does not pair is told as BlueZ tells it."""
_PROPERTIES: dict[int, CharacteristicPropertyName] = {
    0x01: "broadcast",
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
    0x40: "authenticated-signed-writes",
    0x80: "extended-properties",
}


class VirtualClient(BaseBleakClient):
    """One connection of a bumble device.

    Attributes:
        device: the host whose controller connects; set in the subclass that Bleak is given.
    """

    device: Device

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        services: object = None,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        **_options: object,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        self._target = _target(address_or_ble_device)
        self._peer: Peer | None = None
        self._gone: asyncio.Future[None] | None = None
        self._listeners: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """Its address: bumble keeps no name of a peer."""
        return self.address

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._peer is not None

    @property
    def mtu_size(self) -> int:
        """Octets of the largest ATT message."""
        return int(self._peer.connection.att_mtu) if self._peer else LEAST_MTU

    async def connect(self, pair: bool, **options: object) -> None:
        """Connect, encrypt where there is a bond or `pair` asks for one, discover."""
        async with asyncio.timeout(cast("float", options.get("timeout", self._timeout))):
            try:
                connection = await self.device.connect(self._target, timeout=None)
                await self._begin(connection, pair)
            except BaseBumbleError as error:
                raise BleakError(f"{self.address}: {error!r}") from error

    async def _begin(self, connection: Connection, pair: bool) -> None:
        self._gone = asyncio.get_running_loop().create_future()
        self._peer = Peer(connection)
        connection.on(connection.EVENT_DISCONNECTION, self._disconnected)
        try:
            await self._operate(lambda: self._greet(pair))
        except BaseException as error:
            await self.disconnect()
            if pair and isinstance(error, BleakError) and not connection.is_encrypted:
                raise BleakDBusError(AUTHENTICATION_FAILED, [repr(error)]) from error
            raise

    async def _greet(self, pair: bool) -> None:
        peer = self._connected()
        await peer.request_mtu(LONGEST_MTU)
        if pair:
            await self.pair()
        elif await self._bonded(peer.connection):
            await peer.connection.encrypt()
        self.services = await _discover(peer, lambda: self.mtu_size - WRITE_OVERHEAD)

    async def _bonded(self, connection: Connection) -> bool:
        store = self.device.keystore
        return store is not None and await store.get(str(connection.peer_address)) is not None

    def _disconnected(self, _reason: int) -> None:
        self._peer, self.services = None, None
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)
        if self._disconnected_callback:
            self._disconnected_callback()

    def _connected(self) -> Peer:
        if self._peer is None:
            raise BleakError("Not connected")
        return self._peer

    async def disconnect(self) -> None:
        """Hang up."""
        if self._peer is not None:
            await self._peer.connection.disconnect()

    async def pair(self, *_args: object, **_options: object) -> None:
        """Make a bond, unless the connection is encrypted already."""
        connection = self._connected().connection
        if not connection.is_encrypted:
            await self._unless_gone(connection.pair())

    async def unpair(self) -> None:
        """Forget the bond."""
        if self.device.keystore:
            await self.device.keystore.delete(str(self._target))

    async def read_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        *,
        use_cached: bool = False,
        **_options: object,
    ) -> bytearray:
        """Read a characteristic; `use_cached` makes no difference."""
        return await self._read(cast("CharacteristicProxy[bytes]", characteristic.obj).handle)

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_options: object
    ) -> bytearray:
        """Read a descriptor; `use_cached` makes no difference."""
        return await self._read(cast("DescriptorProxy", descriptor.obj).handle)

    async def _read(self, handle: int) -> bytearray:
        client = self._connected().gatt_client
        return bytearray(await self._operate(lambda: client.read_value(handle)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a characteristic."""
        await self._write(characteristic.handle, bytes(data), response)

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write a descriptor."""
        await self._write(descriptor.handle, bytes(data), response=True)

    async def _write(self, handle: int, octets: bytes, response: bool) -> None:
        client = self._connected().gatt_client
        await self._operate(lambda: client.write_value(handle, octets, with_response=response))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_options: object
    ) -> None:
        """Subscribe."""
        proxy = cast("CharacteristicProxy[bytes]", characteristic.obj)

        def heard(value: bytes) -> None:
            callback(bytearray(value))

        self._listeners[characteristic.handle] = heard
        await self._operate(lambda: proxy.subscribe(heard))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        proxy = cast("CharacteristicProxy[bytes]", characteristic.obj)
        heard = self._listeners.pop(characteristic.handle)
        await self._operate(lambda: proxy.unsubscribe(heard))

    async def _operate(self, work: Callable[[], Work[Result]]) -> Result:
        """Do it; where the peer wants encryption, pair and do it again, as BlueZ does.

        Only a refused request is repeated, never one that was carried out.
        """
        try:
            return await self._unless_gone(work())
        except ATT_Error as error:
            if error.error_code not in INSUFFICIENT or self._connected().connection.is_encrypted:
                raise BleakGATTProtocolError(error.error_code) from error
        try:
            await self._unless_gone(self.pair())
            return await self._unless_gone(work())
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error

    async def _unless_gone(self, work: Work[Result]) -> Result:
        """Bumble leaves a request unanswered when its connection ends; we do not."""
        task = asyncio.ensure_future(work)
        gone = self._gone
        try:
            await asyncio.wait((task, gone) if gone else (task,), return_when="FIRST_COMPLETED")
            if not task.done() or task.cancelled():  # bumble cancels some, and so means gone
                raise BleakError("Not connected")
            return task.result()
        except ATT_Error:
            raise
        except BaseBumbleError as error:
            raise BleakError(f"{self.address}: {error!r}") from error
        finally:
            task.cancel()


def _target(address_or_ble_device: BLEDevice | str) -> Address:
    if isinstance(address_or_ble_device, BLEDevice):
        return cast("Address", address_or_ble_device.details["address"])
    return Address(address_or_ble_device, Address.RANDOM_DEVICE_ADDRESS)


async def _discover(peer: Peer, room: Callable[[], int]) -> BleakGATTServiceCollection:
    found = BleakGATTServiceCollection()
    for service in await peer.discover_services():
        theirs = BleakGATTService(service, service.handle, _uuid(service.uuid))
        found.add_service(theirs)
        await _characteristics(peer, service, theirs, found, room)
    return found


async def _characteristics(
    peer: Peer,
    service: ServiceProxy,
    theirs: BleakGATTService,
    found: BleakGATTServiceCollection,
    room: Callable[[], int],
) -> None:
    for proxy in await service.discover_characteristics():
        names = _names(proxy.properties)
        characteristic = BleakGATTCharacteristic(
            proxy, proxy.handle, _uuid(proxy.uuid), names, room, theirs
        )
        found.add_characteristic(characteristic)
        for descriptor in await peer.discover_descriptors(proxy):
            kind = _uuid(descriptor.type)
            found.add_descriptor(
                BleakGATTDescriptor(descriptor, descriptor.handle, kind, characteristic)
            )


def _names(properties: int) -> list[CharacteristicPropertyName]:
    return [name for bit, name in _PROPERTIES.items() if properties & bit]


def _uuid(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))
