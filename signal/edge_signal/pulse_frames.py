"""From frame to frame: the pulse wave in it is analysed; pulse rate and perfusion are added.

Every `EVERY_S` the rate over the pulses of the last `AVERAGED_S`, and of raw light how much of it
pulsates. Intervals that differ much, as in motion, make both questionable; no pulses, absent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from edge_agent.model.errors import DecodeError
from edge_agent.model.frames import Frame
from edge_agent.model.observations import AbsentReason, Derivation, MeasurementStatus, Observation
from edge_agent.model.waveforms import Waveform
from edge_signal.observed import named
from edge_signal.pulse import Pulse, PulseDetector
from edge_signal.values import Block

BY = "edge_signal.pulse/1"
RATES = (25, 1000)
LIGHT, SCALED, AMBIENT = "ppg", "pleth", "ambient-light"
"""Raw light has a mean that tells how much passes, if what comes from the room is told beside it;
a display's plethysmogram has none."""
AVERAGED_S, EVERY_S = 8.0, 2.0
LATE_S = 0.75
"""So long after its peak every pulse is known."""
LEAST = 4
STEADY = 0.25
"""Median difference of successive intervals, as a share, above which nothing is vouched for."""


class PulseAnalysis:
    """The analysis of one device's pulse wave (the first such channel); its state is bounded."""

    def __init__(self) -> None:
        self._source: tuple[str, Fraction, int] | None = None
        self._detector: PulseDetector | None = None
        self._pulses: deque[Pulse] = deque(maxlen=64)
        self._due = self._end = 0

    def process(self, frame: Frame) -> Frame:
        """The frame with the observations that its pulse wave made possible."""
        said = [
            named(one, frame) for waveform in frame.waveforms for one in self._analyse(waveform)
        ]
        if not said:
            return frame
        return msgspec.structs.replace(frame, observations=(*frame.observations, *said))

    def _analyse(self, waveform: Waveform) -> Iterator[Observation]:
        kinds = [channel.kind for channel in waveform.channels]
        kind = next((one for one in (LIGHT, SCALED) if one in kinds), None)
        if kind is None or not RATES[0] <= waveform.hertz <= RATES[1]:
            return
        at = kinds.index(kind)
        channel = waveform.channels[at]
        try:
            counts = np.asarray(waveform.samples()[at], np.float64)
        except DecodeError:
            return
        light = counts * float(channel.scale) + float(channel.origin)
        has_mean = kind == LIGHT and AMBIENT in kinds
        detector = self._detector_for((waveform.stream, waveform.hertz, at), has_mean=has_mean)
        if waveform.first != self._end:
            self._pulses.clear()
            self._due = waveform.first + round(AVERAGED_S * waveform.hertz)
        self._end = waveform.first + len(light)
        self._pulses.extend(detector.push(Block(waveform.first, light)))
        while self._due + LATE_S * waveform.hertz <= self._end:
            yield from self._told(waveform)
            self._due += round(EVERY_S * waveform.hertz)

    def _detector_for(self, source: tuple[str, Fraction, int], *, has_mean: bool) -> PulseDetector:
        if self._detector is None or source != self._source:
            self._source = source
            self._detector = PulseDetector(float(source[1]), has_mean=has_mean)
            self._end = -1
        return self._detector

    def _told(self, waveform: Waveform) -> Iterator[Observation]:
        """What the pulses of the last seconds before `_due` say."""
        start = self._due - round(AVERAGED_S * waveform.hertz)
        while self._pulses and self._pulses[0].index < start:
            self._pulses.popleft()
        pulses = [one for one in self._pulses if one.index < self._due]
        if len(pulses) < LEAST:
            span = Derivation(BY, waveform.stream, max(0, start), self._due - 1)
            yield Observation(
                id="",
                kind="pulse-rate",
                unit="/min",
                absent=AbsentReason.TEMP_UNKNOWN,
                status=(MeasurementStatus.NOT_AVAILABLE,),
                derived=span,
            )
            return
        span = Derivation(BY, waveform.stream, pulses[0].index, pulses[-1].index)
        intervals = np.diff([one.index for one in pulses])
        uneven = float(np.median(np.abs(np.diff(intervals))) / np.median(intervals))
        status = (MeasurementStatus.QUESTIONABLE,) if uneven > STEADY else ()
        rate = 60 * float(waveform.hertz) / float(np.median(intervals))
        yield Observation(
            id="",
            kind="pulse-rate",
            value=Decimal(round(rate)),
            unit="/min",
            status=status,
            derived=span,
        )
        yield from _perfusion(pulses, status, span)


def _perfusion(
    pulses: Sequence[Pulse], status: tuple[MeasurementStatus, ...], span: Derivation
) -> Iterator[Observation]:
    shares = [one.perfusion for one in pulses if one.perfusion is not None]
    if shares:
        yield Observation(
            id="",
            kind="perfusion-index",
            value=Decimal(f"{np.median(shares):.2f}"),
            unit="%",
            status=status,
            derived=span,
        )
