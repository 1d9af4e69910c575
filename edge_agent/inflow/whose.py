"""Whose a frame is, so far as it matters here: what nobody is bound to may have to be held back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge_agent.model.bindings import Binding, subject_of
from edge_agent.model.codes import CODES, Code
from edge_agent.model.frames import Frame
from edge_agent.model.times import Times


def is_personal(frame: Frame, kinds: Mapping[str, Code] = CODES) -> bool:
    """Whether the frame holds anything that is of a person: a room's temperature is not."""
    names = [observation.kind for observation in frame.observations]
    return bool(frame.waveforms) or any(name not in kinds or kinds[name].personal for name in names)


def is_unbound(
    frame: Frame,
    bindings: Iterable[Binding],
    times: Times,
    kinds: Mapping[str, Code] = CODES,
) -> bool:
    """Whether it is a person's and nobody knows whose."""
    if not is_personal(frame, kinds):
        return False
    measured = times.measured(frame)
    if measured is None:
        return True
    return subject_of(bindings, frame.device, frame.slot, measured.at) is None
