"""Segments: a few seconds of a stream, gathered into one durable frame. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from edge_agent.model import ids
from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_drivers.codec.readings import Reading, Samples
from edge_drivers.sample_index import NS, Piece, SampleIndex

RATE = "sampling-rate"
MOST_STRINGS = 4096
"""Octet strings of one segment at most, however long it is meant to be."""


class Origin(msgspec.Struct, frozen=True):
    """What all frames of one connection have in common.

    Attributes:
        device: the device's key.
        spec: `LoadedSpec.ref`.
        epoch: the gateway's epoch, which names live data.
        zone: the site's time zone (IANA).
    """

    device: str
    spec: str
    epoch: str
    zone: str


class OpenWaveforms:
    """The streams of one part, and the pieces of them that are not yet in a frame.

    Args:
        origin: whose they are.
        part: the part of the spec.
    """

    def __init__(self, origin: Origin, part: str) -> None:
        self._name = (origin.device, part, origin.epoch)
        self._indices: dict[tuple[str, ...], SampleIndex] = {}
        self._open: dict[tuple[str, ...], Piece | None] = {}
        self._pieces: list[Piece] = []

    @property
    def seconds(self) -> Fraction:
        """How long the longest open piece is."""
        return max((p.seconds for p in self._open.values() if p), default=Fraction(0))

    def push(self, groups: Sequence[Samples], at: Instant) -> None:
        """Count what one octet string brought."""
        for samples in groups:
            group = tuple(channel.kind for channel in samples.channels)
            before = self._open.get(group)
            piece = self._index(group).push(samples, at, before)
            if piece is not None and piece is not before:
                self._pieces.append(piece)
            self._open[group] = piece

    def rates(self) -> tuple[Observation, ...]:
        """The rates that the device's own stamps have shown, where they are news."""
        shown = [(group[0], index.rate()) for group, index in self._indices.items()]
        return tuple(
            Observation("", RATE, channel=kind, value=rate, unit="Hz")
            for kind, rate in shown
            if rate is not None
        )

    def indices(self) -> Sequence[SampleIndex]:
        """Of all signal groups that have begun."""
        return tuple(self._indices.values())

    def take(self) -> tuple[Piece, ...]:
        """The pieces gathered so far; the streams go on."""
        taken, self._pieces = tuple(self._pieces), []
        self._open.clear()
        return taken

    def _index(self, group: tuple[str, ...]) -> SampleIndex:
        if group not in self._indices:
            number = len(self._indices)
            self._indices[group] = SampleIndex(*self._name, *([f"{number}"] if number else []))
        return self._indices[group]


class Segment:
    """What came of one part since `at`."""

    def __init__(self, part: str, at: Instant) -> None:
        self.part = part
        self.at = at
        self._octets: list[bytes] = []
        self._offsets: list[int] = []
        self._measured: dict[tuple[str, str], Observation] = {}
        self._slot = ""

    def push(self, reading: Reading, at: Instant) -> None:
        """Add an octet string received at `at`; of each kind and channel the last one stays."""
        if self._octets:
            self._offsets.append(at.ns - self.at.ns)
        self._octets.append(reading.octets)
        self._slot = reading.slot or self._slot
        for measured in reading.measured:
            self._measured[measured.kind, measured.channel] = measured

    def full(self, seconds: Fraction, last: Instant, signal: Fraction) -> bool:
        """Whether it holds `seconds`: counted in samples of `signal`, else in time received."""
        elapsed = Fraction(last.ns - self.at.ns, NS)
        return max(signal, elapsed) >= seconds or len(self._octets) >= MOST_STRINGS

    def frame(
        self, origin: Origin, pieces: Sequence[Piece], rates: Sequence[Observation] = ()
    ) -> Frame:
        """All of it, named by when it began."""
        octets, name = tuple(self._octets), ids.live_name(origin.epoch, self.at)
        digest = ids.digest(octets)
        return Frame(
            id=ids.frame_id(origin.device, self.part, name, digest),
            device=origin.device,
            part=self.part,
            spec=origin.spec,
            name=name,
            at=self.at,
            octets=octets,
            offsets=tuple(self._offsets),
            slot=self._slot,
            observations=observations(
                origin.device, name, digest, (*self._measured.values(), *rates)
            ),
            waveforms=tuple(piece.waveform() for piece in pieces),
        )


def observations(
    device: str, name: str, digest: str, measured: Sequence[Observation]
) -> tuple[Observation, ...]:
    """Give measurements their names (law 2)."""
    return tuple(
        replace(one, id=ids.observation_id(device, one.kind, one.channel, name, digest))
        for one in measured
    )
