# bumble leaves some parameters untyped:
# pyright: reportUnknownMemberType=false
"""A Bleak backend over bumble's host: the very same driver code, without a radio.

The controller is in this process (tests) or behind HCI over TCP (`virtual:tcp:HOST:PORT`, H4
framing as Core Vol 4 Part A, what bumble calls `tcp-client:`); the simulators offer one. Bleak
calls its backend interface unstable, so `setup.cfg` bounds its version.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_str
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Advertisement, Device
from bumble.hci import Address
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport import open_transport
from bumble.transport.common import Transport

from edge_agent.model.errors import LinkRefusedError
from edge_drivers.links.radios import Bond, Passkey, Radio
from edge_drivers.links.virtual_client import VirtualClient

PREFIX = "virtual:"
READY_S = 5.0

_UUID_LISTS = (
    AdvertisingData.Type.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)


async def connect(name: str) -> Radio:
    """Reach the controller that `virtual:tcp:HOST:PORT` names.

    Raises:
        OSError: nobody offers one there, or it went away at once.
        TimeoutError: it does not answer.
    """
    place = name.removeprefix(f"{PREFIX}tcp:")
    transport = await open_transport(f"tcp-client:{place}")
    try:
        return await on_transport(transport, name)
    except BaseException:
        await transport.close()
        raise


async def on_transport(transport: Transport, name: str = "virtual:here") -> Radio:
    """A radio on a controller; `name` gives it its address, the same at each start.

    Raises:
        OSError: the controller went away.
        TimeoutError: it does not answer.
    """
    device = Device.with_hci("edge", _address(name), transport.source, transport.sink)
    device.keystore = MemoryKeyStore()
    device.pairing_config_factory = _pairing(PairingDelegate())
    try:
        async with asyncio.timeout(READY_S):
            await device.power_on()
    except BaseBumbleError as error:
        raise ConnectionError(f"{name}: {error!r}") from error

    async def close() -> None:
        with suppress(BaseBumbleError, TimeoutError):
            async with asyncio.timeout(READY_S):
                await device.power_off()
        await transport.close()

    return Radio(
        VirtualControl(device),
        scanner=_scanner(device, transport),
        client=_client(device),
        lost=transport.source.terminated,
        close=close,
    )


def _address(name: str) -> Address:
    """A static random address (two highest bits set: Core Vol 6 Part B, 1.3.2.1)."""
    octets = bytearray(hashlib.sha256(name.encode()).digest()[:6])
    octets[5] |= 0xC0
    return Address(bytes(octets), Address.RANDOM_DEVICE_ADDRESS)


def _pairing(delegate: PairingDelegate) -> Callable[[object], PairingConfig]:
    """LE Secure Connections with a bond; Just Works, unless the delegate has a keyboard."""
    return lambda _: PairingConfig(sc=True, mitm=False, bonding=True, delegate=delegate)


class _Keyboard(PairingDelegate):
    """A person who types what the device shows."""

    def __init__(self, passkey: Passkey) -> None:
        super().__init__(PairingDelegate.IoCapability.KEYBOARD_INPUT_ONLY)
        self._passkey = passkey

    async def get_number(self) -> int | None:
        """The six digits; None when nobody types them."""
        try:
            return await self._passkey()
        except LinkRefusedError:
            return None


class VirtualControl:
    """Bonds and power of a bumble device, as `radios.Control`."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def bonds(self) -> tuple[Bond, ...]:
        """All that the key store has."""
        store = self._device.keystore
        found = await store.get_all() if store else []
        return tuple(sorted((Bond(_plain(name)) for name, _ in found), key=lambda one: one.address))

    async def forget(self, address: str) -> bool:
        """Delete the keys."""
        store = self._device.keystore
        for name, _ in await store.get_all() if store else []:
            if store and _plain(name) == address.upper():
                await store.delete(name)
                return True
        return False

    @asynccontextmanager
    async def pairing(self, passkey: Passkey) -> AsyncGenerator[None]:
        """Have a keyboard while this lasts."""
        before = self._device.pairing_config_factory
        self._device.pairing_config_factory = _pairing(_Keyboard(passkey))
        try:
            yield
        finally:
            self._device.pairing_config_factory = before

    async def power_on(self) -> None:
        """It always is."""

    async def power_cycle(self) -> None:
        """Reset the controller."""
        try:
            async with asyncio.timeout(READY_S):
                await self._device.power_off()
                await self._device.power_on()
        except (BaseBumbleError, TimeoutError) as error:
            raise OSError(f"the controller does not come back: {error!r}") from error


def _plain(address: str) -> str:
    """Without bumble's `/P` for a public one."""
    return address.partition("/")[0].upper()


def _client(device: Device) -> type[BaseBleakClient]:
    return type("VirtualClient", (VirtualClient,), {"device": device})


def _scanner(device: Device, transport: Transport) -> type[BaseBleakScanner]:
    of = {"device": device, "lost": transport.source.terminated}
    return type("VirtualScanner", (VirtualScanner,), of)


class VirtualScanner(BaseBleakScanner):
    """Bleak's scanner over one bumble device.

    Attributes:
        device: the host whose controller scans; set in the subclass that Bleak is given.
        lost: done when the controller is gone; set there too.
    """

    device: Device
    lost: asyncio.Future[Any]

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: Literal["active", "passive"] = "active",
        **_options: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        """Listen for advertisements."""
        self.seen_devices = {}
        self.device.on(Device.EVENT_ADVERTISEMENT, self._heard)
        try:
            await self.device.start_scanning(active=self._active)
        except BaseBumbleError as error:
            raise BleakError(f"no scan: {error!r}") from error

    async def stop(self) -> None:
        """Listen no more; a controller that is gone is asked nothing, for it never answers."""
        self.device.remove_listener(Device.EVENT_ADVERTISEMENT, self._heard)
        if self.lost.done():
            return
        try:
            await self.device.stop_scanning()
        except BaseBumbleError as error:
            raise BleakError(f"the scan does not stop: {error!r}") from error

    def _heard(self, advertisement: Advertisement) -> None:
        said = _said(advertisement)
        address = advertisement.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(
            address, address, said.local_name, _details(advertisement.address), said
        )
        if self.is_allowed_uuid(said.service_uuids):
            self.call_detection_callbacks(device, said)


def _details(address: Address) -> dict[str, object]:
    """As BlueZ gives them: `AddressType` in `props`; and the address for the client."""
    kind = "public" if address.is_public else "random"
    return {"address": address, "props": {"AddressType": kind}}


def _said(advertisement: Advertisement) -> AdvertisementData:
    data = advertisement.data
    services = [uuid for kind in _UUID_LISTS for uuid in _list(data.get_all, kind)]
    complete = data.get(AdvertisingData.Type.COMPLETE_LOCAL_NAME)
    return AdvertisementData(
        local_name=complete or data.get(AdvertisingData.Type.SHORTENED_LOCAL_NAME),
        manufacturer_data=dict(data.get_all(AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA)),
        service_data={},
        service_uuids=list(dict.fromkeys(_uuid(uuid) for uuid in services)),
        tx_power=data.get(AdvertisingData.Type.TX_POWER_LEVEL),
        rssi=advertisement.rssi,
        platform_data=(advertisement,),
    )


def _list(get_all: Callable[..., list[Any]], kind: AdvertisingData.Type) -> list[UUID]:
    return [uuid for uuids in get_all(kind) for uuid in uuids]


def _uuid(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))
