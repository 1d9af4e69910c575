"""The ledger of live data: whatever may be missing is said, from when to when and why. Pure.

One part of one device is an account of its own, so that segments of an ECG that were being gathered
when the power went are covered although its heart rate was committed after them. An account is
complete up to a moment: up to there each moment has data or lies in a gap. Two kinds:

- a *stream* (a strap, a polled sensor): what breaks it opens a gap, which the next frame closes. If
  the link is lost, what may be missing up to then is owed at once, as it may never come back;
- an *episodic* part (a cuff, a scale): silence is its nature, so a gap covers exactly what is known
  to be missing, and is owed at once.

The time in which no agent ran is told for both at its start, or when the device turns up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record
from edge_agent.model.seams import Mark

MOST = 256
"""Breaks kept between two frames of a stream (they end with the first), and gaps that are owed."""
UNSURE_NS = 5_000_000_000
"""What came so shortly before the last sign of life may have been on its way to the store."""
EXACT = (GapReason.MALFORMED, GapReason.OVERFLOW)
"""Why an episodic part misses a reading; a link that is lost between readings is none."""

Key = tuple[str, str]
"""Device and part."""


class _Break(msgspec.Struct, frozen=True):
    """Something may be missing.

    Attributes:
        reason: why.
        at: when; None for from the beginning.
    """

    reason: GapReason
    at: Instant | None = None

    def is_before(self, frame: Frame) -> bool:
        return self.at is None or self.at < frame.at


class _Account(msgspec.Struct, frozen=True):
    """What is known of one part of one device.

    Attributes:
        until: up to when it is complete: the last committed octets, or the end of a gap.
        breaks: what no gap has been told of yet, in order.
        lost: the link is not there, and what was missing when it went is told.
    """

    until: Instant
    breaks: tuple[_Break, ...] = ()
    lost: bool = False

    def gaps(self, frame: Frame) -> tuple[Gap, ...]:
        """The gap that ends with this frame, if anything can be missing."""
        found = [one for one in self.breaks if one.is_before(frame)]
        return (self.gap(found[0], (frame.device, frame.part), frame.at),) if found else ()

    def gap(self, first: _Break, key: Key, until: Instant) -> Gap:
        """What may be missing up to a moment, from the first break."""
        since = self.until
        if first.at and first.at <= since:  # within a segment
            since = first.at.later(-1)
        return _gap(first.reason, key, since, until)

    def after(self, frame: Frame) -> _Account:
        """The account once the frame is durable."""
        return _Account(heard(frame), tuple(one for one in self.breaks if not one.is_before(frame)))


class Plan(msgspec.Struct, frozen=True):
    """What is to be committed together.

    Attributes:
        records: the given ones, and the gaps in their places.
        marks: up to when each account is complete then.
        owed: ids of those gaps that were owed.
        before, after: the accounts that it moves.
    """

    records: Sequence[Record]
    marks: Sequence[Mark]
    owed: Collection[str]
    before: Mapping[Key, _Account]
    after: Mapping[Key, _Account]


class GapLedger:
    """The accounts of one configured device.

    Args:
        began: when this agent began to listen.
        alive: when an agent is last known to have run before, None for never.
        episodic: the parts that are no streams.
    """

    def __init__(
        self, began: Instant, alive: Instant | None = None, episodic: Collection[str] = ()
    ) -> None:
        self._began = began
        self._alive = alive
        self._episodic = episodic
        self._accounts: dict[Key, _Account] = {}
        self._owed: list[Gap] = []

    @property
    def owes(self) -> bool:
        """Whether there are gaps that wait for no frame."""
        return bool(self._owed)

    def knows(self, device: str, part: str) -> bool:
        """Whether the account was begun."""
        return (device, part) in self._accounts

    def begin(self, device: str, part: str, last: Instant | None) -> None:
        """Open an account that was complete up to `last` before this agent began, None for never.

        Until the agent began, nobody listened; until the first frame, a stream's link is not there.
        """
        key = (device, part)
        episodic = part in self._episodic
        since = later(last, self._alive) if episodic and last else last
        self._owe(_gap(GapReason.GATEWAY_DOWN, key, since, self._began))
        breaks = () if episodic else (_Break(GapReason.LINK_LOST),)
        self._accounts[key] = _Account(self._began, breaks, not episodic)

    def broken(self, reason: GapReason, at: Instant, part: str = "") -> None:
        """Something of a part, or of all of them, may be missing at that moment."""
        for key, account in self._accounts.items():
            if part not in ("", key[1]):
                continue
            if key[1] in self._episodic:
                if reason in EXACT:
                    self._owe(_gap(reason, key, at.later(-1), at.later(1)))
                continue
            breaks = (*account.breaks, _Break(reason, at))[:MOST]
            if reason is GapReason.LINK_LOST and not account.lost:
                self._owe(account.gap(breaks[0], key, at))
                self._accounts[key] = _Account(at, breaks[-1:], lost=True)
            else:
                self._accounts[key] = _Account(account.until, breaks, account.lost)

    def connected(self) -> None:
        """The link is there again: what it carries may be lost with it."""
        for key, account in self._accounts.items():
            self._accounts[key] = _Account(account.until, account.breaks)

    def plan(self, records: Sequence[Record], live: Collection[str] = ()) -> Plan:
        """The records, what is owed before them, and before each frame that ends a break its gap.

        Args:
            records: in order.
            live: ids of those frames that are live.
        """
        before: dict[Key, _Account] = {}
        after: dict[Key, _Account] = {}
        out: list[Record] = list(self._owed)
        for record in records:
            if isinstance(record, Frame) and record.id in live:
                key = (record.device, record.part)
                before.setdefault(key, self._accounts[key])
                account = after.get(key, self._accounts[key])
                out += account.gaps(record)
                after[key] = account.after(record)
            out.append(record)
        marks = [*self._moved(), *(mark_of(*key, one.until) for key, one in after.items())]
        return Plan(out, marks, {gap.id for gap in self._owed}, before, after)

    def committed(self, plan: Plan) -> None:
        """It is durable; what broke meanwhile is still to be told."""
        self._owed = [gap for gap in self._owed if gap.id not in plan.owed]
        for key, account in plan.after.items():
            before, now = plan.before[key], self._accounts[key]
            if (
                now.until == before.until
            ):  # else the link was lost meanwhile, and all up to then told
                fresh = now.breaks[len(before.breaks) :]
                self._accounts[key] = _Account(account.until, (*account.breaks, *fresh))

    def _moved(self) -> Iterator[Mark]:
        """The marks that move with the gaps that are owed; a single reading's moves none."""
        for gap in self._owed:
            if gap.reason is GapReason.GATEWAY_DOWN or gap.part not in self._episodic:
                yield mark_of(gap.device, gap.part, gap.until)

    def _owe(self, gap: Gap) -> None:
        key = (gap.device, gap.part)
        if len(self._owed) >= MOST:  # the last one of the same part grows
            for at, one in reversed(list(enumerate(self._owed))):
                if (one.device, one.part) == key:
                    self._owed[at] = _gap(one.reason, key, one.since, gap.until)
                    return
        self._owed.append(gap)


