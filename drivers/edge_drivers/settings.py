"""What the configuration says of one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from firmware_specs.spec.types import LoadedSpec


class DeviceSettings(msgspec.Struct, frozen=True):
    """One device of this gateway.

    Attributes:
        alias: the name that logs, metrics and topics use.
        loaded: what it sends.
        asset_tag: what a person wrote on it; Modbus and plain serial devices must have one.
        zone: the site's time zone (IANA), in which its naive times are to be read.
        consents: of a device that asks for it: gives consent codes by its user numbers.
    """

    alias: str
    loaded: LoadedSpec
    asset_tag: str = ""
    zone: str = ""
    consents: Callable[[], Mapping[int, int]] = dict
