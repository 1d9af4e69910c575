"""The policy for what is measured while nobody is bound: send it so, or hold it back."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.model.bindings import Binding
from edge_agent.model.frames import Frame
from edge_agent.model.instants import ClockMapping
from edge_agent.whose import is_unbound
from edge_sync.store import Store


class Unbound:
    """Knows the bindings of now, so that a frame can be judged without asking the store.

    Args:
        store: where bindings and clock mappings are.
        hold: whether unbound frames are held back.
    """

    def __init__(self, store: Store, *, hold: bool) -> None:
        self._store = store
        self._hold = hold
        self._bindings: Sequence[Binding] = ()
        self._clocks: Sequence[ClockMapping] = ()

    async def refresh(self) -> None:
        """Read what holds now: at the start and after each binding or clock mapping."""
        if self._hold:
            self._bindings = await self._store.bindings()
            self._clocks = await self._store.clocks()

    def is_held(self, frame: Frame) -> bool:
        """Whether the frame waits for its subject."""
        return self._hold and is_unbound(frame, self._bindings, self._clocks)
