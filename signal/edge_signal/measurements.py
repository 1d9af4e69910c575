"""The measurement table of an ECG: intervals, ST levels and the average beat of each lead.

Intervals are global: from the early onset to the late end among the leads (quartiles, so that one
bad lead decides nothing), each lead by the median of its beats (CSE Working Party 1985,
Eur Heart J 6:815). QT is corrected by Bazett and by Fridericia. The ST level
is that of the average beat 60 ms after the end of the QRS complex, against the level before it.
Rule: an interval of whose waves most are unsure is named so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edge_signal.delineation import delineate_leads
from edge_signal.values import Beat, BeatKind, Samples
from edge_signal.waves import UNSURE, Wave, Waves

BEFORE_S, AFTER_S = 0.3, 0.5
ST_S = 0.06
LEAST_BEATS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """One lead's part of the table.

    Attributes:
        average: of its prevailing beats, mV, from 0.3 s before the R peak to 0.5 s after.
        st_mv: level at J + 60 ms, mV.
        r_mv: largest deflection of the average beat above the level before it, mV.
        s_mv: lowest deflection below it, mV.
    """

    average: Samples
    st_mv: float
    r_mv: float
    s_mv: float


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """The table; None where a wave was not to be seen in half of the leads.

    Attributes:
        bpm: from the median interval of all beats.
        pr_ms, qrs_ms, qt_ms: intervals, milliseconds.
        qtc_bazett_ms, qtc_fridericia_ms: QT corrected by the root and by the cube root of RR.
        leads: in the order of the channels.
        beats: how many beats it is made from.
        unsure: which of `pr`, `qrs` and `qt` may be far off: beats or leads do not agree on them.
    """

    bpm: float
    pr_ms: float | None
    qrs_ms: float
    qt_ms: float | None
    qtc_bazett_ms: float | None
    qtc_fridericia_ms: float | None
    leads: tuple[Lead, ...]
    beats: int
    unsure: frozenset[str]


def measure(signal_mV: Samples, rate: float, beats: Sequence[Beat]) -> Measurements | None:  # noqa: N803
    """The table of a recording; None when there are fewer than three like beats.

    Args:
        signal_mV: (channels, n), mV, diagnostic band or raw.
        rate: samples a second, 100-1000.
        beats: its beats, in order; ectopic ones are left out.
    """
    reach = round(BEFORE_S * rate), round(AFTER_S * rate)
    usual = [
        at
        for at, one in enumerate(beats)
        if one.kind in (BeatKind.NORMAL, BeatKind.UNKNOWN)
        and reach[0] <= one.index < signal_mV.shape[-1] - reach[1]
    ]
    if len(usual) < LEAST_BEATS:
        return None
    whole = [beats[at].index for at in usual]
    every = delineate_leads(signal_mV, rate, [one.index for one in beats])
    waves = [[lead[at] for at in usual] for lead in every]
    interval = float(np.median(np.diff([one.index for one in beats]))) / rate
    onset = _global(waves, whole, lambda one: one.qrs.onset, 0.25)
    end = _global(waves, whole, lambda one: one.qrs.offset, 0.75)
    start = _global(waves, whole, lambda one: one.p.onset if one.p else None, 0.25)
    last = _global(waves, whole, lambda one: one.t.offset if one.t else None, 0.75)
    if onset is None or end is None:
        return None
    qt = None if last is None else 1000 * (last - onset) / rate
    told = [one for lead in waves for one in lead]
    p, qrs, t = (
        _certainty(some)
        for some in ([one.p for one in told], [one.qrs for one in told], [one.t for one in told])
    )
    sure = {"pr": min(p, qrs), "qrs": qrs, "qt": min(qrs, t)}
    return Measurements(
        bpm=60 / interval,
        pr_ms=None if start is None else 1000 * (onset - start) / rate,
        qrs_ms=1000 * (end - onset) / rate,
        qt_ms=qt,
        qtc_bazett_ms=None if qt is None else qt / interval ** (1 / 2),
        qtc_fridericia_ms=None if qt is None else qt / interval ** (1 / 3),
        leads=tuple(_lead(lead, rate, whole, reach, onset, end) for lead in signal_mV),
        beats=len(whole),
        unsure=frozenset(name for name, certainty in sure.items() if certainty < UNSURE),
    )


def _certainty(waves: Sequence[Wave | None]) -> float:
    """That of the middle one of the waves that are there."""
    return float(np.median([one.certainty for one in waves if one] or [0.0]))


def _global(
    waves: Sequence[Sequence[Waves]],
    beats: Sequence[int],
    mark: Callable[[Waves], int | None],
    quantile: float,
) -> float | None:
    """A mark against the R peak, samples: median of beats, then a quantile of leads."""
    leads: list[float] = []
    for lead in waves:
        marks = [(mark(one), beat) for one, beat in zip(lead, beats, strict=True)]
        off = [at - beat for at, beat in marks if at is not None]
        if 2 * len(off) >= len(beats):
            leads.append(float(np.median(off)))
    return float(np.quantile(leads, quantile)) if 2 * len(leads) >= len(waves) else None


def _lead(
    lead: Samples, rate: float, beats: Sequence[int], reach: tuple[int, int], on: float, end: float
) -> Lead:
    average: Samples = np.median([lead[at - reach[0] : at + reach[1]] for at in beats], axis=0)
    start = reach[0] + round(on)
    level = float(np.median(average[max(0, start - round(0.02 * rate)) : start + 1]))
    at = min(len(average) - 1, reach[0] + round(end + ST_S * rate))
    complex_ = average[start : reach[0] + round(end) + 1] - level
    return Lead(average, float(average[at]) - level, float(complex_.max()), float(complex_.min()))