def _gap(reason: GapReason, key: Key, since: Instant | None, until: Instant) -> Gap:
    places = (since.boot, str(since.ns)) if since else ()
    name = ids.record_id("gap", *key, *places, str(until.ns))
    return Gap(name, reason, until, key[0], since, part=key[1])


def later(last: Instant, alive: Instant | None) -> Instant:
    """From when an episodic part may miss something: its last reading, or the last sign of life."""
    if alive is None:
        return last
    sure = alive.later(-UNSURE_NS)
    return max(last, sure) if last.boot == sure.boot else sure


def heard(frame: Frame) -> Instant:
    """When the frame's last octets came."""
    return frame.at.later(frame.offsets[-1]) if frame.offsets else frame.at


def mark_of(device: str, part: str, until: Instant) -> Mark:
    """What is kept of an account, so that the next start knows from where data are missing."""
    return Mark(device, mark_name(part), f"{until.boot} {until.ns}")


def mark_name(part: str) -> str:
    """The name of the mark of a part."""
    return f"live:{part}"


def alive_mark(at: Instant) -> Mark:
    """A sign of life of the whole agent."""
    return Mark("", ALIVE, f"{at.boot} {at.ns}")


ALIVE = "alive"
"""The name of the mark of the last sign of life."""


def moment(mark: str | None) -> Instant | None:
    """The moment that a mark tells, None for none."""
    if mark is None:
        return None
    boot, _, ns = mark.partition(" ")
    return Instant(boot, int(ns))
