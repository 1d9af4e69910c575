"""A task that fails is restarted alone, later each time, and disturbs nobody."""

from __future__ import annotations

import asyncio
import logging
from typing import NoReturn

import pytest

from edge_agent.model.instants import Instant
from edge_agent.process.supervision import STEADY_NS, Supervisor


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ns = 0

    def now(self) -> Instant:
        self.ns += 1
        return Instant("boot", self.ns)


class World:
    """A supervisor whose pauses are noted instead of waited for."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pauses: list[float] = []
        self.supervisor = Supervisor(self.clock, pause=self._pause, rng=lambda: 1.0)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


async def turn(times: int = 60) -> None:
    """Let tasks run."""
    for _ in range(times):
        await asyncio.sleep(0)


async def fail() -> NoReturn:
    raise ValueError("resident Zhang")


async def test_one_that_fails_comes_back_later_each_time_and_another_runs_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, beats = World(), 0

    async def live() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    with caplog.at_level(logging.ERROR):
        world.supervisor.start("cuff", fail)
        world.supervisor.start("strap", live)
        await turn()
    assert world.pauses[:8] == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert beats > 50
    assert world.supervisor.states["cuff"].failure == "ValueError"
    assert world.supervisor.states["cuff"].restarts >= 8
    assert world.supervisor.states["strap"].restarts == 0
    assert "Zhang" not in caplog.records[0].getMessage()
    assert await world.supervisor.stop(["cuff", "strap"], 1.0)


async def test_one_that_ran_well_begins_with_the_first_delay() -> None:
    world = World()

    async def long() -> None:
        world.clock.ns += STEADY_NS

    world.supervisor.start("clock", long)
    await turn()
    assert set(world.pauses) == {2.0}
    assert world.supervisor.states["clock"].failure == "ended"
    await world.supervisor.stop(["clock"], 1.0)


async def test_one_that_does_not_end_in_time_is_told() -> None:
    world = World()

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0.3)
                raise

    world.supervisor.start("stubborn", stubborn)
    await asyncio.sleep(0)
    assert not await world.supervisor.stop(["stubborn"], 0.05)
    await asyncio.sleep(0.4)


async def test_to_stop_nobody_is_well() -> None:
    assert await World().supervisor.stop(["nobody"], 1.0)


async def test_a_library_that_cancels_ends_nobody_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()

    async def cancelled() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    world.supervisor.start("cuff", cancelled)
    await turn()
    assert world.supervisor.states["cuff"].failure == "CancelledError"
    assert world.supervisor.states["cuff"].restarts > 2
    assert "task failed and is restarted" in caplog.text
    assert await world.supervisor.stop(["cuff"], 1.0)
