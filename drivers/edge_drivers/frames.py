"""From captures and what they say to frames, the durable rows. Pure.

A part with `segment = 0` gives one frame for each reading that measured something or is a record
that the device keeps; any other part gathers its octet strings into frames of about that many
seconds. The same captures give the same frames, however they were batched.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from edge_agent.model import ids
from edge_agent.model.devices import ClockOffset
from edge_agent.model.errors import MalformedError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Capture
from edge_drivers.codec.readings import Reading
from edge_drivers.codec.times import shifted
from edge_drivers.sample_index import NS
from edge_drivers.segments import OpenWaveforms, Origin, Segment, observations
from firmware_specs.spec.types import Spec


class Made(msgspec.Struct, frozen=True):
    """A reading, and the frames that it completed.

    Attributes:
        reading: as decoded.
        frames: none while its segment is open, or when nothing was measured.
    """

    reading: Reading
    frames: tuple[Frame, ...] = ()


class FrameMaker:
    """Makes the frames of one connection.

    Args:
        origin: what they have in common.
        spec: says which parts are gathered, and how long.

    Attributes:
        clock: the device's clock beside ours, as last read; None where it cannot be.
    """

    def __init__(self, origin: Origin, spec: Spec) -> None:
        self.clock: ClockOffset | None = None
        self._origin = origin
        self._seconds = {name: Fraction(part.segment) for name, part in spec.parts.items()}
        self._since: dict[str, str] = {name: "" for name, p in spec.parts.items() if p.since}
        self._records = {name for name, part in spec.parts.items() if part.kept != "live"}
        self._waveforms: dict[str, OpenWaveforms] = {}
        self._segments: dict[str, Segment] = {}

    def push(self, capture: Capture, readings: Sequence[Reading]) -> tuple[Made, ...]:
        """Frame the readings of one capture."""
        if self._seconds[capture.part]:
            return tuple(self._gather(capture.at, reading) for reading in readings)
        return tuple(
            self._single(capture.at.later(place), reading) for place, reading in enumerate(readings)
        )

    def begin(self, part: str, since: str) -> None:
        """The records of a part count from a time that the device has told, "" for unknown."""
        self._since[part] = since

    def missed(self, part: str, strings: int, reason: GapReason) -> None:
        """So many octet strings of a part are not there: its signals have a gap."""
        for index in self._of(part).indices():
            index.lose(strings, reason)

    def overdue(self, now: Instant) -> tuple[Frame, ...]:
        """Close the segments that are twice as old as they should be: nothing more came."""
        late = [s for s in self._segments.values() if now.ns >= self._deadline(s)]
        return tuple(self._close(segment) for segment in late)

    def deadline(self) -> int | None:
        """CLOCK_BOOTTIME in ns at which a segment will be overdue; None when none is open."""
        return min((self._deadline(s) for s in self._segments.values()), default=None)

    def flush(self) -> tuple[Frame, ...]:
        """Close all segments: the connection ends."""
        return tuple(self._close(segment) for segment in list(self._segments.values()))

    def _of(self, part: str) -> OpenWaveforms:
        if part not in self._waveforms:
            self._waveforms[part] = OpenWaveforms(self._origin, part)
        return self._waveforms[part]

    def _deadline(self, segment: Segment) -> int:
        return segment.at.ns + int(2 * self._seconds[segment.part] * NS)

    def _gather(self, at: Instant, reading: Reading) -> Made:
        segment = self._segments.setdefault(reading.part, Segment(reading.part, at))
        waveforms = self._of(reading.part)
        segment.push(reading, at)
        waveforms.push(reading.samples, at)
        if not segment.full(self._seconds[reading.part], at, waveforms.seconds):
            return Made(reading)
        return Made(reading, (self._close(segment),))

    def _close(self, segment: Segment) -> Frame:
        del self._segments[segment.part]
        waveforms = self._of(segment.part)
        return segment.frame(self._origin, waveforms.take(), waveforms.rates())

    def _dated(self, reading: Reading) -> tuple[str | None, str | None]:
        """How the device names and dates a reading."""
        if reading.part not in self._since:
            return reading.name, reading.device_time
        base = self._since[reading.part]
        if not base or reading.minutes is None:
            return None, None
        name = ids.reported_name(reading.sequence, base)
        try:
            return name, shifted(base, reading.minutes)
        except MalformedError:  # beyond the calendar: a clock that was never set
            return name, None

    def _single(self, at: Instant, reading: Reading) -> Made:
        if not (reading.measured or reading.samples or reading.part in self._records):
            return Made(reading)
        waveforms = self._of(reading.part)
        waveforms.push(reading.samples, at)
        named, time = self._dated(reading)
        name = named or ids.live_name(self._origin.epoch, at)
        digest = ids.digest(reading.octets)
        frame = Frame(
            id=ids.frame_id(self._origin.device, reading.part, name, digest),
            device=self._origin.device,
            part=reading.part,
            spec=self._origin.spec,
            name=name,
            at=at,
            octets=(reading.octets,),
            device_time=time or "",
            zone=self._origin.zone if time else "",
            slot=reading.slot,
            observations=observations(self._origin.device, name, digest, reading.measured),
            waveforms=tuple(piece.waveform() for piece in waveforms.take()),
            clock=self.clock if time else None,
        )
        return Made(reading, (frame,))
