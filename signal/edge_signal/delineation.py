"""Onset, peak and offset of P wave, QRS complex and T wave, beat by beat, in a recording.

Each lead says where the slopes of its complexes are (`complexes`); where P and T waves are, like
beats and all leads say together (`slow_waves`), and whether there are P waves (`presence`); then
nobody is far from what like beats and the other leads agree upon, and how many do is how certain it
is (`likeness`). Spikes of a pacemaker are taken out first. The whole recording is seen at once: no
stage, no delay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edge_signal.complexes import centred, complexes
from edge_signal.likeness import Agreed, Agreement, Kin, alike, middle, steady
from edge_signal.pacing import SpikeRemover, Spikes
from edge_signal.presence import repetition
from edge_signal.slow_waves import P_WAVE, T_WAVE, Humps
from edge_signal.values import Block, Samples
from edge_signal.waves import Wave, Waves

SILENT_S = 0.02
"""Before each complex the heart is silent: there is the baseline."""
QRS, P, T = (0.005, 0.015), (0.02, 0.025), (0.025, 0.04)
"""How far a lead's boundaries may be from those of the others; within the second they agree."""
REPEATED, AROUND = 0.3, 10
"""What precedes complexes without P waves is less alike; so many beats to either side are asked."""
LEAST_S = 0.05
"""A shorter stretch has no room for a wave."""
SLOWEST_S, FASTEST_S = 1.5, 0.4
"""Beyond these intervals QT goes no further with them."""


def delineate(lead: Samples, rate: float, beats: Sequence[int]) -> tuple[Waves, ...]:
    """The waves of every beat of one lead by itself, shape (n,); else as `delineate_leads`."""
    return delineate_leads(lead[None], rate, beats)[0]


def delineate_leads(
    signal: Samples, rate: float, beats: Sequence[int]
) -> tuple[tuple[Waves, ...], ...]:
    """The waves of every beat of every lead; leads of one heart help each other.

    Args:
        signal: mV, shape (leads, n), raw or filtered; at least a second. What is missing is NaN:
            waves that reach there have no certainty.
        rate: samples a second, 100-1000.
        beats: sample indices of the R peaks, rising; what is outside the recording is at its end.
    """
    if not len(beats):
        return tuple(() for _ in signal)
    missing = ~np.isfinite(signal)
    whole = _without_spikes(_bridged(signal, missing), rate)
    at = np.clip(np.array(beats, dtype=np.int64), 0, signal.shape[1] - 1)
    found = _found(whole, rate, centred(whole, rate, at))
    p, qrs, t = ([*_waves(*one, missing)] for one in found)
    return tuple(
        tuple(Waves(a, b, c) for a, b, c in zip(*lead, strict=True) if b)
        for lead in zip(p, qrs, t, strict=True)
    )


def _found(signal: Samples, rate: float, beats: NDArray[np.int64]) -> tuple[Agreed, Agreed, Agreed]:
    """P waves, complexes and T waves of all leads."""
    seconds = _intervals(beats, rate)
    like = alike(signal, rate, beats, AROUND)
    kin = steady(like, seconds)
    agreement = Agreement(beats, kin, rate, signal.shape[1] - 1)
    qrs = agreement.reached(np.array([complexes(one, rate, beats) for one in signal]), *QRS)
    level = signal - np.array([_baseline(*one, rate) for one in zip(signal, qrs[0], strict=True)])
    blank = np.array([_without(*one) for one in zip(level, qrs[0], strict=True)])
    bounds = middle(qrs[0], 0).astype(np.int64)
    onsets = bounds[:, 0]
    scale = np.clip(seconds, FASTEST_S, SLOWEST_S) ** (1 / 3)
    view = Humps(level, blank, rate, T_WAVE)
    spans = _t_spans(bounds, scale, signal.shape[1], rate)
    t = agreement.reached(_slow(view, onsets, kin, spans, scale * T_WAVE.usual_s), *T)
    view = Humps(level, blank, rate, P_WAVE)
    spans = _p_spans(bounds, middle(t[0], 0)[:, 2], rate)
    repeated = repetition(level, rate, onsets, like)
    spans[repeated < REPEATED] = 0
    usual_s = np.full(len(beats), P_WAVE.usual_s)
    p, sure = agreement.reached(_slow(view, onsets, kin, spans, usual_s), *P)
    return (p, np.fmin(sure, repeated)), qrs, t


