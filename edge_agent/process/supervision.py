"""Tasks that run for ever: one that fails is restarted alone, with back-off, logged and counted.

Nothing that one of them does reaches another: there is no group whose members fall together.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from edge_agent.model.backoff import Backoff
from edge_agent.model.seams import Clock
from edge_drivers.cancelling import is_stopped

Work = Callable[[], Awaitable[None]]
"""Does its work for ever; called anew for each attempt."""

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
STEADY_NS = 60_000_000_000
"""Who ran so long was well, and begins with the first delay again."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Supervised:
    """How one task is doing.

    Attributes:
        name: a device's alias, or what it does.
        restarts: how often it had to be started again.
        failure: the kind of its last error; its words may name what no log should.
    """

    name: str
    restarts: int = 0
    failure: str = ""


class Supervisor:
    """Runs tasks until it is stopped.

    Args:
        clock: to tell a task that ran well from one that fails at once.
        pause: waits so many seconds.
        rng: numbers in [0, 1), so that tasks that fell together do not rise together.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._rng = rng
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.states: dict[str, Supervised] = {}

    def start(self, name: str, work: Work) -> None:
        """Begin; the name must be new."""
        state = self.states[name] = Supervised(name)
        self._tasks[name] = asyncio.create_task(self._keep(state, work), name=name)

    async def stop(self, names: Iterable[str], seconds: float) -> bool:
        """End these at once; False when some did not end in so many seconds."""
        tasks = [self._tasks.pop(name) for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        if not tasks:
            return True
        _, pending = await asyncio.wait(tasks, timeout=seconds)
        return not pending

    async def _keep(self, state: Supervised, work: Work) -> None:
        backoff = Backoff(FIRST_DELAY, LONGEST_DELAY, self._rng)
        while True:
            began = self._clock.now()
            await self._attempt(state, work)
            if self._clock.now().ns - began.ns >= STEADY_NS:
                backoff.reset()
            await self._pause(backoff.next())
            state.restarts += 1

    async def _attempt(self, state: Supervised, work: Work) -> None:
        try:
            await work()
            state.failure = "ended"
        except asyncio.CancelledError as error:
            if is_stopped():
                raise
            _failed(state, error)
        except Exception as error:  # noqa: BLE001 - whatever it was, only this task is concerned
            _failed(state, error)
        else:
            _log.warning("task ended and is restarted", extra={"device": state.name})


def _failed(state: Supervised, error: BaseException) -> None:
    state.failure = type(error).__name__
    _log.error("task failed and is restarted", exc_info=error, extra={"device": state.name})
