"""Which device it is, and how it is doing."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from edge_agent.model.instants import Instant

RESOLUTION_NS = 1_000_000_000
"""Devices tell the time in whole seconds."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a device's time has no zone


class DeviceIdentity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a device says of itself, and what a person wrote on it.

    Attributes:
        system_id: EUI-64 of the Device Information Service, 16 hex digits, most significant first.
        serial: serial number string.
        address: Bluetooth identity address (never a resolvable private one).
        asset_tag: the configured tag, which Modbus and plain serial devices must have.
        manufacturer, model, firmware: as the device says.
    """

    system_id: str = ""
    serial: str = ""
    address: str = ""
    asset_tag: str = ""
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""

    @property
    def key(self) -> str:
        """The device's one name (law 2): System ID, else serial, else address, else asset tag.

        Raises:
            ValueError: it has none of them.
        """
        if self.system_id:
            return f"eui64:{self.system_id.upper()}"
        if self.serial:
            return (
                f"serial:{self.manufacturer}/{self.serial}"
                if self.manufacturer
                else f"serial:{self.serial}"
            )
        if self.address:
            return f"address:{self.address.upper()}"
        if self.asset_tag:
            return f"tag:{self.asset_tag}"
        raise ValueError("a device has no System ID, serial number, identity address or asset tag")


class ClockOffset(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device's clock beside ours at one moment: a pair of times, and so an offset.

    It is against CLOCK_BOOTTIME, which nobody sets: it stays true when wall time is corrected.

    Attributes:
        offset_ns: the device's naive time as nanoseconds since 1970-01-01T00:00:00, less
            CLOCK_BOOTTIME at the same moment.
        uncertainty_ns: half the width of the interval that holds the true offset.
        read_ns: CLOCK_BOOTTIME of that moment; `offset_ns` more is what the device showed.
    """

    offset_ns: int
    uncertainty_ns: int
    read_ns: int

    @classmethod
    def of(cls, device_time: str, at: Instant, half_ns: int) -> ClockOffset | None:
        """The offset that a reading shows; None where the device does not know its time.

        Args:
            device_time: as shown, naive, ISO 8601.
            at: the middle of the request and its answer.
            half_ns: half the time between them.
        """
        shown = naive_ns(device_time)
        return None if shown is None else cls(shown - at.ns, half_ns + RESOLUTION_NS, at.ns)


def naive_ns(text: str) -> int | None:
    """Nanoseconds from 1970-01-01T00:00:00 to a naive time; None when parts of it are unknown.

    Args:
        text: ISO 8601, unknown parts as zeros, which no calendar has.
    """
    try:
        since = datetime.fromisoformat(text).replace(tzinfo=None) - _EPOCH
    except ValueError:
        return None
    return since // timedelta(microseconds=1) * 1000


class LinkState(StrEnum):
    """Where a link is in its life."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    REFUSED = "refused"
    STOPPED = "stopped"


class DeviceStatus(msgspec.Struct, frozen=True, omit_defaults=True, tag="status", tag_field="type"):
    """A change in how a device is doing.

    Attributes:
        id: `ids.record_id` of its parts.
        device: the device's key; the configured alias's tag (`alias:…`) before it is known.
        at: when.
        link: the state the link went to.
        detail: a sentence for a technician.
        spec: the spec in use, as in `Frame.spec`.
        identity: what the device said of itself, on connecting.
        device_time: the device's clock as read at `at`, naive ISO 8601; "" when not read.
        device_time_ns: half the time that reading it took: `at` is uncertain by so much.
        malformed: octet strings that could not be decoded since the last status.
    """

    id: str
    device: str
    at: Instant
    link: LinkState
    detail: str = ""
    spec: str = ""
    identity: DeviceIdentity | None = None
    device_time: str = ""
    device_time_ns: int = 0
    malformed: int = 0


class PairedDevice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device of this gateway.

    Attributes:
        alias: what people and logs call it.
        spec: name of its spec.
        identity: what it is known by.
        link: settings of its link, as its spec's kind of link has them.
    """

    alias: str
    spec: str
    identity: DeviceIdentity
    link: dict[str, str | int | bool] = {}
