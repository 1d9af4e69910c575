"""The ledger of live data: after whatever broke a stream, the first frame that comes says so.

Pure. One part of one device is a stream of its own, so that segments of an ECG that were being
gathered when the power went are covered although its heart rate was committed after them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Record
from edge_agent.model.seams import Mark


@dataclass(slots=True)
class _Stream:
    """What is known of one part of one device.

    Attributes:
        last: when the last committed frame's last octets came; None if there never was one.
        broken: why there may be something missing since then; None when there is not.
    """

    last: Instant | None
    broken: GapReason | None


class GapLedger:
    """Live streams of one configured device; every start is a break, for nobody listened before."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], _Stream] = {}

    def knows(self, frame: Frame) -> bool:
        """Whether the frame's stream was begun."""
        return (frame.device, frame.part) in self._streams

    def begin(self, frame: Frame, last: Instant | None) -> None:
        """Its stream was last committed at `last`, before this start."""
        self._streams[frame.device, frame.part] = _Stream(last, GapReason.GATEWAY_DOWN)

    def broken(self, reason: GapReason) -> None:
        """Something may be missing from now on; the first reason is told."""
        for stream in self._streams.values():
            stream.broken = stream.broken or reason

    def with_gaps(self, records: Sequence[Record], live: Collection[str]) -> list[Record]:
        """The records, and before the first frame of each broken stream its gap.

        Args:
            records: in order.
            live: ids of those frames that are live.
        """
        told: set[tuple[str, str]] = set()
        out: list[Record] = []
        for record in records:
            if isinstance(record, Frame) and record.id in live:
                stream = (record.device, record.part)
                out += self._gap(record) if stream not in told else ()
                told.add(stream)
            out.append(record)
        return out

    def committed(self, live: Iterable[Frame]) -> None:
        """These are durable, and their gaps with them."""
        for frame in live:
            self._streams[frame.device, frame.part] = _Stream(heard(frame), None)

    def _gap(self, frame: Frame) -> tuple[Gap, ...]:
        """The gap that ends with this frame, if anything can be missing."""
        stream = self._streams[frame.device, frame.part]
        if stream.broken is None:
            return ()
        since = (stream.last.boot, str(stream.last.ns)) if stream.last else ()
        until = (frame.at.boot, str(frame.at.ns))
        name = ids.record_id("gap", frame.device, frame.part, *since, *until)
        gap = Gap(name, stream.broken, frame.at, frame.device, stream.last, part=frame.part)
        return (gap,)


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
