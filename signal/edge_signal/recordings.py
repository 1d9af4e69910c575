"""A stretch of a stream as a whole: what writers write out and sheets draw.

Rule: samples stay the counts that the device sent; what is missing stays missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from edge_agent.model import lossless
from edge_agent.model.gaps import GapReason
from edge_agent.model.waveforms import Channel, Waveform
from edge_signal.lossless import pack

Counts = NDArray[np.int64]
BLOCK_S = 10


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Samples without a hole between them.

    Attributes:
        first: index of the first in the stream.
        counts: shape (channels, n).
        gap: why there is a hole before it, where that is known.
    """

    first: int
    counts: Counts
    gap: GapReason | None = None

    @property
    def end(self) -> int:
        """Index of the first sample after it."""
        return self.first + int(self.counts.shape[1])

    def part(self, first: int, end: int) -> Segment:
        """Its samples from one index to before another."""
        first, end = max(first, self.first), min(end, self.end)
        counts = self.counts[:, first - self.first : end - self.first]
        return Segment(first, counts, self.gap if first == self.first else None)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A stretch of one stream.

    Attributes:
        stream: its id.
        rate: samples a second.
        channels: what each channel is.
        segments: at least one, in order, with a hole between any two.
        start: when the first sample was taken, None where nobody knows.
    """

    stream: str
    rate: Fraction
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...]
    start: datetime | None = None

    @property
    def first(self) -> int:
        """Index of its first sample in the stream."""
        return self.segments[0].first

    @property
    def count(self) -> int:
        """Samples for each channel, those in holes included."""
        return self.segments[-1].end - self.first

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.count / self.rate)

    def physical(self) -> NDArray[np.float64]:
        """Shape (channels, count), each in its unit; NaN in the holes."""
        found = np.full((len(self.channels), self.count), np.nan)
        scale = np.array([[float(one.scale)] for one in self.channels])
        origin = np.array([[float(one.origin)] for one in self.channels])
        for one in self.segments:
            part = slice(one.first - self.first, one.end - self.first)
            found[:, part] = one.counts * scale + origin
        return found

    def filled(self, hole: int) -> Counts:
        """Counts, shape (channels, count), with some count in the holes."""
        found = np.full((len(self.channels), self.count), hole, dtype=np.int64)
        for one in self.segments:
            found[:, one.first - self.first : one.end - self.first] = one.counts
        return found

    def part(self, begin: float, seconds: float) -> Recording:
        """Some seconds of it.

        Raises:
            ValueError: there is no sample in that part.
        """
        first = self.first + round(begin * self.rate)
        end = first + round(seconds * self.rate)
        kept = [
            one.part(first, end) for one in self.segments if one.first < end and one.end > first
        ]
        if not kept:
            raise ValueError(f"no sample between {begin:g} and {begin + seconds:g} s")
        late = timedelta(seconds=float((kept[0].first - self.first) / self.rate))
        start = self.start + late if self.start else None
        return replace(self, segments=tuple(kept), start=start)

    def waveforms(self, seconds: int = BLOCK_S) -> Iterator[Waveform]:
        """The model's form of it, in lossless blocks of some seconds."""
        step = max(1, int(self.rate * seconds))
        for one in self.segments:
            for at in range(0, one.counts.shape[1], step):
                part = one.counts[:, at : at + step]
                yield Waveform(
                    self.stream,
                    one.first + at,
                    str(self.rate),
                    self.channels,
                    part.shape[1],
                    pack(part),
                    lossless.ENCODING,
                    None if at else one.gap,
                )


def assemble(waveforms: Iterable[Waveform], start: datetime | None = None) -> Recording:
    """Segments of one stream as a recording: sorted, joined; what comes twice is taken once.

    Args:
        waveforms: in any order.
        start: when the first sample was taken.

    Raises:
        ValueError: there is none, or they are not of one stream, rate and set of channels.
        MalformedError: a block is damaged.
    """
    ordered = sorted((one for one in waveforms if one.count), key=lambda one: one.first)
    kinds = {(one.stream, one.hertz, one.channels) for one in ordered}
    if len(kinds) != 1:
        raise ValueError(
            f"a recording is of one stream, rate and set of channels, not {len(kinds)}"
        )
    ((stream, rate, channels),) = kinds
    runs: list[list[Segment]] = []
    for one in ordered:
        counts = np.array(one.samples(), dtype=np.int64).reshape(len(channels), one.count)
        _add(runs, Segment(one.first, counts, one.gap))
    return Recording(stream, rate, channels, tuple(map(_joined, runs)), start)


def _add(runs: list[list[Segment]], new: Segment) -> None:
    end = runs[-1][-1].end if runs else new.first - 1
    if new.first > end:
        runs.append([new])
    elif new.end > end:
        runs[-1].append(Segment(end, new.counts[:, end - new.first :]))


def _joined(run: list[Segment]) -> Segment:
    return Segment(run[0].first, np.concatenate([one.counts for one in run], axis=1), run[0].gap)
