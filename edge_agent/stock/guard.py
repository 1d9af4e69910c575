"""From a dispenser's frames to levels, and from what must be known to alarms. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import msgspec

from edge_agent.guarding.guards import Verdict
from edge_agent.guarding.moments import Moment
from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.observations import Observation
from edge_agent.model.records import Alarm, Priority
from edge_agent.stock.engine import (
    EXPIRED,
    OUT,
    Content,
    Level,
    State,
    Warn,
    heard,
    judged,
)

LEVEL, COUNT = "stock-level", "dispensed-count"
CHANNELS = 16
"""Of whose content somebody may have told."""
_PRIORITIES = {OUT: Priority.MEDIUM, EXPIRED: Priority.MEDIUM}

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(State)
_contents = msgspec.json.Decoder(Content | None)


class Stock:
    """The guard of one dispenser.

    Args:
        local: the site's wall time of UTC seconds, so that a day is the site's.
    """

    mark = "stock"
    notes = tuple(f"dispenser:loaded:{number}" for number in range(1, CHANNELS + 1))

    def __init__(self, local: Callable[[float], datetime]) -> None:
        self._local = local

    def begin(self, saved: str | None, now: Moment) -> State:
        """What an earlier run left."""
        return _decoder.decode(saved) if saved else State()

    def save(self, state: State) -> str:
        """As `begin` takes it."""
        return _encoder.encode(state).decode()

    def look(self, state: State, frame: Frame, moment: Moment) -> Verdict[State]:
        """What a frame changes."""
        levels = _levels(frame)
        if not levels:
            return Verdict(state)
        day = self._day(moment)
        return _verdict(frame.device, moment, judged(heard(state, levels, day), day))

    def tick(
        self, state: State, device: str, now: Moment, notes: Mapping[str, str]
    ) -> Verdict[State]:
        """What the passing of time changes, and what staff put into the channels."""
        found = {
            name.rpartition(":")[2]: content
            for name, text in notes.items()
            if (content := _contents.decode(text))
        }
        fresh = msgspec.structs.replace(state, contents=found)
        return _verdict(device, now, judged(fresh, self._day(now)))

    def told(self, state: State) -> tuple[str, ...]:
        """What goes on that a person was told of."""
        return tuple(f"{kind}:{name}" for name, one in state.channels.items() for kind in one.told)

    def _day(self, moment: Moment) -> int | None:
        return None if moment.wall is None else self._local(moment.wall).date().toordinal()


def _levels(frame: Frame) -> dict[str, Level]:
    levels = {o.channel: o for o in frame.observations if o.kind == LEVEL}
    counts = {o.channel: o for o in frame.observations if o.kind == COUNT}
    return {
        name: Level(_number(one), _number(counts.get(name)), one.id) for name, one in levels.items()
    }


def _number(one: Observation | None) -> int | None:
    return None if one is None or one.value is None else int(one.value)


def _verdict(device: str, at: Moment, found: tuple[State, tuple[Warn, ...]]) -> Verdict[State]:
    state, said = found
    return Verdict(state, tuple(_alarm(device, at, warn) for warn in said))


def _alarm(device: str, at: Moment, warn: Warn) -> Alarm:
    day = date.fromordinal(warn.since).isoformat() if warn.since else ""
    place = (warn.evidence, at.at.boot, str(at.at.ns))
    return Alarm(
        id=ids.record_id("alarm", device, warn.kind, warn.channel, *place),
        device=device,
        kind=warn.kind,
        priority=_PRIORITIES.get(warn.kind, Priority.LOW),
        at=at.at,
        evidence=(warn.evidence,) if warn.evidence else (),
        basis=" ".join(word for word in (f"channel {warn.channel}:", warn.said, day) if word),
    )
