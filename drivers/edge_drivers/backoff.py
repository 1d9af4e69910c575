"""How long to wait before connecting again: exponential with full jitter. Pure.

Full jitter because a hundred devices come back at once after a power cut (Brooker, "Exponential
Backoff And Jitter", AWS 2015); never under 0.2 s because BlueZ fails such connects (3 of 28).
"""

from __future__ import annotations

from random import Random

LEAST_S = 0.2
MOST_S = 30.0


class Backoff:
    """The waits of one device, in seconds.

    Args:
        rng: where the jitter comes from.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._ceiling = LEAST_S

    def next(self) -> float:
        """The wait after a failure: under a ceiling that doubles, from 0.2 s to 30 s."""
        self._ceiling, ceiling = min(MOST_S, 2 * self._ceiling), self._ceiling
        return max(LEAST_S, self._rng.uniform(0, ceiling))

    def longest(self) -> float:
        """The wait where a person is needed: half the longest to the longest."""
        return self._rng.uniform(MOST_S / 2, MOST_S)

    def reset(self) -> None:
        """The connection was healthy: begin with short waits again."""
        self._ceiling = LEAST_S
