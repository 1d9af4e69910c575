"""Whose a frame is, so far as it matters here: what nobody is bound to may have to be held back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from edge_agent.model.bindings import Binding, subject_of
from edge_agent.model.codes import CODES
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping, best_mapping

IMPERSONAL = "survey"
"""The category of what a device says of itself or of its room."""


def is_personal(frame: Frame) -> bool:
    """Whether the frame holds anything that is of a person: a room's temperature is not."""
    kinds = [observation.kind for observation in frame.observations]
    return bool(frame.waveforms) or any(
        kind not in CODES or CODES[kind].category != IMPERSONAL for kind in kinds
    )


def taken(frame: Frame, clocks: Iterable[ClockMapping]) -> datetime | None:
    """When it was measured: by the device's clock if it told the time, else by ours."""
    if frame.device_time and frame.zone:
        try:
            naive = datetime.fromisoformat(frame.device_time)
        except ValueError:
            pass  # parts of it are unknown
        else:
            return naive.replace(tzinfo=ZoneInfo(frame.zone))
    mapping = best_mapping(clocks, frame.at.boot)
    return mapping.wall(frame.at) if mapping else None


def is_unbound(frame: Frame, bindings: Iterable[Binding], clocks: Iterable[ClockMapping]) -> bool:
    """Whether it is a person's and nobody knows whose."""
    if not is_personal(frame):
        return False
    when = taken(frame, clocks)
    return when is None or subject_of(bindings, frame.device, frame.slot, when) is None
