"""How long a commit waits for company: the slower the disk, the longer. Pure; time comes in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

GATHER = 0.005
"""What comes when no commit ended lately waits so long: a burst goes in one commit, not in two."""
SHORTEST = 0.040
LONG = 0.100
LONGEST = 0.250
"""For a card whose commits take longer than `LONG`: it is left alone for as long as one takes."""
FACTOR = 5.0
"""A normal disk is busy with our commits for at most about a sixth of the time."""
_LATELY = 5


@dataclass(slots=True)
class Window:
    """The least time between the end of a commit and the next; the first of a burst hardly waits.

    Attributes:
        ended: when the last commit ended.
    """

    ended: float = float("-inf")
    _lately: deque[float] = field(default_factory=lambda: deque(maxlen=_LATELY))

    @property
    def commit(self) -> float:
        """Seconds of a commit: the median of the last five, so that one stall is no slow card."""
        return median(self._lately) if self._lately else 0.0

    @property
    def seconds(self) -> float:
        """The window, 40 to 100 ms, up to 250 ms where commits are as slow as that."""
        usual = min(max(self.commit * FACTOR, SHORTEST), LONG)
        return min(max(usual, self.commit), LONGEST)

    def measured(self, started: float, ended: float) -> None:
        """Take note of a commit that went well."""
        self._lately.append(ended - started)
        self.ended = ended

    def due(self, since: float) -> float:
        """When a batch that came at `since` is to be committed at the latest."""
        return max(since + GATHER, self.ended + self.seconds)
