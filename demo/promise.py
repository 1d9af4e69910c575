"""The promise, counted: what the devices made against what the region recorded. Pure.

Truth is the devices' journals. Nothing here is shared with the programs it judges, so that a bug of
theirs cannot excuse itself.

- *stored* and *acknowledged*: each that was made is recorded once, exactly.
- *live*: each that was made is recorded once, or lies in a gap that is recorded with its reason.
"""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SLACK_NS = 250_000_000
"""A journal is written a moment before or after the octets are on the wire."""


@dataclass(frozen=True, slots=True)
class Made:
    """One octet string that a device made; `at` is CLOCK_BOOTTIME in nanoseconds."""

    at: int
    device: str
    part: str
    kept: str
    octets: str
    name: str
    resident: str

    @staticmethod
    def of(line: Mapping[str, Any]) -> Made:
        """From a line of a journal."""
        return Made(
            at=line["at"],
            device=line["device"],
            part=line["part"],
            kept=line["class"],
            octets=line["octets"],
            name=line["name"] or "",
            resident=line["resident"] or "",
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """One octet string of a frame in the region's record."""

    at: int
    device: str
    part: str
    octets: str
    name: str
    slot: str

    @staticmethod
    def of(frame: Mapping[str, Any]) -> list[Recorded]:
        """All strings of a frame's JSON."""
        start = frame["at"]["ns"]
        offsets = (0, *frame.get("offsets", ()))
        return [
            Recorded(
                at=start + offset,
                device=frame["device"],
                part=frame["part"],
                octets=base64.b64decode(octets).hex(),
                name=frame["name"],
                slot=frame.get("slot", ""),
            )
            for offset, octets in zip(offsets, frame["octets"], strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Gap:
    """An interval of one device's live data that is said to be missing; `part` "" means all."""

    device: str
    part: str
    since: int
    until: int

    @staticmethod
    def of(gap: Mapping[str, Any]) -> Gap:
        """From a gap record's JSON."""
        since = gap.get("since") or {"ns": 0}
        return Gap(gap["device"], gap.get("part", ""), since["ns"], gap["until"]["ns"])

    def covers(self, made: Made) -> bool:
        """Whether it says that this is missing."""
        return (
            self.device == made.device
            and self.part in ("", made.part)
            and self.since - SLACK_NS <= made.at <= self.until + SLACK_NS
        )


@dataclass(slots=True)
class Count:
    """One line of the verdict: octet strings of one class, device and part."""

    made: int = 0
    recorded: int = 0
    covered: int = 0
    lost: list[Made] = field(default_factory=list[Made])
    doubled: list[Recorded] = field(default_factory=list[Recorded])

    @property
    def holds(self) -> bool:
        """Whether the promise holds, and there was something to promise."""
        return self.made > 0 and not self.lost and not self.doubled


Key = tuple[str, str, str]
"""Class, device, part."""


def judge(
    made: Iterable[Made], recorded: Iterable[Recorded], gaps: Sequence[Gap], closed: int
) -> dict[Key, Count]:
    """The verdict for each class, device and part; what nobody made counts as doubled.

    Args:
        made: all that the devices wrote down.
        recorded: all that the region has.
        gaps: those on record.
        closed: CLOCK_BOOTTIME when the account was closed; what a device stored after that, and
            has not told, is still safe in the device.
    """
    strings = defaultdict[tuple[str, str], list[Recorded]](list)
    for one in recorded:
        strings[one.device, one.part].append(one)
    by_key = defaultdict[Key, list[Made]](list)
    for each in made:
        by_key[each.kept, each.device, each.part].append(each)
    told = defaultdict[str, list[Gap]](list)
    for gap in gaps:
        told[gap.device].append(gap)
    verdict = {
        key: _count(group, strings.pop(key[1:], []), told[key[1]], closed)
        for key, group in by_key.items()
    }
    for (device, part), invented in strings.items():
        verdict["live", device, part] = Count(recorded=len(invented), doubled=invented)
    return verdict


def _count(made: list[Made], recorded: list[Recorded], gaps: Sequence[Gap], closed: int) -> Count:
    """One line; of equal strings, what no gap covers is taken for recorded first."""
    groups: dict[bool, list[Made]] = {False: [], True: []}
    for one in made:
        groups[one.kept == "live" and any(gap.covers(one) for gap in gaps)].append(one)
    missing, others = match(groups[False], recorded)
    covered, doubled = match(groups[True], others)
    lost = [one for one in missing if one.kept == "live" or one.at <= closed]
    safe = len(missing) - len(lost)
    return Count(
        made=len(made) - safe,
        recorded=len(made) - len(missing) - len(covered),
        covered=len(covered),
        lost=lost,
        doubled=doubled,
    )


def match(made: list[Made], recorded: list[Recorded]) -> tuple[list[Made], list[Recorded]]:
    """What was made and is not recorded, and what is recorded beyond what was made.

    Equal octets are told apart by time: a string belongs to the latest like it that was made
    before it came. What the device names itself must come under that name.
    """
    waiting = defaultdict[tuple[str, str], list[Made]](list)
    for one in sorted(made, key=lambda m: m.at):
        waiting[one.octets, one.name].append(one)
    beyond = list[Recorded]()
    for came in sorted(recorded, key=lambda r: r.at):
        name = "" if came.name.startswith("live:") else came.name
        candidates = waiting[came.octets, name]
        earlier = bisect_right(candidates, came.at + SLACK_NS, key=lambda m: m.at)
        if earlier:
            del candidates[earlier - 1]
        else:
            beyond.append(came)
    return [one for group in waiting.values() for one in group], beyond


def wrong_residents(
    made: Iterable[Made], recorded: Iterable[Recorded], whose: Mapping[tuple[str, str], str]
) -> list[Recorded]:
    """Readings of a shared device that would go to somebody else, or to nobody.

    Args:
        made: with the resident who was measured.
        recorded: with the device's user slot.
        whose: subject by device and slot, as the region's bindings say.
    """
    resident = {(m.device, m.octets): m.resident for m in made if m.resident}
    return [
        came
        for came in recorded
        if came.slot
        and resident.get((came.device, came.octets)) != whose.get((came.device, came.slot))
    ]
