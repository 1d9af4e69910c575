"""Who is on the air, and which spec knows them and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from edge_agent.config.settings import Device
from edge_agent.control.answered import Fit, ScanReply, Seen
from edge_agent.devices.naming import BY_NAME
from firmware_specs.spec.types import LoadedSpec
from firmware_specs.spec.wires import BleWire

LONGEST_S = 30.0
_BASE = "-0000-1000-8000-00805f9b34fb"


class Advertised(Protocol):
    """What a radio hears of a device."""

    @property
    def address(self) -> str:
        """Its address."""
        ...

    @property
    def name(self) -> str:
        """What it advertises; "" for nothing."""
        ...

    @property
    def rssi(self) -> int:
        """How strong, in dBm."""
        ...

    @property
    def services(self) -> Sequence[str]:
        """UUIDs of its services."""
        ...


class Radio(Protocol):
    """What is needed of `edge_drivers.links.ble.BleAdapter`."""

    async def scan(self, seconds: float) -> Sequence[Advertised]:
        """Everybody who was heard."""
        ...


async def scan(
    radio: Radio,
    specs: Mapping[str, LoadedSpec],
    devices: Mapping[str, Device],
    seconds: float,
) -> ScanReply:
    """Listen for some seconds; the strongest first.

    Args:
        radio: which listens.
        specs: by name.
        devices: that are driven, by alias.
        seconds: how long, at most `LONGEST_S`.
    """
    heard = await radio.scan(min(max(seconds, 0.1), LONGEST_S))
    seen = [
        Seen(
            one.address,
            one.name,
            one.rssi,
            _alias(one, devices.values()),
            tuple(_fits(one, specs)),
            tuple(_short(uuid) for uuid in one.services),
        )
        for one in sorted(heard, key=lambda one: -one.rssi)
    ]
    return ScanReply(tuple(seen))


def _alias(one: Advertised, devices: Iterable[Device]) -> str:
    for device in devices:
        if (device.address or "").upper() == one.address.upper():
            return device.alias
        if device.name and device.name == one.name:
            return device.alias
    return ""


def _fits(one: Advertised, specs: Mapping[str, LoadedSpec]) -> Iterator[Fit]:
    """The specs that know it, by its name before by a service, which many have."""
    heard = {_long(uuid) for uuid in one.services}
    by_service: list[Fit] = []
    for name, loaded in sorted(specs.items()):
        identify = loaded.spec.identify
        if not isinstance(loaded.spec.link, BleWire):
            continue
        if pattern := next((it for it in identify.names if fnmatchcase(one.name, it)), ""):
            yield Fit(name, f"{BY_NAME} is {pattern}")
        elif uuid := next((it for it in identify.services if _long(it) in heard), ""):
            by_service.append(Fit(name, f"it advertises service {uuid}"))
    yield from by_service


def _long(uuid: str) -> str:
    return (f"0000{uuid}{_BASE}" if len(uuid) == 4 else uuid).lower()


def _short(uuid: str) -> str:
    """Four digits for what the Bluetooth SIG has assigned."""
    known = uuid.startswith("0000") and uuid.lower().endswith(_BASE)
    return uuid[4:8].upper() if known else uuid
