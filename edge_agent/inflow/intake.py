"""What a driver delivers on its way into the store: signal processing, gaps, and whose it is.

Law 1 holds through it: `deliver` returns after the store's commit, and what is added (derived
observations, a gap, the mark of the last live frame) is in the same commit as its frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from edge_agent.guarding.guards import Post, Round
from edge_agent.inflow.gaps import MOST, GapLedger, Key, heard, mark_name, moment
from edge_agent.inflow.parts import episodic_parts, live_parts
from edge_agent.inflow.readings import stays
from edge_agent.inflow.roster import DeviceState, Reports
from edge_agent.inflow.signals import Signals
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.errors import StoreError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record
from edge_agent.model.seams import Buffer, Mark
from firmware_specs.spec.types import Spec

_log = logging.getLogger(__name__)

Rounded = tuple[Post[Any], Round[Any] | None]
"""A guard's post and what it found."""
Held = Callable[[Frame], bool]
"""Whether a frame has to wait for its subject."""


class Intake:
    """The `deliver` and `report` of one device.

    Args:
        buffer: where everything goes.
        spec: which parts are live.
        state: what people see of the device.
        reports: takes its reports.
        began: when this agent began to listen.
        alive: when an agent is last known to have run before, None for never.
        signals: signal processing.
        is_held: what must wait for its subject.
        posts: guards that look at each frame, and speak in its commit.
        keeps: whether copies of readings stay on the box.
    """

    def __init__(
        self,
        buffer: Buffer,
        spec: Spec,
        state: DeviceState,
        reports: Reports,
        *,
        began: Instant,
        alive: Instant | None = None,
        signals: Signals | None = None,
        is_held: Held = lambda frame: False,
        posts: Sequence[Post[Any]] = (),
        keeps: bool = True,
    ) -> None:
        self._buffer = buffer
        self._live = live_parts(spec)
        self._episodic = episodic_parts(spec)
        self._state = state
        self._reports = reports
        self._signals = signals or Signals()
        self._is_held = is_held
        self._posts = posts
        self._keeps = keeps
        self._began = began
        self._ledger = GapLedger(began, alive, self._episodic)
        self._early: deque[tuple[str, Instant, GapReason]] = deque(maxlen=MOST)
        self._turn = asyncio.Lock()
        self._clock_read = False

    async def deliver(
        self, records: Sequence[Record], *, marks: Sequence[Mark] = (), urgent: bool = False
    ) -> None:
        """The model's `Deliver`."""
        async with self._turn:  # a gap is told once, and in the order of the frames
            await self._deliver(records, marks, urgent=urgent)

    async def resume(self, device: str) -> None:
        """Tell what nobody listened to before this agent began, for a device that was known then.

        What the store has no room for is told later.
        """
        try:
            async with self._turn:
                await self._man(device)
                for part in sorted(self._live):
                    if last := moment(await self._buffer.mark(device, mark_name(part))):
                        self._ledger.begin(device, part, last)
                await self._commit([])
        except StoreError:
            self._reports.soon(self.settle)

    async def settle(self) -> None:
        """Tell the gaps that wait for no frame.

        Raises:
            StoreError: they are still owed.
        """
        async with self._turn:
            await self._commit([])

    async def finish(self) -> None:
        """Keep what was learnt of signals: the next start goes on from there.

        Raises:
            StoreError: it is not durable, and the next start learns anew.
        """
        async with self._turn:
            await self._commit([], self._signals.last())

    async def tick(self, now: Instant) -> None:
        """Let the guards know that time passes.

        Raises:
            StoreError: what they had to say is not durable; it is said at the next tick.
        """
        async with self._turn:
            rounds = [(post, await post.tick(self._buffer, now)) for post in self._posts]
            await self._commit([], rounds=rounds)

    def told(self) -> tuple[str, ...]:
        """What goes on that a guard told a person of."""
        return tuple(name for post in self._posts for name in post.told())

    def report(self, status: DeviceStatus) -> None:
        """The model's `Report`."""
        if status.link in (LinkState.LOST, LinkState.REFUSED):
            self._ledger.broken(GapReason.LINK_LOST, status.at)
            if self._ledger.owes:
                self._reports.soon(self.settle)
        elif status.link is LinkState.CONNECTED:
            self._ledger.connected()
        if status.link is not self._state.link:
            level = logging.WARNING if status.link is LinkState.REFUSED else logging.INFO
            _log.log(level, "link %s", status.link, extra={"device": self._state.alias})
        self._clock_read = self._clock_read or bool(status.device_time)
        self._reports.put(self._state, status)

    def missed(self, part: str, at: Instant, reason: GapReason) -> None:
        """The model's `ReportMissed`."""
        if part in self._live and not self._ledger.knows(self._state.key, part):
            self._early.append((part, at, reason))
        else:
            self._ledger.broken(reason, at, part)
        if self._early or self._ledger.owes:
            self._reports.soon(self.settle)

    async def _deliver(
        self, records: Sequence[Record], marks: Sequence[Mark], *, urgent: bool
    ) -> None:
        if self._clock_read:  # what the device stored is dated by it (law 5)
            await self._reports.flush()
            self._clock_read = False
        told = [await self._told(one) if isinstance(one, Frame) else one for one in records]
        learnt = self._signals.marks([one for one in told if isinstance(one, Frame)])
        await self._commit(told, [*marks, *learnt], urgent=urgent)

    async def _told(self, frame: Frame) -> Frame:
        """With what its signals tell."""
        await self._signals.begin(self._buffer, frame)
        return self._signals.derive(frame)

    async def _commit(
        self,
        records: Sequence[Record],
        marks: Sequence[Mark] = (),
        *,
        urgent: bool = False,
        rounds: Sequence[Rounded] = (),
    ) -> None:
        """Make records durable, with the gaps that they end, those that are owed, and the guards'.

        The guards look at the frames, where it is not time alone that they look at (`rounds`).
        """
        await self._catch_up()
        frames = [one for one in records if isinstance(one, Frame)]
        live = [frame for frame in frames if frame.part in self._live]
        await self._begin((frame.device, frame.part) for frame in live)
        plan = self._ledger.plan(records, {frame.id for frame in live})
        rounds = rounds or await self._look(frames)
        said = [record for _, one in rounds if one for record in one.records]
        kept = [mark for _, one in rounds if one for mark in one.marks]
        if not (plan.records or marks or said or kept):
            return
        try:
            await self._buffer.deliver(
                [*plan.records, *said],
                marks=[*marks, *plan.marks, *kept],
                urgent=urgent or any(one.is_urgent for _, one in rounds if one),
                held=[frame.id for frame in frames if self._is_held(frame)],
                kept=[frame.id for frame in frames if self._keeps and stays(frame)],
            )
        except StoreError:
            for frame in live:
                self._ledger.broken(GapReason.OVERFLOW, heard(frame), frame.part)
            raise
        self._ledger.committed(plan)
        for post, one in rounds:
            if one:
                post.keep(one)
        self._state.count(frames)

    async def _man(self, device: str) -> None:
        for post in self._posts:
            await post.begin(self._buffer, device, self._began)

    async def _look(self, frames: Sequence[Frame]) -> Sequence[Rounded]:
        if not frames:
            return ()
        await self._man(frames[0].device)
        return [(post, post.look(frames)) for post in self._posts]

    async def _catch_up(self) -> None:
        """Take in what was missed before it was known whose account it is."""
        if not self._early or not self._state.key:
            return
        await self._begin([(self._state.key, part) for part, _, _ in self._early])
        while self._early:
            part, at, reason = self._early.popleft()
            self._ledger.broken(reason, at, part)

    async def _begin(self, accounts: Iterable[Key]) -> None:
        for device, part in accounts:
            if not self._ledger.knows(device, part):
                mark = await self._buffer.mark(device, mark_name(part))
                self._ledger.begin(device, part, moment(mark))
