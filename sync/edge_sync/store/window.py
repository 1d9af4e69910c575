"""How long a commit waits for company: the slower the disk, the longer. Pure; time comes in."""

from __future__ import annotations

from dataclasses import dataclass

GATHER = 0.005
"""What comes when no commit ended lately waits so long: a burst goes in one commit, not in two."""
SHORTEST = 0.040
LONGEST = 0.100
FACTOR = 5.0
"""The disk is busy with our commits for at most about a sixth of the time."""
_WEIGHT = 0.2


@dataclass(slots=True)
class Window:
    """The least time between the end of a commit and the next; the first of a burst hardly waits.

    Attributes:
        commit: measured seconds of a commit, averaged over about the last five.
        ended: when the last one ended.
    """

    commit: float = 0.0
    ended: float = float("-inf")

    @property
    def seconds(self) -> float:
        """The window, 40 to 100 ms."""
        return min(max(self.commit * FACTOR, SHORTEST), LONGEST)

    def measured(self, started: float, ended: float) -> None:
        """Take note of a commit that went well."""
        self.commit += _WEIGHT * (ended - started - self.commit)
        self.ended = ended

    def due(self, since: float) -> float:
        """When a batch that came at `since` is to be committed at the latest."""
        return max(since + GATHER, self.ended + self.seconds)
