"""The names that a frame's content gives it (law 2), whatever its gateway calls it. Pure.

A name that stood for other content would hide a reading, as what is there is not recorded again; a
second name for the same content would double one. So the region derives what it can.
"""

from __future__ import annotations

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
