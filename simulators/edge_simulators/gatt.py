"""Pieces that many peripherals have: characteristics, Device Information, Battery."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from datetime import datetime

from bumble.att import ATT_Error, ErrorCode
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.device import DeviceClock
from edge_simulators.octets import date_time, system_id

Octets = Characteristic[bytes]
_P = Characteristic.Properties
_A = Characteristic.Permissions
_CURRENT_TIME_OCTETS = 10
DATA_FIELD_IGNORED = 0x80
"""ATT application error of the Current Time Service (CTS 1.1, 1.6)."""

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


def current_time(clock: DeviceClock) -> Service:
    """Current Time (1805, CTS 1.1): Date Time, day of the week, 1/256 s, why it was set.

    A client may set it; what it writes beside date and time is ignored.
    """

    def read() -> bytes:
        now = clock.now()
        return date_time(now) + bytes([now.isoweekday(), 0, 0])

    async def write(_connection: Connection, octets: bytes) -> None:
        if len(octets) != _CURRENT_TIME_OCTETS:
            raise ATT_Error(ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        try:
            clock.set(datetime(*struct.unpack("<HBBBBB", octets[:7])))  # noqa: DTZ001  # no zone
        except ValueError:
            raise ATT_Error(DATA_FIELD_IGNORED) from None

    handler = CharacteristicValue[bytes](read=lambda _: read(), write=write)
    permissions = _A.READABLE | _A.WRITEABLE
    return Service("1805", [Characteristic("2A2B", _P.READ | _P.WRITE, permissions, handler)])


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
