"""Guards look at every frame of a device and say what a person must know, in the frame's commit.

What a guard remembers is a mark of the device that moves in the commit of what it was made of: so
nothing is said twice and nothing is forgotten, whatever is killed when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from edge_agent.guarding.moments import Moment
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.records import Alarm, Record
from edge_agent.model.seams import Mark, Marks

S = TypeVar("S")


class Verdict(msgspec.Struct, Generic[S], frozen=True):
    """What a guard says.

    Attributes:
        state: what it remembers from now on.
        records: what is to be told.
    """

    state: S
    records: tuple[Record, ...] = ()


class Guard(Protocol[S]):
    """The rules for one device, pure.

    Attributes:
        mark: name of what it remembers.
        notes: names of marks of the device that others write and that it must know.
    """

    mark: str
    notes: tuple[str, ...]

    def begin(self, saved: str | None, now: Moment, /) -> S:
        """What an earlier run left, or the beginning."""
        ...

    def save(self, state: S, /) -> str:
        """As `begin` takes it."""
        ...

    def look(self, state: S, frame: Frame, moment: Moment, /) -> Verdict[S]:
        """What a frame changes."""
        ...

    def tick(self, state: S, device: str, now: Moment, notes: Mapping[str, str], /) -> Verdict[S]:
        """What the passing of time changes, and the notes that there are."""
        ...

    def told(self, state: S, /) -> tuple[str, ...]:
        """What goes on that a person was told of."""
        ...


class Round(msgspec.Struct, Generic[S], frozen=True):
    """One look of a post, to be kept once it is durable.

    Attributes:
        records: what is to be told.
        marks: what is to be remembered, in the same commit.
        state: the same, for the next look.
    """

    state: S
    records: tuple[Record, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def is_urgent(self) -> bool:
        """Whether somebody should look."""
        return any(isinstance(one, Alarm) for one in self.records)


class Post(Generic[S]):
    """A guard at its device, with what it remembers.

    Args:
        guard: the rules.
        wall: UTC seconds of an instant by the best mapping of now; None where nobody knows.
    """

    def __init__(self, guard: Guard[S], wall: Callable[[Instant], float | None]) -> None:
        self._guard = guard
        self._wall = wall
        self._device = ""
        self._state: S | None = None

    async def begin(self, marks: Marks, device: str, now: Instant) -> None:
        """Take up what an earlier run left of this device, by its key, unless that is done.

        Raises:
            StoreError: it cannot be read.
        """
        if self._state is None or device != self._device:
            saved = await marks.mark(device, self._guard.mark)
            self._device, self._state = device, self._guard.begin(saved, self._moment(now))

    def look(self, frames: Iterable[Frame]) -> Round[S] | None:
        """What these frames of the device change; nothing before `begin`."""
        if self._state is None:
            return None
        verdict = Verdict(self._state)
        said: list[Record] = []
        for frame in frames:
            verdict = self._guard.look(verdict.state, frame, self._moment(frame.at))
            said += verdict.records
        return self._round(verdict.state, said)

    async def tick(self, marks: Marks, now: Instant) -> Round[S] | None:
        """What the passing of time changes.

        Raises:
            StoreError: the notes cannot be read.
        """
        if self._state is None:
            return None
        told = {name: await marks.mark(self._device, name) for name in self._guard.notes}
        notes = {name: text for name, text in told.items() if text is not None}
        verdict = self._guard.tick(self._state, self._device, self._moment(now), notes)
        return self._round(verdict.state, verdict.records)

    def keep(self, found: Round[S]) -> None:
        """It is durable."""
        self._state = found.state

    def told(self) -> tuple[str, ...]:
        """What goes on that a person was told of."""
        return () if self._state is None else self._guard.told(self._state)

    def _moment(self, at: Instant) -> Moment:
        return Moment(at, self._wall(at))

    def _round(self, state: S, said: Sequence[Record]) -> Round[S]:
        if state == self._state:
            return Round(state)
        mark = Mark(self._device, self._guard.mark, self._guard.save(state))
        return Round(state, tuple(said), (mark,))
