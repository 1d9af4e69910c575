"""The devices of this gateway: those of the configuration, then those that people paired. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.config.settings import Config, Device
from edge_agent.model.devices import PairedDevice


def devices_of(config: Config, registry: Iterable[PairedDevice]) -> Iterator[Device]:
    """Each device and where it is; an alias of the configuration is the configuration's."""
    yield from config.devices
    configured = {device.alias for device in config.devices}
    for paired in registry:
        if paired.link and paired.alias not in configured:
            yield placed(paired)


def placed(paired: PairedDevice) -> Device:
    """A paired device as the configuration would say it."""
    address = str(paired.link["address"])
    return Device(alias=paired.alias, spec=paired.spec, address=address)


def link_of(device: Device) -> dict[str, str | int | bool]:
    """What the registry keeps of where a paired device is."""
    return {"address": device.address or ""}
