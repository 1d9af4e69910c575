"""What is done about a radio that fails: the rungs of a ladder, each higher one rarer. Pure.

A connection that failed is first tried again by its device's own driver; when that has failed
several times in a row, for whatever devices, the scan is started anew; when that did not help, the
adapter is switched off and on. A single success starts from the bottom.
"""

from __future__ import annotations

from enum import StrEnum

RESTART_AT = 3
"""Failures in a row after which the scan is started anew."""
POWER_AT = 6
"""Failures in a row after which the adapter is switched off and on."""
POWER_EVERY_S = 120.0
"""Not more often, and never while another device is connected."""


class Rung(StrEnum):
    """What is done."""

    RECONNECT = "reconnect"
    RESTART_SCAN = "restart-scan"
    POWER_CYCLE = "power-cycle"


class Ladder:
    """Counts failures in a row.

    Attributes:
        counts: how often each was done.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(Rung, 0)
        self._failures = 0
        self._powered: float | None = None

    def worked(self) -> None:
        """The radio did what it should."""
        self._failures = 0

    def failed(self, now: float, *, idle: bool) -> Rung:
        """It did not: what to do about it.

        Args:
            now: seconds of a clock that never jumps.
            idle: nobody is connected, whom it would harm to switch off.
        """
        self._failures += 1
        rung = self._rung(now, idle=idle)
        self.counts[rung] += 1
        return rung

    def _rung(self, now: float, *, idle: bool) -> Rung:
        if self._failures >= POWER_AT and idle and self._may_power(now):
            self._failures, self._powered = 0, now
            return Rung.POWER_CYCLE
        return Rung.RESTART_SCAN if self._failures % RESTART_AT == 0 else Rung.RECONNECT

    def _may_power(self, now: float) -> bool:
        return self._powered is None or now - self._powered >= POWER_EVERY_S
