"""What is under way on one connection, what goes next and what goes again. Pure: time comes in.

A message is in flight until its PUBACK, and waits until its receipt. Little is in flight, so that
an alarm overtakes history; what stays silent goes back, to be read from the database again. The
first message of a lane goes alone until the broker has taken it: were it refused because the region
is not there yet, those behind it would overtake it when the region comes in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from edge_agent.model.records import Lane
from edge_sync.portions import LaneFlight, Packed, Portion, Sent, order
from edge_sync.settings import Settings
from edge_sync.suspicion import Suspicion
from edge_sync.wire.ranges import Ranges

SILENCE_LONGEST: Final = 300.0
Last = Callable[[Lane], int]
"""The last sequence that was committed in a lane."""
MayGo = Callable[[Portion], bool]
"""Whether the link may be used for a portion now."""
PROBES: Final = 20
"""Messages that wait for a receipt at most, of a lane whose region is silent."""


class Flight:
    """The state of one connection after the other.

    Attributes:
        suspicion: which row makes the broker hang up; it outlives connections.
    """

    def __init__(self, settings: Settings) -> None:
        self.suspicion = Suspicion()
        self._settings = settings
        self._window = settings.window
        self._lanes: dict[Lane, LaneFlight] = {}
        self._in_flight: dict[int, tuple[Portion, Sent]] = {}
        self._paused: dict[Lane, float] = {}
        self._quiet: dict[Lane, int] = {}
        self._taken: set[Lane] = set()

    @property
    def in_flight(self) -> int:
        """Messages without a PUBACK."""
        return len(self._in_flight)

    @property
    def unreceipted(self) -> int:
        """Rows that were sent and have no receipt."""
        return sum(portion.rows for portion in self._portions())

    @property
    def has_more(self) -> bool:
        """Whether anything is left to be sent."""
        return any(portion.after < portion.end for portion in self._portions())

    def begin(self, last: Last, window: int) -> None:
        """A new connection knows nothing: all that has no receipt is history."""
        self._lanes = {lane: LaneFlight.fresh(lane, last(lane)) for lane in Lane}
        self._in_flight.clear()
        self._paused.clear()
        self._quiet.clear()
        self._taken.clear()
        self._window = min(self._settings.window, window)

    def end(self, *, by_broker: bool) -> None:
        """The connection ended; whether the broker did that, so that a message may be its cause."""
        if by_broker:
            self.suspicion.ended([(p.lane, sent) for p, sent in self._in_flight.values()])
        self._in_flight.clear()

    def next(self, last: Last, may_go: MayGo = lambda _: True) -> Portion | None:
        """The most important portion that has something to send, room for it, and may go."""
        if self.in_flight >= self.suspicion.window(self._window):
            return None
        for lane, flight in self._lanes.items():
            flight.live.end = last(lane)
        ready = (one for one in self._portions() if self._may_send(one) and may_go(one))
        return min(ready, key=order, default=None)

    def rows(self, portion: Portion) -> int:
        """Rows of a message: fewer where something is wrong, so that one holds up no others."""
        rows = self.suspicion.rows(self._settings.batch_rows)
        return max(1, rows >> (2 * self._quiet.get(portion.lane, 0)))

    def add(self, mid: int, portion: Portion, packed: Packed, now: float) -> None:
        """A message went out."""
        sent = Sent(packed.sequences, packed.rows, len(packed.payload), now)
        portion.add(sent)
        self._in_flight[mid] = (portion, sent)

    def landed(self, mid: int) -> tuple[Lane, Sent] | None:
        """Its PUBACK came; None for a message of an earlier connection."""
        found = self._in_flight.pop(mid, None)
        return (found[0].lane, found[1]) if found else None

    def taken(self, lane: Lane, sent: Sent) -> None:
        """The broker has taken a message, for somebody."""
        self.suspicion.confirmed(lane, sent)
        self._taken.add(lane)

    def pause(self, lane: Lane, until: float) -> None:
        """The broker does not take this lane: it goes back then."""
        self._paused[lane] = until
        self._taken.discard(lane)

    def receipted(self, lane: Lane, confirmed: Ranges) -> None:
        """These are in the record."""
        flight = self._lanes.get(lane)
        if flight is None:  # of an earlier connection, before this one began
            return
        if any([flight.live.receipted(confirmed), flight.history.receipted(confirmed)]):
            self._quiet.pop(lane, None)

    def go_back(self, now: float) -> int:
        """Send again what the broker refused a while ago and what was silent too long.

        Returns:
            How many lanes were silent.
        """
        silent = 0
        for lane, flight in self._lanes.items():
            if self._paused.get(lane, now) < now:
                del self._paused[lane]
                flight.go_back()
            oldest = flight.oldest()
            if oldest is not None and now - oldest > self._patience(lane):
                self._quiet[lane] = self._quiet.get(lane, 0) + 1
                silent += 1
                flight.go_back()
        return silent

    def _patience(self, lane: Lane) -> float:
        doublings = min(self._quiet.get(lane, 0), 16)
        return min(self._settings.silence * float(1 << doublings), SILENCE_LONGEST)

    def _room(self, portion: Portion) -> int:
        """Rows without a receipt, at most: a silent region is asked again, not flooded."""
        if not self._quiet.get(portion.lane):
            return self._settings.unreceipted
        return min(PROBES * self.rows(portion), self._settings.unreceipted)

    def _portions(self) -> Iterator[Portion]:
        for lane in self._lanes.values():
            yield from (lane.live, lane.history)

    def _may_send(self, portion: Portion) -> bool:
        if portion.after >= portion.end or portion.lane in self._paused:
            return False
        if portion.rows >= self._room(portion):
            return False
        others = [other for other, _ in self._in_flight.values()]
        if portion.lane not in self._taken and any(one.lane is portion.lane for one in others):
            return False
        return not portion.history or (
            sum(one.history for one in others) < self._settings.history_window
        )
