"""The ledger of live data: after whatever broke a stream, the first frame that comes says so.

Pure. One part of one device is a stream of its own, so that segments of an ECG that were being
gathered when the power went are covered although its heart rate was committed after them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record
from edge_agent.model.seams import Mark

MOST_BREAKS = 256
"""Breaks kept between two frames of a stream; they end with the first of them."""


class _Break(msgspec.Struct, frozen=True):
    """Something may be missing.

    Attributes:
        reason: why.
        at: when; None before anything came.
    """

    reason: GapReason
    at: Instant | None = None

    def is_before(self, frame: Frame) -> bool:
        return self.at is None or self.at < frame.at


class _Stream(msgspec.Struct, frozen=True):
    """What is known of one part of one device.

    Attributes:
        last: when the last committed frame's last octets came; None if there never was one.
        breaks: what no gap has been told of yet, in order.
    """

    last: Instant | None
    breaks: tuple[_Break, ...]

    def gap(self, frame: Frame) -> tuple[Gap, ...]:
        """The gap that ends with this frame, if anything can be missing."""
        found = [one for one in self.breaks if one.is_before(frame)]
        if not found:
            return ()
        since = self.last
        if since and found[0].at and found[0].at <= since:  # within a segment
            since = found[0].at.later(-1)
        places = (since.boot, str(since.ns)) if since else ()
        name = ids.record_id("gap", frame.device, frame.part, *places, str(frame.at.ns))
        return (Gap(name, found[0].reason, frame.at, frame.device, since, part=frame.part),)

    def after(self, frame: Frame) -> _Stream:
        """The stream once the frame is durable."""
        left = tuple(one for one in self.breaks if not one.is_before(frame))
        return _Stream(heard(frame), left)


class GapLedger:
    """Live streams of one configured device; every start is a break, for nobody listened before."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], _Stream] = {}

    def knows(self, frame: Frame) -> bool:
        """Whether the frame's stream was begun."""
        return (frame.device, frame.part) in self._streams

    def begin(self, frame: Frame, last: Instant | None) -> None:
        """Its stream was last committed at `last`, before this start."""
        self._streams[frame.device, frame.part] = _Stream(last, (_Break(GapReason.GATEWAY_DOWN),))

    def broken(self, reason: GapReason, at: Instant, part: str = "") -> None:
        """Something of a part, or of all of them, may be missing at that moment."""
        for key, stream in self._streams.items():
            if part in ("", key[1]) and len(stream.breaks) < MOST_BREAKS:
                breaks = (*stream.breaks, _Break(reason, at))
                self._streams[key] = _Stream(stream.last, breaks)

    def with_gaps(self, records: Sequence[Record], live: Collection[str]) -> list[Record]:
        """The records, and before each frame that ends a break its gap.

        Args:
            records: in order.
            live: ids of those frames that are live.
        """
        streams = dict(self._streams)
        out: list[Record] = []
        for record in records:
            if isinstance(record, Frame) and record.id in live:
                stream = streams[record.device, record.part]
                out += stream.gap(record)
                streams[record.device, record.part] = stream.after(record)
            out.append(record)
        return out

    def committed(self, live: Iterable[Frame]) -> None:
        """These are durable, and their gaps with them."""
        for frame in live:
            key = (frame.device, frame.part)
            self._streams[key] = self._streams[key].after(frame)


def heard(frame: Frame) -> Instant:
    """When the frame's last octets came."""
    return frame.at.later(frame.offsets[-1]) if frame.offsets else frame.at


def mark_of(frame: Frame) -> Mark:
    """What is kept of a live frame, so that the next start knows from where data are missing."""
    at = heard(frame)
    return Mark(frame.device, mark_name(frame.part), f"{at.boot} {at.ns}")


def mark_name(part: str) -> str:
    """The name of the mark of a part."""
    return f"live:{part}"


def moment(mark: str | None) -> Instant | None:
    """The moment that a mark tells, None for none."""
    if mark is None:
        return None
    boot, _, ns = mark.partition(" ")
    return Instant(boot, int(ns))
