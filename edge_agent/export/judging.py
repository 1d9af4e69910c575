"""What the ECG chain says of a recording, for the sheet that a doctor reads."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edge_signal.ecg import RATES, ecg_chain
from edge_signal.measurements import measure
from edge_signal.recordings import Recording
from edge_signal.sheets.ecg import labelled
from edge_signal.sheets.heading import Measurements
from edge_signal.strips import SHORTEST_S, classify
from edge_signal.values import Beat, Block, Finding, Quality, Samples, Suspicion

POOR = 0.5
OFTEN = 0.2
STRIP_S = 60.0
"""Of a longer recording the first minute is classified."""
QTC = frozenset({"qtc-bazett", "qtc-fridericia"})


@dataclass(frozen=True, slots=True)
class Judged:
    """What is written on a sheet.

    Attributes:
        measurements: the table.
        quality: why leads are poor, by label; good ones are left out.
        findings: what the rhythm may be, in the order in which it was suspected; None where the
            chain cannot run.
        strip: class of the first minute and its probability; None where none can be told.
    """

    measurements: Measurements = field(default_factory=Measurements)
    quality: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    findings: tuple[str, ...] | None = None
    strip: tuple[str, float] | None = None


def judged(recording: Recording) -> Judged:
    """Measurements, suspicions, and of each lead that is poor in a fifth of its windows, why."""
    leads = labelled(recording)
    rate = float(recording.rate)
    if not leads or not RATES[0] <= rate <= RATES[1]:
        return Judged()
    chain, signal = ecg_chain(rate), np.array(list(leads.values()))
    found = [*chain.push(Block(0, signal)), *chain.flush()]
    whys = {name: _why(at, found) for at, name in enumerate(leads)}
    return Judged(
        _table(tuple(leads), signal, rate, [one for one in found if isinstance(one, Beat)]),
        {name: why for name, why in whys.items() if why},
        tuple(dict.fromkeys(one.flag for one in found if isinstance(one, Suspicion))),
        _strip(signal, rate, found),
    )


def _strip(signal: Samples, rate: float, found: Sequence[Finding]) -> tuple[str, float] | None:
    end = min(signal.shape[1], round(STRIP_S * rate))
    if end < SHORTEST_S * rate:
        return None
    begun = [one for one in found if (one.index if isinstance(one, Beat) else one.first) < end]
    told = classify(signal[:, :end], rate, begun)
    return (told.likeliest, told.chances[told.likeliest]) if told else None


def _table(
    names: Sequence[str], signal: Samples, rate: float, beats: Sequence[Beat]
) -> Measurements:
    middles = np.nanmedian(signal, axis=1, keepdims=True)
    told = measure(np.where(np.isfinite(signal), signal, middles), rate, beats)
    if told is None:
        return Measurements()
    net = {name: lead.r_mv + lead.s_mv for name, lead in zip(names, told.leads, strict=True)}
    return Measurements(
        rate=told.bpm,
        pr=told.pr_ms,
        qrs=told.qrs_ms,
        qt=told.qt_ms,
        qtc_bazett=told.qtc_bazett_ms,
        qtc_fridericia=told.qtc_fridericia_ms,
        axis=_axis(net),
        unsure=told.unsure | QTC if "qt" in told.unsure else told.unsure,
    )


def _axis(net: Mapping[str, float]) -> float | None:
    """Degrees of the QRS complex in the frontal plane: aVF is the half root of 3 of its height."""
    if not {"I", "aVF"} <= set(net):
        return None
    return math.degrees(math.atan2(net["aVF"] * 2 / math.sqrt(3), net["I"]))


def _why(channel: int, found: Sequence[Finding]) -> tuple[str, ...]:
    windows = [one for one in found if isinstance(one, Quality) and one.channel == channel]
    poor = [one for one in windows if one.figure < POOR]
    if len(poor) <= OFTEN * len(windows):
        return ()
    return tuple(
        reason for reason, _ in Counter(r for one in poor for r in one.reasons).most_common(2)
    )
