"""How long to wait before the next attempt: longer each time, never in step with others. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

GROWTH = 2.0


@dataclass(slots=True)
class Backoff:
    """Exponential back-off with full jitter over the upper half.

    Attributes:
        shortest, longest: seconds.
        random: gives numbers in [0, 1).
        failures: since the last success.
    """

    shortest: float
    longest: float
    random: Callable[[], float]
    failures: int = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        limit = min(self.longest, self.shortest * GROWTH**self.failures)
        self.failures = min(self.failures + 1, 64)
        return limit * (0.5 + 0.5 * self.random())

    def reset(self) -> None:
        """It went well."""
        self.failures = 0
