"""What a dispenser's channels hold and lose, and when a person must know. Pure: time comes in.

Rule of this file: consumption is what the retained counts say that left the device; what staff take
out by hand or fill in changes the level and is no consumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from edge_agent.stock.forecast import Demand, Supply, supply

WRAP = 1 << 32
JUMP = 10_000
"""More packs than ever leave between two readings: the count was reset, or is another device's."""
SHORT_DAYS = 7.0
"""A week is what a village's next delivery takes."""
EXPIRY_DAYS = 30
OUT, SHORT, EXPIRES, EXPIRED = "stock-out", "stock-short", "stock-expires", "stock-expired"
LONGEST_ABSENCE = 60
"""Days of absence over which what was taken is spread; older ones are forgotten."""

_replace = msgspec.structs.replace


class Content(msgspec.Struct, frozen=True):
    """What somebody put into a channel.

    Attributes:
        drug: code of the medicine.
        batch: of the packs.
        expires: the last day on which they may be given, ISO 8601 date.
    """

    drug: str
    batch: str = ""
    expires: str = ""


class Channel(msgspec.Struct, frozen=True, omit_defaults=True):
    """One channel.

    Attributes:
        level: packs in it; None when the device does not know.
        count: retained count of packs that ever left.
        day: of `taken`, as an ordinal; None before the first reading at a known time.
        taken: packs that left on that day so far.
        demand: of the days before.
        told: what a person was told of and goes on.
        evidence: id of the observation that was the first to tell the level.
    """

    level: int | None = None
    count: int | None = None
    day: int | None = None
    taken: int = 0
    demand: Demand = Demand()
    told: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def supply(self) -> Supply | None:
        """How long it will last."""
        return None if self.level is None else supply(self.demand, self.level)


class State(msgspec.Struct, frozen=True):
    """All channels by their number, and what is in them."""

    channels: Mapping[str, Channel] = {}
    contents: Mapping[str, Content] = {}


class Level(msgspec.Struct, frozen=True):
    """What a reading says of one channel.

    Attributes:
        level: packs in it; None when the device does not know.
        count: retained count; None where the device has none.
        evidence: id of the observation that tells the level.
    """

    level: int | None = None
    count: int | None = None
    evidence: str = ""


class Warn(msgspec.Struct, frozen=True):
    """A person should know.

    Attributes:
        kind: such as `stock-short`.
        channel: which.
        evidence: id of the observation that told the level.
        said: a sentence.
        since: the day as an ordinal; None while nobody knows it.
    """

    kind: str
    channel: str
    evidence: str
    said: str
    since: int | None


def heard(state: State, levels: Mapping[str, Level], day: int | None) -> State:
    """A reading of the device, on a day (`date.toordinal`), None while nobody knows it."""
    known = state.channels
    found = {name: _heard(known.get(name, Channel()), one, day) for name, one in levels.items()}
    return _replace(state, channels={**known, **found})


def _heard(channel: Channel, level: Level, day: int | None) -> Channel:
    taken = left(channel.count, level.count)
    if day is not None and channel.day is None:
        channel = _replace(channel, day=day, taken=0)
        taken = 0  # nobody knows on which day
    elif day is not None and channel.day is not None and day > channel.day:
        channel, taken = _next_day(channel, taken, day)
    return _replace(
        channel,
        level=level.level,
        count=channel.count if level.count is None else level.count,
        taken=channel.taken + taken,
        evidence=level.evidence if level.level != channel.level else channel.evidence,
    )


def _next_day(channel: Channel, taken: int, day: int) -> tuple[Channel, int]:
    """Close the days that are over; what left while nobody looked is spread over them."""
    passed = day - (channel.day or day)
    if passed > LONGEST_ABSENCE:
        return _replace(channel, day=day, taken=0), 0
    share = taken / passed if passed > 1 else 0.0
    demand = channel.demand.after(channel.taken + share)
    for _ in range(passed - 1):
        demand = demand.after(share)
    return _replace(channel, day=day, taken=0, demand=demand), 0 if passed > 1 else taken


def left(before: int | None, now: int | None) -> int:
    """Packs that left between two readings of a retained count, which wraps; 0 after a reset."""
    if before is None or now is None:
        return 0
    passed = (now - before) % WRAP
    return passed if passed < JUMP else 0


def judged(state: State, day: int | None) -> tuple[State, tuple[Warn, ...]]:
    """What is to be said now, each thing once until it is over."""
    said: list[Warn] = []
    channels: dict[str, Channel] = {}
    for name, channel in state.channels.items():
        content = state.contents.get(name)
        found = dict(_wrong(channel, content, day))
        said += [
            Warn(kind, name, channel.evidence, _named(text, content), day)
            for kind, text in found.items()
            if kind not in channel.told
        ]
        channels[name] = _replace(channel, told=tuple(found))
    return _replace(state, channels=channels), tuple(said)


def _wrong(channel: Channel, content: Content | None, day: int | None) -> Iterator[tuple[str, str]]:
    if channel.level == 0:
        yield OUT, "the channel is empty"
    elif (forecast := channel.supply) and forecast.cautious < SHORT_DAYS:
        yield SHORT, f"{channel.level} packs last {forecast.cautious:.1f} days, {_demand(channel)}"
    if channel.level and content and content.expires and day is not None:
        days = date.fromisoformat(content.expires).toordinal() - day
        if days < 0:
            yield EXPIRED, f"{channel.level} packs expired on {content.expires}"
        elif days <= EXPIRY_DAYS:
            yield EXPIRES, f"{channel.level} packs expire on {content.expires}"


def _demand(channel: Channel) -> str:
    demand = channel.demand
    return f"at {demand.mean:.1f} a day over {demand.days} days (90 % sure)"


def _named(text: str, content: Content | None) -> str:
    return f"{content.drug}, batch {content.batch}: {text}" if content else text
