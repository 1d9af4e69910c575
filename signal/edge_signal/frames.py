"""From frame to frame: the ECG in it is analysed, and what is found is added as observations.

Every two seconds of ECG one `ecg-quality` per lead, and one `heart-rate` where there can be one; an
`ecg-rhythm` whenever a suspicion begins or ends. The waveforms are given the latest quality; the
frame's octets and observations stay as they are. Where a device's stamps show that its clock is not
what it is called (`sampling-rate`, docs/decisions/093), heart rates go by what they show. Names of
the results depend on the stream, its indices and the octets alone: analysing the same frames again
makes no second record.

What was learnt of a signal outlives its stream: a link that comes back and an agent that is started
anew begin new streams, counted from 0, but the same signal goes on if less than `CARRIED_S` passed.
Inside, indices go on too; what is reported is counted in its own stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from edge_agent.model.frames import Frame
from edge_agent.model.instants import Instant
from edge_agent.model.observations import Observation
from edge_agent.model.waveforms import Channel, Waveform
from edge_signal import observed
from edge_signal.ecg import RATES, ecg_chain
from edge_signal.intake import Intake
from edge_signal.observed import BY, MILLIVOLTS, Source
from edge_signal.qrs import FORGET_S
from edge_signal.quality import WINDOW_S
from edge_signal.rate import PAUSE_S
from edge_signal.states import StateError, learnt, refill, sealed, unsealed
from edge_signal.values import USABLE, Block, Finding, Quality, Rate, Suspicion

ECG = "ecg-lead-"
CARRIED_S = FORGET_S
"""After a longer silence it may be another person."""
_EARLY_S = 2.0
"""By so much a segment may seem to begin before the last one ended: its octets came in a burst."""
SAMPLING, MOST_OFF = "sampling-rate", 0.1
"""Stamps that show a rate further from the nominal one are none to go by."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is saved, see `EcgAnalysis.saved`."""

    by: str
    mains: float | None
    rate: str
    leads: tuple[tuple[int, Channel], ...]
    at: Instant
    index: int
    chain: Any


