"""The count of a signal's samples: what is missing becomes a jump of the index, with its reason.

Pure. The rate stays the nominal one; only how many samples a pause in the device's own stamps is
worth is judged by the rate that the stamps themselves have shown.
"""

from __future__ import annotations

from array import array
from decimal import Decimal
from fractions import Fraction

from edge_agent.model import ids
from edge_agent.model.gaps import GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.waveforms import Waveform, pack
from edge_drivers.codec.readings import Samples

NS = 1_000_000_000
SMOOTHING = 8
"""Octet strings over which the shown rate is averaged: H10 straps are off by up to 5 % (§2.1)."""
MILLI = Decimal("0.001")
NEWS = Decimal("0.001")
"""A shown rate is told again when it has changed by more than this part of it."""


class Piece:
    """Samples that follow one another without a gap.

    Args:
        stream: id of the stream.
        first: index of the first sample.
        like: the first of them.
        gap: why `first` jumped, when it did.
    """

    def __init__(self, stream: str, first: int, like: Samples, gap: GapReason | None) -> None:
        self._stream = stream
        self._first = first
        self._like = like
        self._gap = gap
        self._values = tuple(array("i") for _ in like.channels)

    @property
    def count(self) -> int:
        """Samples per channel."""
        return len(self._values[0])

    @property
    def seconds(self) -> Fraction:
        """How long they last at the nominal rate."""
        return self.count / Fraction(self._like.rate)

    def follows(self, stream: str, first: int) -> bool:
        """Whether a sample of this index is the next one."""
        return stream == self._stream and first == self._first + self.count

    def extend(self, samples: Samples) -> None:
        """Append samples of the same channels."""
        for values, more in zip(self._values, samples.values, strict=True):
            values.extend(more)

    def waveform(self) -> Waveform:
        """All of it."""
        return Waveform(
            stream=self._stream,
            first=self._first,
            rate=self._like.rate,
            channels=self._like.channels,
            count=self.count,
            block=pack(self._values),
            gap=self._gap,
        )


class SampleIndex:
    """The running index of one signal group of one part, from one connection.

    Args:
        name: device, part, gateway epoch and group: all that names the stream but its beginning.
    """

    def __init__(self, *name: str) -> None:
        self._name = name
        self._id = ""
        self._kind: tuple[object, ...] = ()
        self._gap: GapReason | None = None
        self._next = 0
        self._usual = 0
        self._last_ns: int | None = None
        self._period = Fraction(0)
        self._stamped = 0
        self._told = Decimal(0)

    def rate(self) -> Decimal | None:
        """Samples a second as the device's stamps show, when it is news; None when it is not."""
        if self._stamped < SMOOTHING:
            return None
        shown = (Decimal(NS) * self._period.denominator / self._period.numerator).quantize(MILLI)
        if self._told and abs(shown / self._told - 1) < NEWS:
            return None
        self._told = shown
        return shown

    def push(self, samples: Samples, at: Instant, piece: Piece | None) -> Piece | None:
        """Count samples received at `at`, and append them to `piece` if they follow it.

        Returns:
            The piece that now ends in them: `piece` or a fresh one; None where there is no signal.
        """
        first = self._place(samples, at)
        if not samples.valid:
            self._gap = GapReason.LEAD_OFF
            return None
        if piece is None or self._gap or not piece.follows(self._id, first):
            piece, self._gap = Piece(self._id, first, samples, self._gap), None
        piece.extend(samples)
        return piece

    def lose(self, strings: int, reason: GapReason) -> None:
        """So many octet strings are unreadable; the device's stamps, if any, tell how much."""
        if not self._id:
            return
        self._gap = reason
        if self._last_ns is None:
            self._next += strings * self._usual

    def _place(self, samples: Samples, at: Instant) -> int:
        count = len(samples.values[0])
        if not self._continues(samples, count):
            self._begin(samples, at)
        first, self._next = self._next, self._next + count
        self._usual, self._last_ns = count, samples.last_ns
        return first

    def _continues(self, samples: Samples, count: int) -> bool:
        """Jump over what the stamps say is missing; False when they went backwards."""
        if self._kind != (samples.channels, samples.rate, samples.last_ns is None):
            return False
        if samples.last_ns is None or self._last_ns is None or not count:
            return True
        elapsed = samples.last_ns - self._last_ns
        if samples.wraps:
            elapsed %= samples.wraps
        missing = round(elapsed / self._period) - count
        if abs(missing) <= max(1, count // 2):
            self._period += (Fraction(elapsed, count) - self._period) / SMOOTHING
            self._period = self._period.limit_denominator(NS)
            self._stamped += 1
        elif missing > 0:
            self._next += missing
            self._gap = self._gap or GapReason.LINK_LOST
        return missing >= -max(1, count // 2)

    def _begin(self, samples: Samples, at: Instant) -> None:
        self._id = ids.record_id("stream", *self._name, at.boot, str(at.ns))
        self._kind = (samples.channels, samples.rate, samples.last_ns is None)
        self._period = NS / Fraction(samples.rate)
        self._next = 0
        self._gap = None
        self._stamped = 0
