"""One transfer of stored records over a Record Access Control Point, as a pure state machine.

The high-water mark names the newest record of which we know that it and all before it are durable:
its sequence number and its frame's id. A transfer asks for the records from the marked one *on, it
included*: if it comes back the same, the sequence is still the old one; if it does not, the device
has lost its memory or counts anew (a new battery), and all its records are read. The mark moves
over records that follow one another without a hole, one behind the newest (a context may still
follow that one); over holes only when the transfer is complete and its count agrees. So neither a
garbled record, nor a silently lost notification, nor a kill makes us skip one. A record whose field
`context_follows` is set is not all there without its further part of the same sequence number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from edge_agent.model import ids
from edge_agent.model.errors import MalformedError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Mark
from edge_drivers.codec.racp import Code, answer_of
from edge_drivers.codec.readings import Reading
from edge_drivers.frames import Made
from firmware_specs.spec.types import RacpRecords

MARK = "racp"
ANNOUNCES = "context_follows"
"""The field that says that a further part follows (GLS 1.0.1, 3.1.1.1)."""
REPORT = 1
"""Op code "report stored records", which its answer repeats."""
OTHERWISE = (
    Code.OPCODE_NOT_SUPPORTED,
    Code.INVALID_OPERATOR,
    Code.OPERATOR_NOT_SUPPORTED,
    Code.INVALID_OPERAND,
    Code.OPERAND_NOT_SUPPORTED,
)
"""Answers that say "not in these words"."""
LATER = (Code.ABORT_UNSUCCESSFUL, Code.NOT_COMPLETED, Code.SERVER_BUSY)
"""Answers that say "not now"."""


class Stored(msgspec.Struct, frozen=True):
    """One stored record.

    Attributes:
        sequence: the device's number of it.
        frame: the id of its frame.
    """

    sequence: int
    frame: str

    @classmethod
    def of(cls, mark: str | None) -> Stored | None:
        """The record that a mark names."""
        sequence, _, frame = (mark or "").partition(" ")
        return cls(int(sequence), frame) if sequence else None

    def mark(self, device: str) -> Mark:
        """The mark that names it."""
        return Mark(device, MARK, f"{self.sequence} {self.frame}")


class Transfer:
    """What came of one request.

    Args:
        device: the device's key.
        parts: which parts carry what.
        since: the marked record from which on it was asked; None for all.
        expected: how many the device said there are; None when it did not say.
        known: ids of frames already durable: not kept a second time.
        spoiled: whether an octet string of these parts could not be read meanwhile.
    """

    def __init__(
        self,
        device: str,
        parts: RacpRecords,
        since: Stored | None,
        expected: int | None,
        known: set[str],
        spoiled: Callable[[], bool],
    ) -> None:
        self.answer: Code | None = None
        self._device = device
        self._parts = parts
        self._since = since
        self._expected = expected
        self._known = known
        self._spoiled = spoiled
        self._records: set[Stored] = set()
        self._unnumbered: set[str] = set()
        self._announced: set[int] = set()
        self._followed: set[int] = set()
        self._unbroken = since is not None
        self._last: Stored | None = None
        self._safe: Stored | None = None
        self._kept: dict[str, Frame] = {}
        self._dropped = False

    def concerns(self, made: Sequence[Made]) -> bool:
        """Whether any of these belongs to the transfer."""
        mine = (self._parts.control, self._parts.measurement, *self._parts.also)
        return any(one.reading.part in mine for one in made)

    def choose(self, made: Sequence[Made]) -> tuple[tuple[Frame, ...], tuple[Mark, ...]]:
        """The frames to keep of what came, and the mark that may move with them."""
        before = self._safe
        self._kept = {}
        for one in made:
            self._kept |= {frame.id: frame for frame in self._take(one)}
        frames = tuple(self._kept.values())
        moved = self._newest() if self.complete else self._safe
        if moved is None or moved in (before, self._since) or self._spoiled():
            return frames, ()
        return frames, (moved.mark(self._device),)

    def committed(self) -> None:
        """What was chosen last is durable."""
        self._known.update(self._kept)

    @property
    def forgotten(self) -> bool:
        """Whether the device answered, and the marked record did not come first."""
        if self._since is None or self.answer is None:
            return False
        return self._dropped or self._since not in self._records

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for has come."""
        if self.answer != Code.SUCCESS or self._spoiled() or self.forgotten or self._lacking:
            return False
        have = len(self._records) + len(self._unnumbered)
        return self._expected is None or have >= self._expected

    @property
    def is_short(self) -> bool:
        """Whether all was sent, as the device says, and fewer have come than it counted."""
        if self.answer != Code.SUCCESS or self._expected is None or self._spoiled():
            return False
        return len(self._records) < self._expected or self._lacking

    @property
    def _lacking(self) -> bool:
        """Whether a further part was announced and is not there."""
        return not self._announced <= self._followed

    def beyond(self) -> tuple[Mark, ...]:
        """The mark past a record that never becomes readable."""
        newest = self._newest()
        return (newest.mark(self._device),) if newest else ()

    def gap(self, until: Instant) -> Gap:
        """What is said of the records that were passed over; the same ones have the same id."""
        lost = None if self._expected is None else max(0, self._expected - len(self._records))
        part = self._parts.measurement
        if self._lacking and not lost and not self._spoiled():
            part, lost = self._parts.also[0], len(self._announced - self._followed)
        ends = (str(one) for one in (self._since, self._newest(), lost))
        return Gap(
            id=ids.record_id("gap", self._device, part, MARK, *ends),
            reason=GapReason.MALFORMED if self._spoiled() else GapReason.DEVICE_SILENT,
            until=until,
            device=self._device,
            part=part,
            count=lost or None,
        )

    def _newest(self) -> Stored | None:
        return max(self._records, key=lambda record: record.sequence, default=None)

    def _take(self, made: Made) -> tuple[Frame, ...]:
        reading = made.reading
        if reading.part == self._parts.control:
            self._hear(reading)
        elif reading.part == self._parts.measurement:
            self._record(made)
        elif reading.part not in self._parts.also:
            return made.frames
        elif reading.sequence is not None:
            self._followed.add(reading.sequence)
        if self._since is not None and self._since not in self._records:
            self._dropped = self._dropped or bool(made.frames)
            return ()  # the sequence seems to have begun anew: all of them will be read
        return tuple(frame for frame in made.frames if frame.id not in self._known)

    def _hear(self, reading: Reading) -> None:
        with suppress(MalformedError):
            answer = answer_of(reading)
            if answer.request == REPORT and answer.number is None:
                self.answer = answer.code

    def _record(self, made: Made) -> None:
        sequence = made.reading.sequence
        if not made.frames:
            return
        if sequence is None:
            self._unnumbered.add(made.frames[0].id)
            return
        record = Stored(sequence, made.frames[0].id)
        lacking = self._lacking
        if self._parts.also and made.reading.fields.get(ANNOUNCES) and record != self._since:
            self._announced.add(sequence)
        self._records.add(record)
        if record == self._since:
            self._known.add(record.frame)
        elif self._last is None or sequence != self._last.sequence + 1:
            self._unbroken = False
        elif self._unbroken and not lacking and not self._spoiled():
            self._safe = self._last
        self._last = record
