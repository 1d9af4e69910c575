"""BlueZ over D-Bus, for what Bleak does not do: bonds, passkeys and the adapter's power switch.

Each use has a bus connection of its own, so that a bluetoothd that is started again hinders none.
BlueZ's interfaces: doc/org.bluez.Adapter.rst, org.bluez.Device.rst, org.bluez.Agent.rst.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError

from edge_drivers.links.bluez_agent import Agent
from edge_drivers.links.radios import Bond, Passkey

BLUEZ = "org.bluez"
ADAPTER, DEVICE, MANAGER = "org.bluez.Adapter1", "org.bluez.Device1", "org.bluez.AgentManager1"
PROPERTIES = "org.freedesktop.DBus.Properties"
AGENT_PATH = "/edge/agent"
POWER_S = 10.0
SETTLED_S = 0.2
"""BlueZ says `Powered` a moment before the kernel takes commands."""

Objects = Mapping[str, Mapping[str, Mapping[str, Variant]]]


class BlueZ:
    """One adapter of BlueZ's.

    Args:
        adapter: `hci0`, ….
    """

    def __init__(self, adapter: str) -> None:
        self._adapter = adapter
        self._path = f"/org/bluez/{adapter}"

    async def bonds(self) -> tuple[Bond, ...]:
        """All devices that BlueZ has keys of."""
        async with bus() as connection:
            devices = self._devices(await objects(connection))
        bonds = [
            Bond(str(one["Address"].value), str(one["Alias"].value))
            for one in devices.values()
            if _is_bonded(one)
        ]
        return tuple(sorted(bonds, key=lambda bond: bond.address))

    async def forget(self, address: str) -> bool:
        """Remove a device and its keys."""
        async with bus() as connection:
            for path, one in self._devices(await objects(connection)).items():
                if str(one["Address"].value).upper() == address.upper():
                    await _call(connection, self._path, ADAPTER, "RemoveDevice", "o", path)
                    return _is_bonded(one)
        return False

    @asynccontextmanager
    async def pairing(self, passkey: Passkey) -> AsyncGenerator[None]:
        """Be BlueZ's agent: a box that has a keyboard (a person at the command line) and no screen.

        With that, a device that shows a passkey has it asked for; one that shows none pairs by
        Just Works (Core Vol 3 Part H, 2.3.5.1).
        """
        async with bus() as connection:
            connection.export(AGENT_PATH, Agent(passkey))
            for member, signature, body in (
                ("RegisterAgent", "os", (AGENT_PATH, "KeyboardOnly")),
                (
                    "RequestDefaultAgent",
                    "o",
                    (AGENT_PATH,),
                ),  # for Bleak's connection, not only ours
            ):
                await _call(connection, "/org/bluez", MANAGER, member, signature, *body)
            yield  # BlueZ forgets the agent with its connection

    async def power_on(self) -> None:
        """Switch it on, if it is not."""
        async with bus() as connection:
            if not await self._is_on(connection):
                await self._switch(connection, on=True)

    async def power_off(self) -> None:
        """Switch it off."""
        async with bus() as connection:
            await self._switch(connection, on=False)

    async def power_cycle(self) -> None:
        """Switch it off and on."""
        async with bus() as connection:
            await self._switch(connection, on=False)
            await self._switch(connection, on=True)

    async def _switch(self, connection: MessageBus, *, on: bool) -> None:
        await _call(
            connection, self._path, PROPERTIES, "Set", "ssv", ADAPTER, "Powered", Variant("b", on)
        )
        for _ in range(round(POWER_S / SETTLED_S)):
            await asyncio.sleep(SETTLED_S)
            if await self._is_on(connection) == on:
                return
        raise OSError(f"{self._adapter} does not switch {'on' if on else 'off'}")

    async def _is_on(self, connection: MessageBus) -> bool:
        found = (await objects(connection)).get(self._path, {}).get(ADAPTER)
        if found is None:
            raise OSError(f"BlueZ has no adapter {self._adapter}; `bluetoothctl list` shows them")
        return bool(found["Powered"].value)

    def _devices(self, objects: Objects) -> dict[str, Mapping[str, Variant]]:
        return {
            path: interfaces[DEVICE]
            for path, interfaces in objects.items()
            if DEVICE in interfaces and path.startswith(f"{self._path}/")
        }


def _is_bonded(device: Mapping[str, Variant]) -> bool:
    """BlueZ before 5.65 says only that it is paired."""
    return bool(device.get("Bonded", device["Paired"]).value)


@asynccontextmanager
async def bus() -> AsyncGenerator[MessageBus]:
    """A connection to the system bus.

    Raises:
        OSError: there is none.
    """
    try:
        connection = await MessageBus(bus_type=BusType.SYSTEM).connect()
    except (AuthError, ValueError, EOFError) as error:
        raise OSError(f"no system bus: {error}") from error
    try:
        yield connection
    finally:
        connection.disconnect()


async def objects(connection: MessageBus) -> Objects:
    """All that BlueZ has: path to interface to properties."""
    found: Objects = await _call(
        connection, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", ""
    )
    return found


async def _call(
    connection: MessageBus, path: str, interface: str, member: str, signature: str, *body: object
) -> Any:  # noqa: ANN401 - what D-Bus answers
    message = Message(
        destination=BLUEZ,
        path=path,
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
    )
    answer = await connection.call(message)
    if answer.message_type is MessageType.ERROR:
        raise OSError(f"BlueZ: {member}: {answer.error_name}: {answer.body}")
    return answer.body[0] if answer.body else None
