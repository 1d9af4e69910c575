"""One run of a row: a village, what happens to it, and the count afterwards."""

from __future__ import annotations

import time
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from count import count, one, waiting
from procfs import boot_ns
from record import Region, journals
from rows import Row
from village import Village

PATIENCE = 240.0
"""Seconds until all has gone up, at most."""
LOOK = 0.3
QUIET = 6
"""Looks at the buffers that find nothing: then all has gone up."""


def run(row: Row) -> dict[str, Any]:
    """One run from beginning to end, as JSON.

    Raises:
        SystemExit: a part of the village did not come up; its folder with the logs stays.
    """
    with Village(row.polled, shim=row.needs_shim) as village:
        watch = Watch(village)
        back = _act(village, row, watch)
        closed = boot_ns()
        deadline = time.monotonic() + PATIENCE
        while not _is_fetched(village, closed) and time.monotonic() < deadline:
            village.tend()
            time.sleep(1.0)
        village.switch_off()
        _drain(village, watch)
        for agent in village.agents:
            agent.term()
        found = count(village.region.database, village.journals, village.buffers, closed)
        village.keep = not found.holds
        drain = round(max(0.0, watch.last - back), 1)
        return {"row": row.name, "held": found.holds, "drain": drain, **asdict(found)}


class Watch:
    """Sees when the last record of history came to the region."""

    def __init__(self, village: Village) -> None:
        self.last = 0.0
        self._database = village.region.database
        self._seen: int = self._history()

    def look(self) -> None:
        """Look again."""
        history = self._history()
        if history != self._seen:
            self._seen, self.last = history, time.monotonic()

    def _history(self) -> int:
        return one(self._database, "SELECT count(*) FROM record WHERE history")


def _act(village: Village, row: Row, watch: Watch) -> float:
    """Let happen what the row says; gives when nothing was disturbed any more."""
    begun, pending, back = time.monotonic(), list(row.acts), time.monotonic()
    while (now := time.monotonic() - begun) < row.seconds or pending:
        if pending and pending[0].at <= now:
            act = pending.pop(0)
            attrgetter(act.name)(village)(*act.arguments)
            back = time.monotonic()
            continue
        village.tend()
        watch.look()
        time.sleep(LOOK / 3)
    return back


def _is_fetched(village: Village, closed: int) -> bool:
    """Whether all that the devices had stored before the close is on record."""
    made = [one for folder in village.journals for one in journals(folder)]
    stored = {(m.device, m.name) for m in made if m.kept != "live" and m.at <= closed}
    return stored <= {(one.device, one.name) for one in Region(village.region.database).frames()}


def _drain(village: Village, watch: Watch) -> None:
    """Wait until all has gone up: the gaps too with which the last connection ends."""
    quiet, deadline = 0, time.monotonic() + PATIENCE
    while any(one.hears_somebody for one in village.agents) and time.monotonic() < deadline:
        watch.look()
    while quiet < QUIET and time.monotonic() < deadline:
        time.sleep(LOOK)
        quiet = 0 if any(map(waiting, village.buffers)) else quiet + 1
        watch.look()
