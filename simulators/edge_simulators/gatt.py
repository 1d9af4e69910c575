"""Pieces that many peripherals have: characteristics, Device Information, Battery."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.octets import system_id

Octets = Characteristic[bytes]
_P = Characteristic.Properties
_A = Characteristic.Permissions

Write = Callable[[Connection, bytes], Awaitable[None]]


def readable(uuid: str, value: bytes | Callable[[], bytes], *, bonded: bool = False) -> Octets:
    """A characteristic to read; a function is asked each time. `bonded` demands encryption."""
    permissions = _A.READABLE | (_A.READ_REQUIRES_ENCRYPTION if bonded else _A(0))
    if isinstance(value, bytes):
        return Characteristic(uuid, _P.READ, permissions, value)
    return Characteristic(uuid, _P.READ, permissions, CharacteristicValue(lambda _: value()))


def notifying(uuid: str) -> Octets:
    """A characteristic that notifies."""
    return Characteristic(uuid, _P.NOTIFY, _A(0), b"")


def indicating(uuid: str) -> Octets:
    """A characteristic that indicates."""
    return Characteristic(uuid, _P.INDICATE, _A(0), b"")


def writable(uuid: str, write: Write) -> Octets:
    """A characteristic that is only written."""
    handler = CharacteristicValue[bytes](write=write)
    properties = _P.WRITE | _P.WRITE_WITHOUT_RESPONSE
    return Characteristic(uuid, properties, _A.WRITEABLE, handler)


def control_point(
    uuid: str, write: Write, *, value: bytes | None = None, bonded: bool = False
) -> Octets:
    """A characteristic that is written and answers by indication; `value` is what reading gives."""
    encrypted = _A.WRITE_REQUIRES_ENCRYPTION if bonded else _A(0)
    if value is None:
        handler = CharacteristicValue[bytes](write=write)
        return Characteristic(uuid, _P.WRITE | _P.INDICATE, _A.WRITEABLE | encrypted, handler)
    handler = CharacteristicValue[bytes](read=lambda _: value, write=write)
    properties = _P.READ | _P.WRITE | _P.INDICATE
    return Characteristic(uuid, properties, _A.READABLE | _A.WRITEABLE | encrypted, handler)


def device_information(identity: DeviceIdentity) -> Service:
    """Device Information (180A): what the device says of itself, and nothing that it does not."""
    said = {
        "2A29": identity.manufacturer.encode(),
        "2A24": identity.model.encode(),
        "2A25": identity.serial.encode(),
        "2A26": identity.firmware.encode(),
        "2A23": system_id(identity.system_id),
    }
    return Service("180A", [readable(uuid, value) for uuid, value in said.items() if value])


class Battery:
    """The Battery Service (180F).

    Args:
        told: is told the octets whenever somebody reads them.
        percent: the level.

    Attributes:
        percent: the level.
        service: to be served.
    """

    def __init__(self, told: Callable[[bytes], None], percent: int = 88) -> None:
        self.percent = percent
        self._told = told
        self.service = Service("180F", [readable("2A19", self._read)])

    def _read(self) -> bytes:
        octets = bytes([self.percent])
        self._told(octets)
        return octets
