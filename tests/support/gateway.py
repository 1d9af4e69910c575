"""The agent's side of the drivers' seams, kept in memory so that tests can look at it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from random import Random

from edge_agent.model.backoff import Backoff
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_agent.model.records import Record
from edge_agent.model.seams import Mark
from edge_drivers.driver import Driver, MakeLink
from edge_drivers.settings import DeviceSettings
from firmware_specs.spec.types import LoadedSpec
from tests.support.bluez import PATIENCE

BOOT = "0e5b2a3c-9f3d-4a8e-8c15-5f0a4b1c2d3e"


class BootClock:
    """A strictly increasing clock, that of the running loop."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> Instant:
        self._last = max(int(asyncio.get_running_loop().time() * 1e9), self._last + 1)
        return Instant(BOOT, self._last)


class Gateway:
    """Deliver, Marks and Report in one: what was committed stays here, whatever drivers die."""

    def __init__(self) -> None:
        self.clock = BootClock()
        self.frames: list[Frame] = []
        self.urgent: list[Frame] = []
        self.gaps: list[Gap] = []
        self.marks: dict[tuple[str, str], str] = {}
        self.statuses: list[DeviceStatus] = []
        self.missed: list[tuple[str, GapReason]] = []
        self.failures: list[Exception] = []
        """Raised by the next commits, which then keep nothing."""
        self.stalled = asyncio.Event()
        self.stalled.set()
        self.commits = 0

    async def deliver(
        self, records: Sequence[Record], *, marks: Sequence[Mark] = (), urgent: bool = False
    ) -> None:
        await self.stalled.wait()
        if self.failures:
            raise self.failures.pop(0)
        frames = [record for record in records if isinstance(record, Frame)]
        gaps = [record for record in records if isinstance(record, Gap)]
        assert len(frames) + len(gaps) == len(records)
        self.gaps += gaps
        self.frames += frames
        self.urgent += frames if urgent else []
        self.marks |= {(mark.device, mark.name): mark.value for mark in marks}
        self.commits += 1

    async def mark(self, device: str, name: str) -> str | None:
        return self.marks.get((device, name))

    def report(self, status: DeviceStatus) -> None:
        self.statuses.append(status)

    def miss(self, part: str, at: Instant, reason: GapReason) -> None:
        self.missed.append((part, reason))

    def driver(self, loaded: LoadedSpec, make_link: MakeLink, tag: str = "") -> Driver:
        """A driver whose far side is this."""
        return Driver(
            DeviceSettings("device", loaded, tag, "Asia/Shanghai"),
            make_link,
            epoch="epoch",
            clock=self.clock,
            deliver=self.deliver,
            marks=self,
            report=self.report,
            missed=self.miss,
            backoff=Backoff(0.05, 0.2, Random(1).random),
        )

    def observations(self, kind: str) -> list[Observation]:
        return [o for frame in self.frames for o in frame.observations if o.kind == kind]

    def states(self) -> list[LinkState]:
        return [status.link for status in self.statuses]


@contextlib.asynccontextmanager
async def driving(driver: Driver) -> AsyncGenerator[None]:
    """Let a driver run, then stop it as the agent does."""
    task = asyncio.create_task(driver.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds * PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)
