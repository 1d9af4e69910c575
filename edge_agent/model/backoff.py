"""How long to wait before trying again: longer each time, never in step with others. Pure.

Full jitter, because a hundred devices come back at once after a power cut (Brooker, "Exponential
Backoff And Jitter", AWS 2015).
"""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """The waits of one that tries again, in seconds.

    Args:
        least: no wait is shorter; the first is shorter than twice this.
        most: no wait is longer.
        rng: numbers in [0, 1), such as `random.random`: the jitter.
    """

    def __init__(self, least: float, most: float, rng: Callable[[], float]) -> None:
        self._least = least
        self._most = most
        self._rng = rng
        self._ceiling = least

    def next(self) -> float:
        """The wait after one more failure: under a ceiling that doubles until it is `most`."""
        self._ceiling = min(self._most, 2 * self._ceiling)
        return self._between(self._least, self._ceiling)

    def longest(self) -> float:
        """The wait where a person is needed: half the longest to the longest."""
        return self._between(self._most / 2, self._most)

    def reset(self) -> None:
        """It went well: begin with short waits again."""
        self._ceiling = self._least

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._rng()
