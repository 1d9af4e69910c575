"""From frame to frame: the ECG in it is analysed, and what is found is added as observations.

Every two seconds of ECG one `ecg-quality` per lead, and one `heart-rate` where there can be one; an
`ecg-rhythm` whenever a suspicion begins or ends. The waveforms are given the latest quality; the
frame's octets and observations stay as they are. Names of the results depend on the
stream, its indices and the octets alone: analysing the same frames again makes no second record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from edge_agent.model import ids
from edge_agent.model.errors import DecodeError
from edge_agent.model.frames import Frame
from edge_agent.model.observations import AbsentReason, Derivation, MeasurementStatus, Observation
from edge_agent.model.waveforms import Channel, Waveform
from edge_signal.ecg import RATES, ecg_chain
from edge_signal.intake import Intake
from edge_signal.rate import PAUSE_S
from edge_signal.values import USABLE, Block, Finding, Quality, Rate, Samples, Suspicion

BY = "edge_signal.ecg/2"
BEGINS, ENDS = "begins", "ends"
ECG = "ecg-lead-"
MILLIVOLTS = {"uV": 1e-3, "mV": 1.0, "V": 1e3}


@dataclass(frozen=True, slots=True)
class _Source:
    """What must stay the same for samples to continue one signal."""

    stream: str
    rate: Fraction
    leads: tuple[tuple[int, Channel], ...]


class EcgAnalysis:
    """The analysis of one device's ECG; its state is bounded.

    A new stream, rate or set of leads starts afresh; what the old one still held back (less than
    two seconds) is not reported. A frame without an ECG of a usable rate is returned as it came.

    Args:
        mains: 50 or 60 Hz; None leaves the notch out.
    """

    def __init__(self, mains: float | None = 50.0) -> None:
        self._mains = mains
        self._source: _Source | None = None
        self._chain: Intake[Finding] | None = None
        self._rate: Rate | None = None  # not yet reported
        self._since = 0  # when one was last reported
        self._quality: Decimal | None = None

    def process(self, frame: Frame) -> Frame:
        """The frame with the observations that its ECG made possible."""
        derived: list[Observation] = []
        waveforms: list[Waveform] = []
        for waveform in frame.waveforms:
            said = self._analyse(waveform)
            derived += [_named(one, frame) for one in said or ()]
            waveforms.append(waveform if said is None else self._rated(waveform))
        if not derived and all(
            one is other for one, other in zip(waveforms, frame.waveforms, strict=True)
        ):
            return frame
        return msgspec.structs.replace(
            frame, observations=(*frame.observations, *derived), waveforms=tuple(waveforms)
        )

    def _rated(self, waveform: Waveform) -> Waveform:
        """With the quality of its leads, in the mean, as of the latest window."""
        if self._quality is None:
            return waveform
        return msgspec.structs.replace(waveform, quality=self._quality)

    def _analyse(self, waveform: Waveform) -> list[Observation] | None:
        """None where there is no ECG to analyse."""
        leads = tuple(
            (at, channel)
            for at, channel in enumerate(waveform.channels)
            if channel.kind.startswith(ECG) and channel.unit in MILLIVOLTS
        )
        source = _Source(waveform.stream, waveform.hertz, leads)
        if not leads or not RATES[0] <= source.rate <= RATES[1]:
            return None
        samples = _millivolts(waveform, leads)
        if samples is None:
            return None
        findings = self._chain_for(source, waveform.first).push(Block(waveform.first, samples))
        return self._report(source, findings)

    def _chain_for(self, source: _Source, first: int) -> Intake[Finding]:
        if self._chain is None or source != self._source:
            self._source, self._since, self._rate = source, first, None
            self._quality = None
            self._chain = ecg_chain(float(source.rate), self._mains)
        return self._chain

    def _report(self, source: _Source, findings: Sequence[Finding]) -> list[Observation]:
        """In the order in which it was found: a window's rate is what was known at its end."""
        said: list[Observation] = []
        window: list[Quality] = []
        for finding in findings:
            if isinstance(finding, Rate):
                self._rate = finding
            elif isinstance(finding, Quality):
                window.append(finding)
                said.append(_quality(source, finding))
                if len(window) == len(source.leads):
                    said += self._heart_rate(source, window)
                    mean = sum(one.figure for one in window) / len(window)
                    self._quality = Decimal(f"{mean:.2f}")
                    window.clear()
            elif isinstance(finding, Suspicion):
                said.append(_rhythm(source, finding))
        return said

    def _heart_rate(self, source: _Source, window: Sequence[Quality]) -> list[Observation]:
        """A new rate, or after some seconds without one that there is none."""
        last = window[0].last
        good = max(one.figure for one in window) >= USABLE
        rate, self._rate = self._rate, None
        if rate is not None:
            self._since = last
            return [_rate(source, rate, good)]
        if last - self._since <= PAUSE_S * float(source.rate):
            return []
        return [_no_rate(source, window[0], good)]


def _millivolts(waveform: Waveform, leads: Sequence[tuple[int, Channel]]) -> Samples | None:
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


def _quality(source: _Source, quality: Quality) -> Observation:
    lead = source.leads[quality.channel][1].kind if len(source.leads) > 1 else ""
    return Observation(
        id="",
        kind="ecg-quality",
        channel=lead,
        value=Decimal(f"{quality.figure:.2f}"),
        unit="1",
        flags=tuple(quality.reasons),
        derived=Derivation(BY, source.stream, quality.first, quality.last),
    )


def _rate(source: _Source, rate: Rate, good: bool) -> Observation:
    return Observation(
        id="",
        kind="heart-rate",
        value=Decimal(round(rate.bpm)),
        unit="/min",
        status=() if good else (MeasurementStatus.QUESTIONABLE,),
        derived=Derivation(BY, source.stream, rate.first, rate.index),
    )


def _rhythm(source: _Source, suspicion: Suspicion) -> Observation:
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
        derived=Derivation(BY, source.stream, suspicion.first, suspicion.index),
    )


def _no_rate(source: _Source, window: Quality, good: bool) -> Observation:
    """No beats: of a good signal nobody knows why, of a bad one it is not to be had for now."""
    return Observation(
        id="",
        kind="heart-rate",
        unit="/min",
        absent=AbsentReason.UNKNOWN if good else AbsentReason.TEMP_UNKNOWN,
        status=(MeasurementStatus.NOT_AVAILABLE,),
        derived=Derivation(BY, source.stream, window.first, window.last),
    )


def _named(one: Observation, frame: Frame) -> Observation:
    """Give it its name: what it was computed from stands for the name of the frame."""
    span = one.derived
    name = ids.derived_name(span.stream, span.first, span.last) if span else frame.name
    octets = ids.digest(frame.octets)
    named = ids.observation_id(frame.device, one.kind, one.channel, name, octets)
    return msgspec.structs.replace(one, id=named)
