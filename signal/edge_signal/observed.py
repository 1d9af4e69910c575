"""What a chain finds, as the model's observations; names and spans are those of the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from edge_agent.model import ids
from edge_agent.model.errors import DecodeError
from edge_agent.model.frames import Frame
from edge_agent.model.observations import AbsentReason, Derivation, MeasurementStatus, Observation
from edge_agent.model.waveforms import Channel, Waveform
from edge_signal.values import Quality, Rate, Samples, Suspicion

BY = "edge_signal.ecg/4"
BEGINS, ENDS = "begins", "ends"
MILLIVOLTS = {"uV": 1e-3, "mV": 1.0, "V": 1e3}


@dataclass(frozen=True, slots=True)
class Source:
    """What must stay the same for samples to continue one signal."""

    stream: str
    rate: Fraction
    leads: tuple[tuple[int, Channel], ...]
    base: int = field(default=0, compare=False)

    def is_like(self, other: Source) -> bool:
        """Whether both can be one signal, in two streams."""
        return (self.rate, self.leads) == (other.rate, other.leads)

    def span(self, first: int, last: int) -> Derivation:
        """What something was computed from."""
        return Derivation(BY, self.stream, first - self.base, last - self.base)


def millivolts(waveform: Waveform, leads: Sequence[tuple[int, Channel]]) -> Samples | None:
    """The leads as (channels, n) in mV; None when the block is damaged: then it is a gap."""
    try:
        counts = waveform.samples()
    except DecodeError:
        return None
    return np.stack(
        [
            (np.asarray(counts[at], np.float64) * float(lead.scale) + float(lead.origin))
            * MILLIVOLTS[lead.unit]
            for at, lead in leads
        ]
    )


def quality(source: Source, window: Quality) -> Observation:
    """Of one window and lead."""
    lead = source.leads[window.channel][1].kind if len(source.leads) > 1 else ""
    return Observation(
        id="",
        kind="ecg-quality",
        channel=lead,
        value=Decimal(f"{window.figure:.2f}"),
        unit="1",
        flags=tuple(window.reasons),
        derived=source.span(window.first, window.last),
    )


def rate(source: Source, average: Rate, good: bool) -> Observation:
    """The heart rate; questionable where no lead was good."""
    return Observation(
        id="",
        kind="heart-rate",
        value=Decimal(round(average.bpm)),
        unit="/min",
        status=() if good else (MeasurementStatus.QUESTIONABLE,),
        derived=source.span(average.first, average.index),
    )


def rhythm(source: Source, suspicion: Suspicion) -> Observation:
    """The flag, whether it begins or ends, and in the flags its evidence: `bpm=38.2`."""
    evidence = (f"{name}={value:.4g}" for name, value in suspicion.evidence)
    return Observation(
        id="",
        kind="ecg-rhythm",
        channel=suspicion.flag,
        value=Decimal(f"{suspicion.certainty:.2f}"),
        unit="1",
        text=suspicion.flag,
        flags=(BEGINS if suspicion.begins else ENDS, *evidence),
        status=(MeasurementStatus.QUESTIONABLE,),
        derived=source.span(suspicion.first, suspicion.index),
    )


def no_rate(source: Source, window: Quality, good: bool) -> Observation:
    """No beats: of a good signal nobody knows why, of a bad one it is not to be had for now."""
    return Observation(
        id="",
        kind="heart-rate",
        unit="/min",
        absent=AbsentReason.UNKNOWN if good else AbsentReason.TEMP_UNKNOWN,
        status=(MeasurementStatus.NOT_AVAILABLE,),
        derived=source.span(window.first, window.last),
    )


def named(one: Observation, frame: Frame) -> Observation:
    """Give it its name: what it was computed from stands for the name of the frame."""
    span = one.derived
    name = ids.derived_name(span.stream, span.first, span.last) if span else frame.name
    octets = ids.digest(frame.octets)
    named = ids.observation_id(frame.device, one.kind, one.channel, name, octets)
    return msgspec.structs.replace(one, id=named)