class EcgAnalysis:
    """The analysis of one device's ECG; its state is bounded.

    A new rate or set of leads starts afresh, as does a new stream after `CARRIED_S`; what the old
    one still held back (less than two seconds) is not reported. A frame without an ECG of a usable
    rate is returned as it came.

    Args:
        mains: 50 or 60 Hz; None leaves the notch out.
    """

    def __init__(self, mains: float | None = 50.0) -> None:
        self._mains = mains
        self._source: Source | None = None
        self._chain: Intake[Finding] | None = None
        self._rate: Rate | None = None  # not yet reported
        self._since = 0  # when one was last reported
        self._quality: Decimal | None = None
        self._shown: dict[str, float] = {}  # rates in hertz, by the first channel's kind
        self._end: tuple[Instant, int] | None = None  # of the latest samples: when, and the index

    def saved(self) -> bytes | None:
        """What was learnt, for `restore`; None before the first ECG.

        About 2,000 octets for one lead, 13,000 for twelve.
        """
        if self._chain is None or self._source is None or self._end is None:
            return None
        past = deepcopy(self._chain)
        past.gap(-1)
        source, (at, index) = self._source, self._end
        state = learnt(past, ecg_chain(float(source.rate), self._mains))
        return sealed((BY, self._mains, str(source.rate), list(source.leads), at, index, state))

    def restore(self, octets: bytes, heard: Instant | None = None) -> None:
        """Go on from what an earlier run saved, if a stream like that begins soon enough.

        Args:
            octets: what `saved` gave.
            heard: when the latest samples came, if that was later.

        Raises:
            StateError: it is no state of this analysis, which stays fresh.
        """
        try:
            kept = msgspec.convert(unsealed(octets), _Kept)
            if (kept.by, kept.mains) != (BY, self._mains):
                raise StateError(f"the state is one of {kept.by} with mains {kept.mains}")
            rate = Fraction(kept.rate)
            chain = refill(ecg_chain(float(rate), self._mains), kept.chain)
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
            raise StateError(f"not a state of this analysis: {error}") from error
        self._chain, self._source = chain, Source("", rate, kept.leads)
        later = heard is not None and heard.boot == kept.at.boot and heard > kept.at
        self._end = (heard if heard and later else kept.at, kept.index)

    def process(self, frame: Frame) -> Frame:
        """The frame with the observations that its ECG made possible."""
        self._shown |= {
            one.channel: float(one.value)
            for one in frame.observations
            if one.kind == SAMPLING and one.value is not None
        }
        derived: list[Observation] = []
        waveforms: list[Waveform] = []
        for waveform in frame.waveforms:
            said = self._analyse(waveform, frame.at)
            derived += [observed.named(one, frame) for one in said or ()]
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

    def _analyse(self, waveform: Waveform, at: Instant) -> list[Observation] | None:
        """None where there is no ECG to analyse."""
        leads = tuple(
            (at, channel)
            for at, channel in enumerate(waveform.channels)
            if channel.kind.startswith(ECG) and channel.unit in MILLIVOLTS
        )
        source = Source(waveform.stream, waveform.hertz, leads)
        if not leads or not RATES[0] <= source.rate <= RATES[1]:
            return None
        samples = observed.millivolts(waveform, leads)
        if samples is None:
            return None
        chain, source = self._chain_for(source, waveform.first, at)
        block = Block(source.base + waveform.first, samples)
        self._end = (at.later(round(1e9 * block.count / source.rate)), block.end)
        return self._report(source, chain.push(block))

    def _chain_for(self, source: Source, first: int, at: Instant) -> tuple[Intake[Finding], Source]:
        """The chain, and the stream that it hears now, with where that begins for it."""
        if self._chain is None or self._source is None or source != self._source:
            base = self._carried(source, first, at)
            if self._chain is None or base is None:
                self._chain = ecg_chain(float(source.rate), self._mains)
            self._source = replace(source, base=base or 0)
            self._since, self._rate, self._quality = self._source.base + first, None, None
        return self._chain, self._source

    def _carried(self, source: Source, first: int, at: Instant) -> int | None:
        """Where a new stream begins if it goes on with the signal of the last; else None.

        It begins with a window, as any stream does.
        """
        if self._chain is None or not self._source or not self._end:
            return None
        ended, index = self._end
        seconds = (at.ns - ended.ns) / 1e9
        if at.boot != ended.boot or not source.is_like(self._source):
            return None
        if not -_EARLY_S <= seconds < CARRIED_S:
            return None
        self._chain.gap(-1)
        window = 2 * round(WINDOW_S * source.rate)
        return -(-(index + max(1, round(seconds * source.rate))) // window) * window - first

    def _report(self, source: Source, findings: Sequence[Finding]) -> list[Observation]:
        """In the order in which it was found: a window's rate is what was known at its end."""
        said: list[Observation] = []
        window: list[Quality] = []
        for finding in findings:
            if isinstance(finding, Rate):
                self._rate = finding
            elif isinstance(finding, Quality):
                window.append(finding)
                said.append(observed.quality(source, finding))
                if len(window) == len(source.leads):
                    said += self._heart_rate(source, window)
                    mean = sum(one.figure for one in window) / len(window)
                    self._quality = Decimal(f"{mean:.2f}")
                    window.clear()
            elif isinstance(finding, Suspicion):
                said.append(observed.rhythm(source, finding))
        return said

    def _heart_rate(self, source: Source, window: Sequence[Quality]) -> list[Observation]:
        """A new rate, or after some seconds without one that there is none."""
        last = window[0].last
        good = max(one.figure for one in window) >= USABLE
        rate, self._rate = self._rate, None
        if rate is not None:
            self._since = last
            return [observed.rate(source, replace(rate, bpm=rate.bpm * self._pace(source)), good)]
        if last - self._since <= PAUSE_S * float(source.rate):
            return []
        return [observed.no_rate(source, window[0], good)]

    def _pace(self, source: Source) -> float:
        """How much faster the device samples than it says, as a factor."""
        nominal = float(source.rate)
        factor = self._shown.get(source.leads[0][1].kind, nominal) / nominal
        return factor if abs(factor - 1.0) <= MOST_OFF else 1.0
