"""The region's record, to be read: what was recorded, of which device, when, and whose it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from edge_agent.model import forms
from edge_agent.model.bindings import Binding, subject_of
from edge_agent.model.devices import DeviceStatus
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap
from edge_agent.model.instants import ClockMapping
from edge_agent.model.observations import Observation
from edge_agent.model.records import Record
from edge_agent.model.times import Times
from edge_sync.wire.ranges import Ranges

R = TypeVar("R", bound=Record)


class Entry(msgspec.Struct, frozen=True):
    """One observation in the record.

    Attributes:
        observation: the observation.
        frame: the frame that it came in: device, octets, spec, the device's own time.
        gateway: path of the gateway that brought it first.
        sequence: its frame's number in the lane.
        history: whether it had waited for the network.
        repeats: how often it came again.
        conflict: another one has its name, with other octets.
        when: true time (UTC) of the measurement, None when it is not known.
        uncertainty: of `when`.
        subject: whose it is, None when nobody's or not known.
    """

    observation: Observation
    frame: Frame
    gateway: str
    sequence: int
    history: bool
    repeats: int
    conflict: bool
    when: datetime | None
    uncertainty: timedelta | None
    subject: str | None


class LaneEntry(msgspec.Struct, frozen=True):
    """What of one lane is recorded."""

    gateway: str
    epoch: str
    lane: str
    recorded: Ranges


_ENTRIES = """
SELECT r.payload, o.position, g.path, r.sequence, r.history, r.repeats + o.repeats,
    c.name IS NOT NULL
FROM record r JOIN observation o ON o.record = r.n JOIN gateway g ON g.id = r.gateway
LEFT JOIN conflict c ON (c.device, c.kind, c.channel, c.name)
    = (o.device, o.kind, o.channel, o.name)
WHERE r.form = 'compact' ORDER BY g.id, r.lane, r.sequence, o.position
"""


class Book:
    """The reading half of the region's database; may be used while the receiver writes."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def entries(self) -> Iterator[Entry]:
        """Every observation, in the order of gateway, lane and sequence."""
        bindings = self.records(Binding)
        times = Times(self.records(ClockMapping), self.records(DeviceStatus))
        for payload, position, gateway, *rest in self._db.execute(_ENTRIES):
            frame = forms.decode(payload.encode())
            if not isinstance(frame, Frame):
                continue
            measured = times.measured(frame)
            when, uncertainty = (measured.at, measured.uncertainty) if measured else (None, None)
            subject = subject_of(bindings, frame.device, frame.slot, when) if when else None
            sequence, history, repeats, conflict = map(int, rest)
            yield Entry(
                frame.observations[int(position)],
                frame,
                gateway,
                sequence,
                bool(history),
                repeats,
                bool(conflict),
                when,
                uncertainty,
                subject,
            )

    def frames(self) -> Iterator[Frame]:
        """Every frame that came in compact form, in the order of gateway, lane and sequence."""
        rows = self._db.execute(
            "SELECT payload FROM record WHERE kind = 'frame' AND form = 'compact'"
            " ORDER BY gateway, lane, sequence"
        )
        for (payload,) in rows:
            frame = forms.decode(payload.encode())
            if isinstance(frame, Frame):
                yield frame

    def records(self, kind: type[R]) -> Sequence[R]:
        """All records of a kind that is no frame, in the order in which they came."""
        rows = self._db.execute(
            "SELECT payload FROM record WHERE kind = ? AND kind != 'frame' ORDER BY n",
            (str(kind.__struct_config__.tag),),
        )
        records = (forms.decode(payload.encode()) for (payload,) in rows)
        return [record for record in records if isinstance(record, kind)]

    def gaps(self) -> Sequence[Gap]:
        """All gap records."""
        return self.records(Gap)

    def lanes(self) -> list[LaneEntry]:
        """What of each lane of each gateway and epoch is recorded."""
        rows = self._db.execute(
            "SELECT path, epoch, lane, first, last FROM recorded"
            " JOIN gateway ON gateway.id = recorded.gateway ORDER BY path, epoch, lane, first"
        )
        found: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for path, epoch, lane, first, last in rows:
            found.setdefault((path, epoch, lane), []).append((first, last))
        return [LaneEntry(*key, tuple(recorded)) for key, recorded in found.items()]

    def counts(self) -> dict[str, int]:
        """Records of each kind, and `quarantine` and `repeats`."""
        counts = dict(self._db.execute("SELECT kind, count(*) FROM record GROUP BY kind"))
        for name, sql in (
            ("quarantine", "SELECT count(*) FROM quarantine"),
            ("repeats", "SELECT coalesce(sum(repeats), 0) FROM record"),
        ):
            counts[name] = self._db.execute(sql).fetchone()[0]
        return counts
