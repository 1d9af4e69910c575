"""Whether all that the devices made in a time is in the region's record: else a figure is void."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promise import SLACK_NS, Made, Recorded, match
from record import Region, journals

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What of a time arrived.

    Attributes:
        made: octet strings that the devices made.
        covered: of these, missing, and a gap record says so (a poll that timed out).
        lost: of these, missing, and nothing says so.
        doubled: in the record, and nobody made them.
        points: observations in the record.
        seconds: how long the time was.
    """

    made: int
    covered: int
    lost: int
    doubled: int
    points: int
    seconds: float

    def void(self, rate: float) -> str:
        """Why figures are worth nothing if so many points a second were wanted; "" when sound."""
        if self.lost or self.doubled or not self.made:
            return f"of {self.made} made {self.lost} did not arrive, {self.doubled} are beyond"
        if self.points < 0.98 * rate * self.seconds:
            return f"only {self.points / self.seconds:.0f} of {rate:g} points a second were read"
        return ""


def arrivals(folder: Path, database: Path, since: int, until: int) -> Arrivals:
    """What was made between two moments (CLOCK_BOOTTIME) and arrived; waits for the last of it.

    Args:
        folder: of the devices' journals.
        database: the region's.
        since: the first moment.
        until: the last.
    """
    made = [one for one in journals(folder) if since <= one.at < until]
    deadline = time.monotonic() + PATIENCE
    while True:
        found = _compare(made, Region(database), since, until)
        if not found.lost or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def _compare(made: list[Made], region: Region, since: int, until: int) -> Arrivals:
    frames = [record for record in region.fresh() if record["type"] == "frame"]
    near = [r for f in frames for r in Recorded.of(f) if since <= r.at <= until + 4 * SLACK_NS]
    missing, beyond = match(made, near)
    gaps = region.gaps()
    lost = [one for one in missing if not any(gap.covers(one) for gap in gaps)]
    doubled = [r for r in beyond if since + SLACK_NS <= r.at < until - SLACK_NS]
    return Arrivals(
        made=len(made),
        covered=len(missing) - len(lost),
        lost=len(lost),
        doubled=len(doubled),
        points=sum(_points(frame) for frame in frames if since <= frame["at"]["ns"] < until),
        seconds=(until - since) / 1e9,
    )


def _points(frame: dict[str, Any]) -> int:
    return len(frame.get("observations", ()))
