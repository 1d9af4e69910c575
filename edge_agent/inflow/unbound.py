"""The policy for what is measured while nobody is bound: send it so, or hold it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge_agent.inflow.whose import is_unbound
from edge_agent.model.bindings import Binding
from edge_agent.model.codes import CODES, Code
from edge_agent.model.frames import Frame
from edge_agent.model.seams import Buffer
from edge_agent.model.times import Times


class Unbound:
    """Knows the bindings of now, so that a frame can be judged without asking the store.

    Args:
        buffer: where bindings, clock mappings and readings of devices' clocks are.
        hold: whether unbound frames are held back.
    """

    def __init__(self, buffer: Buffer, *, hold: bool) -> None:
        self._buffer = buffer
        self._hold = hold
        self._bindings: Sequence[Binding] = ()
        self._times = Times()

    async def refresh(self) -> None:
        """Read what holds now: at the start, after each binding and whenever a clock was read."""
        if self._hold:
            self._bindings = await self._buffer.bindings()
            self._times = Times(await self._buffer.clocks(), await self._buffer.readings())

    def is_held(self, frame: Frame, kinds: Mapping[str, Code] = CODES) -> bool:
        """Whether the frame, whose spec knows these kinds, waits for its subject."""
        return self._hold and is_unbound(frame, self._bindings, self._times, kinds)
