"""Carries out orders on one dispenser: what the pure machine decides, on the wire and on disk.

Rules: a state is durable before what it says is sent (`Notes.keep`); a write is one request, once,
and its answer is only counted; what became of an order is read. One order at a time. Polls of the
same device go on meanwhile, through the line's one owner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from edge_agent.model.errors import DecodeError, LinkError
from edge_drivers.dispensing import interlocks, machine
from edge_drivers.dispensing.interlocks import Known
from edge_drivers.dispensing.registers import Profile
from edge_drivers.dispensing.steps import (
    Ask,
    Conclude,
    Event,
    GivenUp,
    Move,
    Send,
    Silent,
    State,
    Told,
    Write,
    Written,
)
from edge_drivers.dispensing.values import Reading, Task

LATER_S = 0.1
"""Between readings of a device that still moves or does not answer."""
PATIENCE_S = 10.0
"""For which a device may be silent before an order is refused that was not begun."""

_log = logging.getLogger(__name__)


class Wire(Protocol):
    """The way to one device; `read` and `write` are those of a `Link`."""

    async def connect(self) -> None:
        """Open the line unless it is open.

        Raises:
            LinkError: it cannot be.
        """
        ...

    async def read(self, part: str) -> bytes:
        """Ask for one part; errors as `Link.read`."""
        ...

    async def write(self, part: str, octets: bytes) -> None:
        """Write one part, once; errors as `Link.write`."""
        ...


class Notes(Protocol):
    """What is durable of a device's orders."""

    async def keep(self, order: str, state: State) -> None:
        """On return it is durable that this order is in this state.

        Raises:
            StoreError: it is not; nothing may be sent.
        """
        ...

    async def known(self) -> Known | None:
        """The registers as the last order left them; None before the first."""
        ...

    async def learn(self, known: Known | None) -> None:
        """Keep them.

        Raises:
            StoreError: they are not kept.
        """
        ...


class Station:
    """One dispenser.

    Attributes:
        doubtful: writes whose answer did not come or was not that of the request.

    Args:
        profile: what its registers mean.
        wire: to it.
        notes: what is durable.
        later: seconds between readings of a device that still moves.
        patience: seconds for which it may be silent before an order that was not begun is refused.
    """

    def __init__(
        self,
        profile: Profile,
        wire: Wire,
        notes: Notes,
        *,
        later: float = LATER_S,
        patience: float = PATIENCE_S,
    ) -> None:
        self.profile = profile
        self.doubtful = 0
        self.notes = notes
        self.later = later
        self.patience = patience
        self._wire = wire
        self._turn = asyncio.Lock()

    async def dispense(self, order: str, task: Task) -> Conclude:
        """Carry out a new order, named `order` in the journal; how it ended.

        Raises:
            StoreError: the journal cannot be written; `recover` says what became of it.
        """
        async with self._turn:
            return await _Errand(self, order, await self.notes.known()).run(machine.begin(task))

    async def recover(self, order: str, state: State) -> Conclude:
        """What became of an order of which `state` was journalled last; it is not started again.

        Raises:
            StoreError: the journal cannot be written.
        """
        async with self._turn:
            errand = _Errand(self, order, await self.notes.known())
            errand.noted = state
            return await errand.run(machine.resume(state))

    async def look(self) -> Reading | None:
        """What the device says now; None when it says nothing that can be believed."""
        try:
            await self._wire.connect()
            return self.profile.reading(await self._wire.read(self.profile.rules.tell))
        except (LinkError, DecodeError) as error:
            _log.debug("a dispenser does not tell", exc_info=error)
            return None

    async def send(self, write: Write, state: State) -> None:
        """Write once. A line that is not open is opened first: nothing is on its way then."""
        part, octets = self.profile.octets(write, state)
        try:
            await self._wire.connect()
            await self._wire.write(part, octets)
        except (LinkError, DecodeError) as error:
            self.doubtful += 1
            _log.warning("a %s was not confirmed: %s", write, error)


class _Errand:
    """One order on its way."""

    def __init__(self, station: Station, order: str, known: Known | None) -> None:
        self.noted: State | None = None
        self._station = station
        self._order = order
        self._known = known
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._began = self._now()
        self._sent = self._began
        self._heard: Reading | None = None

    async def run(self, move: Move) -> Conclude:
        """From event to action, until there is an outcome."""
        state, action = move
        while not isinstance(action, Conclude):
            match action:
                case Ask(later=later):
                    event = await self._ask(state, later)
                case Send(write=write):
                    event = await self._send(state, write)
            state, action = machine.step(state, event)
        if self.noted:
            known = interlocks.left(self._known, action.outcome, self._heard)
            await self._station.notes.learn(known)
        return action

    async def _ask(self, state: State, later: bool) -> Event:
        rules = self._station.profile.rules
        patience = float(rules.patience) if self.noted else self._station.patience
        if self._now() - self._began > patience:
            self._heard = None
            return GivenUp()
        if later:
            await asyncio.sleep(self._station.later)
        self._heard = await self._station.look()
        if self._heard is None:
            return Silent()
        refusal = interlocks.unready(state.task, self._heard, self._known)
        settled = self._now() - self._sent >= float(rules.settle)
        return Told(self._heard, refusal, settled=settled)

    async def _send(self, state: State, write: Write) -> Event:
        if state != self.noted:
            await self._station.notes.keep(self._order, state)
            self.noted = state
        await self._station.send(write, state)
        self._sent = self._now()
        return Written()
