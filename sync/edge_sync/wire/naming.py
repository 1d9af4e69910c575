"""The names that a frame's content gives it (law 2), whatever its gateway calls it. Pure.

A name that stood for other content would hide a reading, as what is there is not recorded again; a
second name for the same content would double one. So the region derives what it can, and where
octets count, these names need not travel: nothing compresses as badly as a digest.
"""

from __future__ import annotations

from typing import Any

import msgspec

from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.observations import Observation


def names(frame: Frame) -> tuple[str, tuple[str, ...]]:
    """The id of a frame, and those of its observations, in order."""
    octets = ids.digest(frame.octets)
    own = ids.frame_id(frame.device, frame.part, frame.name, octets)
    return own, tuple(_observation(frame, one, octets) for one in frame.observations)


def _observation(frame: Frame, one: Observation, octets: str) -> str:
    span = one.derived
    name = ids.derived_name(span.stream, span.first, span.last) if span else frame.name
    return ids.observation_id(frame.device, one.kind, one.channel, name, octets)


_FRAME = b'{"type":"frame",'


def left_out(payload: bytes) -> bytes:
    """A record's JSON without the names that its content gives; what is no frame stays as it is."""
    if not payload.startswith(_FRAME):
        return payload
    fields: dict[str, Any] = msgspec.json.decode(payload)
    fields.pop("id", None)
    for one in fields.get("observations", ()):
        one.pop("id", None)
    return msgspec.json.encode(fields)


def put_back(payload: bytes) -> bytes:
    """What `left_out` was given; what is no frame, or none that can be read, stays as it is."""
    if not payload.startswith(_FRAME):
        return payload
    try:
        fields: dict[str, Any] = msgspec.json.decode(payload)
        seen = [{"id": "", **one} for one in fields.get("observations", ())]
        frame = msgspec.convert({"id": "", **fields, "observations": seen}, Frame)
        name, every = names(frame)
    except (msgspec.MsgspecError, ValueError, TypeError, AttributeError, RecursionError):
        return payload
    named = {"type": fields.pop("type"), "id": name, **fields}
    if seen:
        named["observations"] = [{**one, "id": n} for one, n in zip(seen, every, strict=True)]
    return msgspec.json.encode(named)