def _bridged(signal: Samples, missing: NDArray[np.bool_]) -> Samples:
    """A line over what is missing; nothing but zeros in a lead that is not there at all."""
    whole: Samples = np.where(missing, 0.0, signal)
    for lead, gaps in zip(whole, missing, strict=True):
        if gaps.any() and not gaps.all():
            there = np.flatnonzero(~gaps)
            lead[gaps] = np.interp(np.flatnonzero(gaps), there, lead[there])
    return whole


def _without_spikes(signal: Samples, rate: float) -> Samples:
    """A line in place of each spike of a pacemaker."""
    remover = SpikeRemover(rate, Spikes())
    parts = [*remover.push(Block(0, signal)), *remover.flush()]
    return np.concatenate([part.leads for part in parts], axis=1)


def _intervals(beats: NDArray[np.int64], rate: float) -> Samples:
    """Seconds before each beat; before the first as usual."""
    seconds = np.diff(beats) / rate
    return np.append(np.median(seconds) if len(seconds) else 1.0, seconds)


def _baseline(lead: Samples, qrs: Samples, rate: float) -> Samples:
    """Lines between the levels just before each complex, where the heart is silent."""
    onsets, span = qrs[:, 0].astype(np.int64), round(SILENT_S * rate)
    levels = [float(np.median(lead[max(0, at - span) : at + 1])) for at in onsets]
    return np.interp(np.arange(len(lead)), qrs[:, 0], levels)


def _without(lead: Samples, qrs: Samples) -> Samples:
    """A line in place of each complex."""
    blank = lead.copy()
    for onset, _, offset in qrs.astype(np.int64):
        blank[onset : offset + 1] = np.linspace(lead[onset], lead[offset], offset + 1 - onset)
    return blank


def _t_spans(bounds: NDArray[np.int64], scale: Samples, count: int, rate: float) -> Samples:
    """Where T waves may be, shape (beats, 2): after the complex, and well before the next."""
    onsets, offsets = bounds[:, 0], bounds[:, 2]
    after = np.append(onsets[1:], count)
    start = np.maximum(offsets + 0.04 * rate, onsets + 0.17 * rate * np.minimum(1, scale))
    longest = np.minimum(0.85, 0.08 + 0.52 * np.sqrt(np.maximum(0, after - onsets) / rate))
    stop = np.minimum(after - 0.04 * rate, onsets + longest * rate)
    return np.stack([start, stop], axis=1)


def _p_spans(bounds: NDArray[np.int64], t_ends: Samples, rate: float) -> Samples:
    """Where P waves may be, shape (beats, 2): after the T wave before, just before the complex."""
    onsets, _, offsets = bounds.astype(np.float64).T
    ends = np.where(np.isfinite(t_ends), t_ends, offsets)
    start = np.maximum(np.roll(ends, 1) + 0.01 * rate, onsets - 0.28 * rate)
    start[0] = onsets[0] - 0.28 * rate
    return np.stack([np.maximum(start, 0), onsets - 0.016 * rate], axis=1)


def _slow(
    view: Humps, onsets: NDArray[np.int64], kin: Kin, spans: Samples, usual_s: Samples
) -> Samples:
    """A slow wave of every beat and lead, shape (leads, beats, 3); NaN where there is none."""
    marks = np.full((view.leads, len(onsets), 3), np.nan)
    for beat, (start, stop) in enumerate(np.rint(spans).astype(np.int64).tolist()):
        if stop - start < LEAST_S * view.rate:
            continue
        others = onsets[np.append(beat, kin[beat])]
        place = view.place(others, start, stop, float(usual_s[beat]))
        for lead in range(view.leads):
            if wave := view.wave(lead, place, start, stop):
                marks[lead, beat] = wave
    return marks


def _waves(
    marks: Samples, sure: Samples, missing: NDArray[np.bool_]
) -> Iterator[list[Wave | None]]:
    """Each lead's waves; where samples are missing nothing is sure."""
    for lead, certainty, gaps in zip(marks, sure, missing, strict=True):
        before = np.append(0, np.cumsum(gaps))
        yield [
            Wave(*at, 0.0 if before[at[2] + 1] > before[at[0]] else float(how)) if at else None
            for at, how in zip(_whole(lead), certainty, strict=True)
        ]


def _whole(marks: Samples) -> Iterator[tuple[int, int, int] | None]:
    for onset, peak, offset in marks:
        yield (int(onset), int(peak), int(offset)) if np.isfinite(onset) else None
