"""What a driver delivers on its way into the store: signal processing, gaps, and whose it is.

Law 1 holds through it: `deliver` returns after the store's commit, and what is added (derived
observations, a gap, the mark of the last live frame) is in the same commit as its frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from edge_agent.gaps import GapLedger, mark_name, mark_of, moment
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.errors import StoreError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record
from edge_agent.model.seams import Mark
from edge_agent.roster import DeviceState, Reports
from firmware_specs.spec.types import Spec

_log = logging.getLogger(__name__)

Derive = Callable[[Frame], Frame]
"""Adds observations computed from a frame's waveforms."""
Held = Callable[[Frame], bool]
"""Whether a frame has to wait for its subject."""


class Buffer(Protocol):
    """What the intake needs of `edge_sync.store.Store`."""

    async def deliver(
        self,
        records: Sequence[Record],
        *,
        marks: Sequence[Mark] = (),
        urgent: bool = False,
        held: Collection[str] = (),
    ) -> None:
        """See the model's `Deliver`; records of the ids in `held` stay until they are released."""
        ...

    async def mark(self, device: str, name: str) -> str | None:
        """See the model's `Marks`."""
        ...


class Intake:
    """The `deliver` and `report` of one device.

    Args:
        buffer: where everything goes.
        spec: which parts are live.
        state: what people see of the device.
        reports: takes its reports.
        derive: signal processing.
        is_held: what must wait for its subject.
    """

    def __init__(
        self,
        buffer: Buffer,
        spec: Spec,
        state: DeviceState,
        reports: Reports,
        *,
        derive: Derive = lambda frame: frame,
        is_held: Held = lambda frame: False,
    ) -> None:
        self._buffer = buffer
        self._live = {name for name, part in spec.parts.items() if part.kept == "live"}
        self._state = state
        self._reports = reports
        self._derive = derive
        self._is_held = is_held
        self._ledger = GapLedger()
        self._turn = asyncio.Lock()
        self._clock_read = False

    async def deliver(
        self, records: Sequence[Record], *, marks: Sequence[Mark] = (), urgent: bool = False
    ) -> None:
        """The model's `Deliver`."""
        async with self._turn:  # a gap is told once, and in the order of the frames
            await self._deliver(records, marks, urgent=urgent)

    def report(self, status: DeviceStatus) -> None:
        """The model's `Report`."""
        if status.link is LinkState.LOST:
            self._ledger.broken(GapReason.LINK_LOST, status.at)
        if status.link is not self._state.link:
            level = logging.WARNING if status.link is LinkState.REFUSED else logging.INFO
            _log.log(level, "link %s", status.link, extra={"device": self._state.alias})
        self._clock_read = self._clock_read or bool(status.device_time)
        self._reports.put(self._state, status)

    def missed(self, part: str, at: Instant, reason: GapReason) -> None:
        """The model's `ReportMissed`."""
        self._ledger.broken(reason, at, part)

    async def _deliver(
        self, records: Sequence[Record], marks: Sequence[Mark], *, urgent: bool
    ) -> None:
        if self._clock_read:  # what the device stored is dated by it (law 5)
            await self._reports.flush()
            self._clock_read = False
        derived = [self._derive(one) if isinstance(one, Frame) else one for one in records]
        frames = [one for one in derived if isinstance(one, Frame)]
        live = [frame for frame in frames if frame.part in self._live]
        await self._begin(live)
        try:
            await self._buffer.deliver(
                self._ledger.with_gaps(derived, {frame.id for frame in live}),
                marks=[*marks, *last_marks(live)],
                urgent=urgent,
                held=[frame.id for frame in frames if self._is_held(frame)],
            )
        except StoreError:
            for frame in live:
                self._ledger.broken(GapReason.OVERFLOW, frame.at, frame.part)
            raise
        self._ledger.committed(live)
        self._state.count(frames)

    async def _begin(self, live: Sequence[Frame]) -> None:
        for frame in live:
            if not self._ledger.knows(frame):
                mark = await self._buffer.mark(frame.device, mark_name(frame.part))
                self._ledger.begin(frame, moment(mark))


def last_marks(live: Sequence[Frame]) -> Sequence[Mark]:
    """The mark of each stream's last frame."""
    return list({(frame.device, frame.part): mark_of(frame) for frame in live}.values())
