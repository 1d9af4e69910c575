"""A frame: the octets, when they came, from which device, under which spec, and what they say.

One frame is one durable row, so every number can be traced to the octets it came from (law 4).
"""

from __future__ import annotations

import msgspec

from edge_agent.model.devices import ClockOffset
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_agent.model.waveforms import Waveform


class Frame(msgspec.Struct, frozen=True, omit_defaults=True, tag="frame", tag_field="type"):
    """Octets of one part of one device, with all that was decoded from them.

    Attributes:
        id: `ids.frame_id`.
        device: the device's key (`DeviceIdentity.key`).
        part: the part of the spec that the octets are: a characteristic, packet or register block.
        spec: the spec and the digest of its text: `blood-pressure@1f0c9a…` (12 hex digits).
        name: `ids.reported_name` as the device gave it, else `ids.live_name`.
        at: when the first octet string was received.
        octets: the strings as they came off the wire; private fields are blanked with zeros.
        offsets: nanoseconds after `at` at which each further string was received.
        device_time: the device's own naive time of the measurement as it came, ISO 8601,
            unknown parts as zeros; "" when it gives none.
        zone: the site's time zone (IANA) in which `device_time` is to be read.
        slot: the device's own user number, "" when it gives none.
        observations: what was measured.
        waveforms: the signals.
        clock: the device's clock beside ours as it was last read before the frame came, in the
            same boot; None without a `device_time`, or where it cannot be read.
    """

    id: str
    device: str
    part: str
    spec: str
    name: str
    at: Instant
    octets: tuple[bytes, ...]
    offsets: tuple[int, ...] = ()
    device_time: str = ""
    zone: str = ""
    slot: str = ""
    observations: tuple[Observation, ...] = ()
    waveforms: tuple[Waveform, ...] = ()
    clock: ClockOffset | None = None
