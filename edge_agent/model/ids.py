"""The same thing has the same name (law 2): ids as hashes of what the device itself said.

An id never depends on gateway, spec version, subject or corrected time, so reading a meter again,
a retry, a restored backup or a second gateway never makes a second record.
"""

from __future__ import annotations

import hashlib

from edge_agent.model.instants import Instant

_SEPARATOR = "\x1f"
ID_OCTETS = 16


def digest(octets: bytes | tuple[bytes, ...]) -> str:
    """SHA-256 of octets (of the concatenation of several strings of them), as 64 hex digits."""
    joined = octets if isinstance(octets, bytes) else b"".join(octets)
    return hashlib.sha256(joined).hexdigest()


def reported_name(sequence: int | None, time: str | None) -> str | None:
    """How the device itself names a record: `seq:7`, `time:2026-11-22T07:01:00`, or both joined.

    None when it gives neither: then the record is named by `live_name`.
    """
    parts: list[str] = []
    if sequence is not None:
        parts.append(f"seq:{sequence}")
    if time is not None:
        parts.append(f"time:{time}")
    return " ".join(parts) or None


def live_name(epoch: str, at: Instant) -> str:
    """The name of what has neither sequence nor time: gateway epoch, boot, capture counter.

    The counter is the capture's boot time in nanoseconds, which strictly increases in a boot.
    """
    return f"live:{epoch}:{at.boot}:{at.ns}"


def derived_name(stream: str, first: int, last: int) -> str:
    """The name of what was computed from a stream's samples, both ends included."""
    return f"{stream}@{first}-{last}"


def record_id(*parts: str) -> str:
    """32 hex digits naming a record by its identifying parts, in order."""
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()[: 2 * ID_OCTETS]


def frame_id(device: str, part: str, name: str, octets_digest: str) -> str:
    """The id of a frame: device, part of the spec, the frame's name, the octets' digest."""
    return record_id("frame", device, part, name, octets_digest)


def observation_id(device: str, kind: str, channel: str, name: str, octets_digest: str) -> str:
    """The id of an observation: device, kind and channel, the frame's name, the octets' digest."""
    return record_id("observation", device, kind, channel, name, octets_digest)
