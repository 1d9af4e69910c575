"""Moments that can be told apart across a restart of the machine. Pure."""

from __future__ import annotations

import msgspec

from edge_agent.model.instants import Instant

NS = 1_000_000_000


class Moment(msgspec.Struct, frozen=True):
    """When: on this machine, and by the best mapping of then.

    Attributes:
        at: boot and CLOCK_BOOTTIME.
        wall: UTC seconds since 1970; None while nobody knows.
    """

    at: Instant
    wall: float | None = None

    def since(self, earlier: Moment) -> float:
        """Seconds from an earlier moment; across a restart of the machine by the wall clock.

        0 where that cannot be known.
        """
        if self.at.boot == earlier.at.boot:
            return max(0.0, (self.at.ns - earlier.at.ns) / NS)
        if self.wall is None or earlier.wall is None:
            return 0.0
        return max(0.0, self.wall - earlier.wall)
