"""How each configured device is doing: what its driver reported, kept for people and made durable.

A report never blocks its driver: it is taken note of at once and made durable by a task of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from edge_agent.model.devices import DeviceIdentity, DeviceStatus, LinkState
from edge_agent.model.errors import StoreError
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Deliver

LIMIT = 256
"""Reports that may wait for the store; of one more, only what people see of it is kept."""
AGAIN_S = 10.0
"""Seconds after which what the store refused is tried again."""
QUALITY, POOR = "ecg-quality", Decimal("0.5")
"""Below this figure nothing of a window is vouched for (`edge_signal.values.USABLE`)."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class DeviceState:
    """A device as people see it.

    Attributes:
        alias, spec: as configured.
        identity: what it said of itself, None before it was ever met.
        link, detail: of its last report.
        connections: how often it was connected since the start.
        frames: that became durable since the start.
        malformed: octet strings that could not be decoded since the start.
        last: when the last durable frame came.
        poor: what is wrong with the leads whose latest window nobody can trust, by their kinds.
    """

    alias: str
    spec: str
    identity: DeviceIdentity | None = None
    link: LinkState = LinkState.STOPPED
    detail: str = ""
    connections: int = 0
    frames: int = 0
    malformed: int = 0
    last: Instant | None = None
    poor: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def key(self) -> str:
        """The device's key, "" before it was ever met."""
        return self.identity.key if self.identity else ""

    def note(self, status: DeviceStatus) -> None:
        """Take a report in."""
        self.link, self.detail = status.link, status.detail
        self.malformed += status.malformed
        self.connections += status.identity is not None
        self.identity = status.identity or self.identity

    def count(self, frames: Iterable[Frame]) -> None:
        """These are durable."""
        for frame in frames:
            self.frames += 1
            self.last = frame.at
            self._judge(frame)

    def _judge(self, frame: Frame) -> None:
        for one in frame.observations:
            if one.kind == QUALITY and one.value is not None:
                lead = one.channel or _only_lead(frame)
                self.poor.pop(lead, None)
                if one.value < POOR:
                    self.poor[lead] = one.flags


def _only_lead(frame: Frame) -> str:
    kinds = (channel.kind for wave in frame.waveforms for channel in wave.channels)
    return next((kind for kind in kinds if kind.startswith("ecg-")), "")


Meet = Callable[[DeviceState], Awaitable[None]]
Chore = Callable[[], Awaitable[None]]
"""Makes something durable."""


@dataclass(slots=True)
class Reports:
    """Reports on their way into the store.

    Attributes:
        deliver: the store's.
        meet: keeps who a configured device turned out to be.
        clock_read: called when a device's clock was read and that is durable.
    """

    deliver: Deliver
    meet: Meet
    clock_read: Chore
    _waiting: list[DeviceStatus] = field(default_factory=list[DeviceStatus])
    _met: dict[str, DeviceState] = field(default_factory=dict[str, DeviceState])
    _chores: set[Chore] = field(default_factory=set[Chore])
    _some: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def put(self, state: DeviceState, status: DeviceStatus) -> None:
        """A device's report; never blocks, never raises."""
        state.note(status)
        if status.identity:
            self._met[state.alias] = state
        if len(self._waiting) < LIMIT:
            self._waiting.append(status)
        self._some.set()

    def soon(self, chore: Chore) -> None:
        """Have something done; what the store refuses is tried again until it is done."""
        self._chores.add(chore)
        self._some.set()

    async def run(self) -> None:
        """Make reports durable, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S if self._chores else None):
                    await self._some.wait()
            await self.finish()

    async def finish(self) -> None:
        """Make durable what waits, and do what is to be done soon."""
        await self.flush()
        for chore in tuple(self._chores):
            await self._do(chore)

    async def flush(self) -> None:
        """Make reports durable; on return they are, or were let go where the store has no room."""
        async with self._turn:
            await self._flush()

    async def _flush(self) -> None:
        self._some.clear()
        waiting, self._waiting = self._waiting, []
        met, self._met = self._met, {}
        try:
            if waiting:
                await self.deliver(waiting)
            if any(status.device_time for status in waiting):
                await self.clock_read()
            for state in met.values():
                await self.meet(state)
        except StoreError:
            _log.warning("reports of devices were not kept", extra={"count": len(waiting)})

    async def _do(self, chore: Chore) -> None:
        self._chores.discard(chore)  # whoever asks for it from here on wants it done once more
        try:
            await chore()
        except BaseException as error:
            self._chores.add(chore)
            if not isinstance(error, StoreError):
                raise
            _log.warning("what has to be told is not durable yet")
