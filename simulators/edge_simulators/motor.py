"""The mechanism of a dispenser: packs fall one after the other, or it jams, or it is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PACE_S = 0.05
"""Between packs, unless it is told to be slow."""
JAMMED_S = 0.5
"""For which a jam that came while it moved lasts."""


class Motor:
    """Moves packs past the drop sensor.

    Attributes:
        pace: seconds for a pack.
        jam_after: the next order jams after so many packs; None: it does not.

    Args:
        drop: a pack passed the sensor.
        rested: it rests again; told whether it jammed.
    """

    def __init__(self, drop: Callable[[], None], rested: Callable[[bool], None]) -> None:
        self.pace = PACE_S
        self.jam_after: int | None = None
        self._drop = drop
        self._rested = rested
        self._turning: asyncio.Task[None] | None = None

    @property
    def is_turning(self) -> bool:
        """Whether it moves."""
        return self._turning is not None

    def turn(self, amount: int) -> None:
        """Begin to move so many packs."""
        self._turning = asyncio.get_running_loop().create_task(self._turn(amount))

    def cut(self) -> None:
        """Power is gone: it stops where it is."""
        if self._turning:
            self._turning.cancel()
        self._turning = None

    async def _turn(self, amount: int) -> None:
        jam_after, self.jam_after = self.jam_after, None
        whole = amount if jam_after is None else min(jam_after, amount)
        for _ in range(whole):
            await asyncio.sleep(self.pace)
            self._drop()
        self._turning = None
        self._rested(whole < amount)
