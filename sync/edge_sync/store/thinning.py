"""Which waveform segments go when there is no room for all of them. Pure.

Three steps, each only when the one before it leaves nothing to take, the oldest first: what is
neither near an alarm nor in a strip goes; then the strips; then what is near an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import accumulate
from typing import Final

import msgspec

from edge_agent.model.instants import Instant

NEAR_NS: Final = 60_000_000_000
"""So long before and after an alarm of its device a waveform is near it."""
EVERY_NS: Final = 600_000_000_000
STRIP_NS: Final = 30_000_000_000
"""A strip of so long is kept of every ten minutes: a rhythm can still be read from it."""


class Step(IntEnum):
    """How far thinning goes."""

    THIN = 0
    STRIPS = 1
    ALL = 2


class Segment(msgspec.Struct, frozen=True):
    """A row that may go.

    Attributes:
        sequence: in its lane.
        device: its device's key.
        at: when it is of.
        octets: of its payload.
        part: of the device's spec; "" where nobody looked.
        lasts: nanoseconds from `at` to its last octets.
    """

    sequence: int
    device: str
    at: Instant
    octets: int
    part: str = ""
    lasts: int = 0


class Moment(msgspec.Struct, frozen=True):
    """When there was an alarm of a device; device "" is all of them."""

    device: str
    at: Instant


def going(segments: Iterable[Segment], alarms: Sequence[Moment], step: Step) -> tuple[Segment, ...]:
    """Those that go in a step."""
    if step is Step.ALL:
        return tuple(segments)
    return tuple(
        one
        for one in segments
        if not _is_near(one, alarms) and not (step is Step.THIN and _in_strip(one))
    )


def enough(segments: Sequence[Segment], octets: int) -> Sequence[Segment]:
    """The first of them, no more than it takes to have so many octets."""
    for count, total in enumerate(accumulate(one.octets for one in segments), start=1):
        if total >= octets:
            return segments[:count]
    return segments


def runs(page: Iterable[Segment], gone: Iterable[Segment]) -> list[list[Segment]]:
    """What goes of a page, by device and part; what stays of a device parts what is around it."""
    going_ = {one.sequence: one for one in gone}
    found: list[list[Segment]] = []
    open_: dict[tuple[str, str], list[Segment]] = {}
    for each in page:
        one = going_.get(each.sequence)
        if one is None:
            open_ = {key: run for key, run in open_.items() if key[0] != each.device}
            continue
        if (one.device, one.part) not in open_:
            found.append(open_.setdefault((one.device, one.part), []))
        open_[one.device, one.part].append(one)
    return found


def _in_strip(segment: Segment) -> bool:
    return segment.at.ns % EVERY_NS < STRIP_NS


def _is_near(segment: Segment, alarms: Sequence[Moment]) -> bool:
    return any(
        alarm.at.boot == segment.at.boot
        and abs(alarm.at.ns - segment.at.ns) <= NEAR_NS
        and alarm.device in ("", segment.device)
        for alarm in alarms
    )
