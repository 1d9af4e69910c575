"""One Bluetooth LE device: its characteristics as parts, its Device Information as identity."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import LinkError, LinkLostError, LinkRefusedError, LinkTimeoutError
from edge_agent.model.seams import Capture, Missed
from edge_drivers.codec.packets import make_framer
from edge_drivers.links import advice, ble_identity
from edge_drivers.links.ble import BleAdapter
from edge_drivers.links.ble_gatt import ble_wire, found, operate, streams
from edge_drivers.links.captures import Captures
from edge_drivers.links.radios import NotPairedError, Passkey
from firmware_specs.spec.types import LoadedSpec

CLOSE_S = 5.0
"""BlueZ takes 2 to 2.8 s to disconnect."""
SENDING = ("notify", "indicate", "write-indicate")


class BleLink:
    """A `Link` to a device by its address or advertised name.

    Args:
        adapter: connects; knows the time, and who was met before.
        loaded: the spec; its parts with a characteristic are subscribed to, read and written.
        who: address or advertised name.
        tag: the asset tag, if it has one.
        passkey: asks a person for what the device shows when it is paired; None when nobody is
            there to be asked.
    """

    def __init__(
        self,
        adapter: BleAdapter,
        loaded: LoadedSpec,
        who: str,
        tag: str = "",
        passkey: Passkey | None = None,
    ) -> None:
        self._adapter = adapter
        self._spec = loaded.spec
        self._silence = float(ble_wire(loaded.spec).silence)
        self._streams = streams(loaded.spec)
        self._passkey = passkey
        self._who = who
        self._tag = tag
        self._captures = Captures(adapter.clock)
        self._client: BleakClient | None = None
        self._identity: DeviceIdentity | None = None
        self._heard_at = 0.0

    async def open(self) -> None:
        """Connect, make a bond where the spec wants one, learn who it is, subscribe.

        What is indicated is confirmed by the stack: it must be known by then whose it is. A device
        that was met before is known by its address and subscribed to at once, for it may connect
        for seconds and drop; a new one is asked first.

        Raises:
            LinkUnavailableError: it does not advertise, or cannot be connected.
            LinkRefusedError: pairing failed, its bond is lost, or it is not what the spec says.
            LinkLostError, LinkTimeoutError: it went away meanwhile.
        """
        self._client, device = await self._connect()
        try:
            await self._greet(self._client, device)
        except (LinkLostError, LinkTimeoutError):
            self._adapter.doubt(device)
            raise
        self._adapter.trust(device)
        self._heard_at = asyncio.get_running_loop().time()

    async def _greet(self, client: BleakClient, device: BLEDevice) -> None:
        self._identity = self._adapter.known(ble_identity.address(device))
        if self._identity is None:
            self._identity = await self._ask(client, device)
            await self._subscribe(client)
            return
        await self._subscribe(client)
        with suppress(LinkError):  # what it is known by suffices, and it may be gone already
            told = await self._ask(client, device)
            self._identity = ble_identity.remembered(self._identity, told)

    async def identity(self) -> DeviceIdentity:
        """What it said of itself when it was opened, and the identity address.

        Raises:
            LinkLostError: it did not say.
        """
        if self._identity is None:
            raise LinkLostError(f"{self._who} did not say who it is")
        return self._identity

    async def close(self) -> None:
        """Disconnect; what is indicated until then has been confirmed, so it is still taken."""
        client, self._client = self._client, None
        try:
            if client is not None:
                with suppress(BleakError, TimeoutError, OSError, EOFError):
                    async with asyncio.timeout(CLOSE_S):
                        await client.disconnect()
        finally:
            self._captures.end(LinkLostError("the link is closed"))

    async def receive(self) -> Sequence[Capture | Missed]:
        """What was notified or indicated since.

        Raises:
            LinkLostError: disconnected, and all before that has been returned.
            LinkTimeoutError: connected, and its stream silent for longer than its spec allows.
        """
        loop = asyncio.get_running_loop()
        left = self._heard_at + self._silence - loop.time() if self._silence else None
        try:
            async with asyncio.timeout(left):
                taken = await self._captures.take()
        except TimeoutError as error:
            raise LinkTimeoutError(f"nothing was sent for {self._silence:g} s") from error
        if any(one.part in self._streams for one in taken):
            self._heard_at = loop.time()
        return taken

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Nothing: the stack has confirmed indications before we see them."""

    async def read(self, part: str) -> bytes:
        """Read a characteristic.

        Raises:
            LinkLostError, LinkTimeoutError: no answer.
            LinkRefusedError: there is no such characteristic, or it may not be read.
        """
        client = self._connected()
        return await self._get(client, self._find(client, part))

    async def write(self, part: str, octets: bytes) -> None:
        """Write a characteristic, with response.

        Raises:
            LinkLostError, LinkTimeoutError: *unknown* whether it arrived.
            LinkRefusedError: the device refused it, or has no such characteristic.
        """
        client = self._connected()
        one = self._find(client, part)
        await operate(self._who, client.write_gatt_char(one, octets, response=True))

    async def _ask(self, client: BleakClient, device: BLEDevice) -> DeviceIdentity:
        """Read the Device Information Service, as much of it as there is."""
        values: dict[str, bytes] = {}
        service = client.services.get_service(ble_identity.SERVICE)
        for characteristic in service.characteristics if service else ():
            if characteristic.uuid in ble_identity.CHARACTERISTICS:
                with suppress(LinkRefusedError):
                    values[characteristic.uuid] = await self._get(client, characteristic)
        return ble_identity.identity(values, ble_identity.address(device), self._tag)

    async def _connect(self) -> tuple[BleakClient, BLEDevice]:
        asked = False

        async def ask() -> int:
            nonlocal asked
            asked = True
            if self._passkey is None:
                raise LinkRefusedError(advice.PASSKEY_NEEDED)
            return await self._passkey()

        bond = ask if ble_wire(self._spec).pairing == "bond" else None
        try:
            return await self._adapter.connect(self._who, self._lost, bond)
        except NotPairedError as error:
            raise LinkRefusedError(f"{self._reason(asked=asked)} ({error})") from error

    def _reason(self, *, asked: bool) -> str:
        """Why it does not pair."""
        if not asked:
            return advice.BONDED_ELSEWHERE
        return advice.PASSKEY_NEEDED if self._passkey is None else advice.WRONG_PASSKEY

    async def _subscribe(self, client: BleakClient) -> None:
        """Subscribe in the order of the spec, so that records find a listener before they start."""
        there = found(client, self._spec)
        spared = {self._spec.parts[name].instead_of for name in there}
        for name, characteristic in there.items():
            if self._spec.parts[name].access in SENDING and name not in spared:
                await self._listen(client, name, characteristic)
        if not there:
            raise LinkRefusedError(f"{self._who} has nothing that {self._spec.device} describes")

    async def _listen(
        self, client: BleakClient, part: str, characteristic: BleakGATTCharacteristic
    ) -> None:
        framing = self._spec.parts[part].framing
        framer = make_framer(framing) if framing else None

        def heard(_: BleakGATTCharacteristic, octets: bytearray) -> None:
            packets, lost = framer.push(bytes(octets)) if framer else ((bytes(octets),), b"")
            if lost:
                self._captures.put_lost(part, lost, 1)
            for packet in packets:
                self._captures.put(part, packet)

        listening = client.start_notify(characteristic, heard, bluez={"use_start_notify": False})
        await operate(self._who, listening)

    def _lost(self, _client: BleakClient) -> None:
        self._captures.end(LinkLostError(f"{self._who} disconnected"))

    def _connected(self) -> BleakClient:
        if self._client is None or not self._client.is_connected:
            raise LinkLostError(f"{self._who} is not connected")
        return self._client

    def _find(self, client: BleakClient, part: str) -> BleakGATTCharacteristic:
        there = found(client, self._spec)
        if part not in there:
            raise LinkRefusedError(f"{self._who} has no characteristic {part}")
        return there[part]

    async def _get(self, client: BleakClient, characteristic: BleakGATTCharacteristic) -> bytes:
        return bytes(await operate(self._who, client.read_gatt_char(characteristic)))
