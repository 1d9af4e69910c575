"""Peers that are not ours: bumble's GATT client as the gateway; and the journals' lines."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bumble.core import UUID
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig
from bumble.transport.common import Transport

TIMEOUT = 60.0
T = TypeVar("T")


@dataclass
class Central:
    """A gateway on bumble's host stack."""

    device: Device
    connections: list[Connection] = field(default_factory=list[Connection])

    @classmethod
    async def over(cls, transport: Transport, address: str = "F0:F0:F0:F0:F0:F0") -> Central:
        device = Device.with_hci("gateway", Address(address), transport.source, transport.sink)
        device.keystore = MemoryKeyStore()
        device.pairing_config_factory = _pairing
        await device.power_on()
        return cls(device)

    async def connect(self, address: str, seconds: float = TIMEOUT) -> Client:
        target = Address(address, Address.RANDOM_DEVICE_ADDRESS)
        connection = await self.device.connect(target, timeout=seconds)
        self.connections.append(connection)
        peer = Peer(connection)
        await peer.request_mtu(517)
        await peer.discover_services()
        await peer.discover_characteristics()
        return Client(connection, peer)


@dataclass
class Client:
    """A connected gateway."""

    connection: Connection
    peer: Peer

    def find(self, uuid: str) -> CharacteristicProxy[bytes]:
        return self.peer.get_characteristics_by_uuid(UUID(uuid))[0]

    async def read(self, uuid: str) -> bytes:
        return await self.find(uuid).read_value()

    async def write(self, uuid: str, octets: bytes) -> None:
        await self.find(uuid).write_value(octets, with_response=True)

    async def listen(self, uuid: str) -> asyncio.Queue[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        await self.find(uuid).subscribe(lambda value: queue.put_nowait(bytes(value)))
        return queue

    def lost(self) -> asyncio.Future[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.connection.on(self.connection.EVENT_DISCONNECTION, future.set_result)
        return future


def _pairing(_connection: Connection) -> PairingConfig:
    return PairingConfig()


def journalled(folder: Path, alias: str) -> list[dict[str, Any]]:
    """What a device's journal says."""
    file = folder / f"{alias}.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def next_of(queue: asyncio.Queue[T], seconds: float = TIMEOUT) -> T:
    """The next of a queue, soon."""
    async with asyncio.timeout(seconds):
        return await queue.get()
