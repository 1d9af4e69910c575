"""Which Bluetooth LE device it is: Device Information Service 1.1 and the address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from bleak.backends.device import BLEDevice
from bleak.uuids import normalize_uuid_str

from edge_agent.model.devices import DeviceIdentity

SERVICE = normalize_uuid_str("180A")
SYSTEM_ID, MODEL, SERIAL, FIRMWARE, MANUFACTURER = (
    normalize_uuid_str(uuid) for uuid in ("2A23", "2A24", "2A25", "2A26", "2A29")
)
CHARACTERISTICS = frozenset((SYSTEM_ID, MODEL, SERIAL, FIRMWARE, MANUFACTURER))

EUI64_OCTETS = 8
UNSET = frozenset((bytes(EUI64_OCTETS), b"\xff" * EUI64_OCTETS))
STATIC = 0xC0
"""The two highest bits of a static random address; private ones have 00 or 01 (Core Vol 6 Part B,
1.3.2)."""


def identity(values: Mapping[str, bytes], address: str, tag: str) -> DeviceIdentity:
    """The identity that these characteristics' values tell.

    Args:
        values: UUID to value.
        address: the identity address, "" when only a private one is known.
        tag: the asset tag.
    """
    texts = {uuid: _text(octets) for uuid, octets in values.items() if uuid != SYSTEM_ID}
    return DeviceIdentity(
        system_id=system_id(values.get(SYSTEM_ID, b"")),
        serial=texts.get(SERIAL, ""),
        address=address,
        asset_tag=tag,
        manufacturer=texts.get(MANUFACTURER, ""),
        model=texts.get(MODEL, ""),
        firmware=texts.get(FIRMWARE, ""),
    )


def remembered(known: DeviceIdentity, told: DeviceIdentity) -> DeviceIdentity:
    """What it told now, under the key by which it is known (law 2).

    A characteristic that it refuses today, or grants for the first time, must not rename it. Only
    what contradicts says that this is another device behind the same address.
    """
    for before, now in ((known.system_id, told.system_id), (known.serial, told.serial)):
        if before and now and before != now:
            return told
    return msgspec.structs.replace(
        told,
        system_id=known.system_id,
        serial=known.serial,
        address=known.address,
        manufacturer=known.manufacturer,
        model=told.model or known.model,
        firmware=told.firmware or known.firmware,
    )


def _text(octets: bytes) -> str:
    """UTF-8, as some devices end it: with a zero."""
    return octets.decode(errors="replace").rstrip("\0").strip()


def system_id(octets: bytes) -> str:
    """EUI-64 of a System ID, most significant first; "" when it has none.

    On the air it is the manufacturer's 40 bits and then its 24-bit OUI, each least significant
    octet first (DIS 1.1, 3.9): all eight octets are in reverse.
    """
    if len(octets) != EUI64_OCTETS or octets in UNSET:
        return ""
    return octets[::-1].hex().upper()


def address(device: BLEDevice) -> str:
    """The address if it is one that stays: public, or static random; else ""."""
    kind = _properties(device).get("AddressType", "public")
    static = int(device.address[:2], 16) & STATIC == STATIC
    return device.address.upper() if kind == "public" or static else ""


def is_paired(device: BLEDevice) -> bool:
    """Whether BlueZ had keys of it when it was heard; a virtual radio pairs without asking."""
    return bool(_properties(device).get("Paired", False))


def _properties(device: BLEDevice) -> dict[str, Any]:
    details: Any = device.details
    return dict(details.get("props", {}))
