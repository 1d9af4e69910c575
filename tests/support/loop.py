"""The loop of all asynchronous tests: a stall of the machine is nobody's time-out.

Rule: seconds are those the loop waited. A turn of work counts for `TURN_S` at most, however long a
busy machine took for it, and what has come in is handled before a timer that would fire then. A
time-out therefore fires because nothing came, and a device in this process is late by what a test
says and by nothing else. Where nothing can come from outside (`jump`), nobody waits at all: the
clock is set to the next timer.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from selectors import SelectorKey

TURN_S = 0.002
"""What a turn of work counts for at most."""
GRACE_S = 0.05
"""What is waited longer where the machine itself was late: others were late too."""
Ready = list[tuple[SelectorKey, int]]


class _Selector(selectors.DefaultSelector):
    """Waits, and keeps the time that was waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()
        self.jumps = False
        self._left_at = self.now

    def select(self, timeout: float | None = None) -> Ready:
        """Time goes on by the work since the last turn, then by what is waited here."""
        began = time.monotonic()
        self.now += min(began - self._left_at, TURN_S)
        alone = self.jumps and timeout is not None and self._is_alone()
        ready = super().select(0 if alone else timeout)
        self._left_at = time.monotonic()
        waited = self._left_at - began
        if timeout is None:
            self.now += waited
            return ready
        if not ready and waited - timeout > TURN_S:
            ready = super().select(GRACE_S)
            self._left_at = time.monotonic()
        self.now += min(waited, max(0.0, timeout - TURN_S)) if ready else timeout
        return ready

    def _is_alone(self) -> bool:
        """Nothing but the loop's own pipe could wake it."""
        return len(self.get_map()) == 1 and threading.active_count() == 1


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock does not run while the machine is busy with others."""

    def __init__(self) -> None:
        self._patient = _Selector()
        super().__init__(self._patient)

    def time(self) -> float:
        """Seconds that were waited, and a little for each turn of work."""
        return self._patient.now

    def jump(self) -> None:
        self._patient.jumps = True


def jump() -> None:
    """From now on the running loop waits for nobody while all there is to hear is in it."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, PatientLoop):  # fixtures of a test that is no coroutine have another
        loop.jump()
