"""What yields when a budget is spent: the least important lane first, and every time a gap says so.

Only telemetry and waveforms ever yield, those that are held included; one page of rows at a time,
in the commit that needs their room. A gap of waveforms names the device, its part and the times:
whoever looks for the signal finds why there is none. That of telemetry names the rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Final

import msgspec

from edge_agent.model import ids
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Lane
from edge_sync.store import outbox
from edge_sync.store.counters import HELD, Counters
from edge_sync.store.rows import draft
from edge_sync.store.schema import RANK
from edge_sync.store.thinning import Moment, Segment, Step, enough, going, runs
from edge_sync.wire import ranges

PAGE: Final = 500
_PAGES: Final = 20
"""Pages that are looked at for one that has something to give; the next look goes on there."""


class Eviction:
    """Takes rows out of the buffer."""

    def __init__(self) -> None:
        self._seen: dict[Step, int] = {Step.THIN: 0, Step.STRIPS: 0}

    def any(self, connection: sqlite3.Connection, counters: Counters, octets: int) -> bool:
        """Take so much of what is least important; False when nothing may yield."""
        return (
            self.take(connection, counters, Lane.TELEMETRY, octets)
            or self.take(connection, counters, Lane.WAVEFORM, octets)
            or take_held(connection, counters, octets)
        )

    def take(
        self, connection: sqlite3.Connection, counters: Counters, lane: Lane, octets: int
    ) -> bool:
        """Take so much of a lane, a page at most; False when it is empty."""
        if lane is not Lane.WAVEFORM:
            page = enough(_segments(connection, lane, 0), octets)
            return _gone(connection, counters, lane, page, page)
        return any(self._thin(connection, counters, step, octets) for step in Step)

    def _thin(
        self, connection: sqlite3.Connection, counters: Counters, step: Step, octets: int
    ) -> bool:
        alarms = _alarms(connection)
        for _ in range(_PAGES):
            page = _segments(connection, Lane.WAVEFORM, self._seen.get(step, 0))
            if not page:
                return False
            gone = enough(going(page, alarms, step), octets)
            if step in self._seen:
                self._seen[step] = (gone or page)[-1].sequence
            if _gone(connection, counters, Lane.WAVEFORM, page, gone):
                return True
        return False


def take_old(
    connection: sqlite3.Connection,
    counters: Counters,
    lane: Lane,
    is_old: Callable[[Instant], bool],
) -> None:
    """Take the first rows of a lane as long as they are too old, a page at most."""
    page = _segments(connection, lane, 0)
    _gone(connection, counters, lane, page, list(takewhile(lambda one: is_old(one.at), page)))


def take_held(connection: sqlite3.Connection, counters: Counters, octets: int) -> bool:
    """Take so much of what is held, the oldest first; False when nothing of it may yield."""
    rows = connection.execute(
        "SELECT id, device, boot, ns, length(payload) FROM held WHERE rank >= ?"
        " ORDER BY id LIMIT ?",
        (RANK[Lane.WAVEFORM], PAGE),
    ).fetchall()
    page = enough([Segment(n, d, Instant(boot, ns), size) for n, d, boot, ns, size in rows], octets)
    told = runs(page, _looked_into(connection, "held", {one.sequence: one for one in page}))
    connection.executemany("DELETE FROM held WHERE id = ?", [(one.sequence,) for one in page])
    counters.add(HELD, -len(page), -sum(one.octets for one in page))
    for run in told:
        _tell(connection, counters, run)
    return bool(page)


def _segments(connection: sqlite3.Connection, lane: Lane, after: int) -> list[Segment]:
    rows = connection.execute(
        "SELECT sequence, device, boot, ns, length(payload) FROM outbox"
        " WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
        (outbox.key(lane, after + 1), outbox.bounds(lane)[1], PAGE),
    )
    return [Segment(n, device, Instant(boot, ns), octets) for n, device, boot, ns, octets in rows]


def _alarms(connection: sqlite3.Connection) -> list[Moment]:
    rows = connection.execute("SELECT device, boot, ns FROM strip")
    return [Moment(device, Instant(boot, ns)) for device, boot, ns in rows]


def _gone(
    connection: sqlite3.Connection,
    counters: Counters,
    lane: Lane,
    page: Sequence[Segment],
    gone: Sequence[Segment],
) -> bool:
    if not gone:
        return False
    if lane is Lane.WAVEFORM:
        keyed = {outbox.key(lane, one.sequence): one for one in gone}
        told = runs(page, _looked_into(connection, "outbox", keyed))
    else:
        told = [[msgspec.structs.replace(one, device="") for one in gone]]
    for first, last in ranges.of(one.sequence for one in gone):
        outbox.remove(connection, counters, lane, first, last)
    counters.evicted.add(lane)
    for run in told:  # there is room for it now
        _tell(connection, counters, run, lane)
    return True


class _Inside(msgspec.Struct):
    """What a payload says of where its data are from, if it is a frame."""

    part: str = ""
    offsets: tuple[int, ...] = ()


def _looked_into(
    connection: sqlite3.Connection, table: str, segments: Mapping[int, Segment]
) -> list[Segment]:
    """The segments of these ids, with what their payloads say."""
    found: list[Segment] = []
    for number, one in segments.items():
        (payload,) = connection.execute(
            f"SELECT payload FROM {table} WHERE id = ?",  # noqa: S608 - ours
            (number,),
        ).fetchone()
        try:
            inside = msgspec.json.decode(payload, type=_Inside)
        except msgspec.DecodeError:  # damaged, or encrypted
            inside = _Inside()
        lasts = inside.offsets[-1] if inside.offsets else 0
        found.append(msgspec.structs.replace(one, part=inside.part, lasts=lasts))
    return found


def _tell(
    connection: sqlite3.Connection,
    counters: Counters,
    run: Sequence[Segment],
    lane: Lane | None = None,
) -> None:
    """Say upward what goes: rows of a lane, or of what is held."""
    first, last = run[0], run[-1]
    (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    span = (str(first.sequence), str(last.sequence), str(len(run)))
    gap = Gap(
        id=ids.record_id("gap", "evicted", epoch, lane or HELD, first.device, *span),
        reason=GapReason.EVICTED,
        until=last.at.later(last.lasts + 1),
        since=first.at.later(-1),
        device=first.device,
        lane=lane or "",
        sequences=ranges.of(one.sequence for one in run) if lane else (),
        count=len(run),
        part=first.part,
    )
    outbox.deliver(connection, counters, [draft(gap)])
