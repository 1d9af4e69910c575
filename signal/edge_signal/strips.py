"""Which of four classes a strip of ECG is: normal, atrial fibrillation, another rhythm, too noisy.

The classes are those of the PhysioNet/CinC Challenge 2017 (Clifford et al., doi
10.22489/CinC.2017.065-469), of one lead and some ten seconds to a minute. Multinomial logistic
regression on measures of intervals, beats, atria and signal (`strip_weights`); what spoke most for
the class is told with it. A screening's word, not a diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from edge_signal.beat_shapes import RATE, line_up
from edge_signal.filters import linear_monitor_filter
from edge_signal.strip_measures import of_atria, of_beats, of_intervals, of_signal
from edge_signal.strip_weights import CENTRES, NAMES, SPREADS, WEIGHTS
from edge_signal.values import USABLE, Beat, BeatKind, Block, Finding, Quality, Samples

SHORTEST_S, LONGEST_S = 9.0, 61.0
FEWEST, REASONS = 4, 3
"""Intervals without which nothing is told; what is told of the evidence."""


class StripClass(StrEnum):
    """What a strip is; the challenge's letters are N, A, O and ~."""

    NORMAL = "normal"
    FIBRILLATION = "atrial-fibrillation"
    OTHER = "other"
    NOISY = "noisy"


@dataclass(frozen=True, slots=True)
class Strip:
    """The class of a strip.

    Attributes:
        likeliest: the class.
        chances: the probability of each class, 0 to 1, their sum 1; as if all four came equally
            often, which they do not: in a crowd of the healthy the others are less probable.
        evidence: what speaks for the class rather than for the mean of all, the most telling first:
            measures by name, and how much their logarithmic odds are.
    """

    likeliest: StripClass
    chances: Mapping[StripClass, float]
    evidence: tuple[tuple[str, float], ...]


def classify(signal_mV: Samples, rate: float, findings: Sequence[Finding]) -> Strip | None:  # noqa: N803
    """The class of a strip; None where it has too few beats to tell any.

    Args:
        signal_mV: one lead (n,) or several (channels, n), mV, raw; 9 to 61 s; NaN where there is
            none.
        rate: samples a second, 100-1000.
        findings: what the chain found in it, indices counted from its first sample.

    Raises:
        ValueError: the strip is too short or too long.
    """
    told = measured(signal_mV, rate, findings)
    if told is None:
        return None
    each = WEIGHTS * np.append(1.0, (told - CENTRES) / SPREADS)
    whole = each.sum(axis=1)
    chances: Samples = np.exp(whole - whole.max())
    chances /= chances.sum()
    best = int(chances.argmax())
    telling = sorted(zip(each[best, 1:].tolist(), NAMES, strict=True), reverse=True)
    return Strip(
        tuple(StripClass)[best],
        dict(zip(StripClass, chances.tolist(), strict=True)),
        tuple((name, odds) for odds, name in telling[:REASONS]),
    )


def measured(signal_mV: Samples, rate: float, findings: Sequence[Finding]) -> Samples | None:  # noqa: N803
    """What `strip_weights.TABLE` weighs, in its order: the mean of the usable leads."""
    leads = np.atleast_2d(signal_mV)
    seconds = leads.shape[1] / rate
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise ValueError(
            f"a strip lasts {SHORTEST_S:g} to {LONGEST_S:g} s, not {seconds:g}: cut it, "
            "or record it again"
        )
    windows = _windows(findings, len(leads))
    told = [
        one
        for lead, some in zip(leads, windows, strict=True)
        if some and (one := _of_lead(lead, rate, findings, some)) is not None
    ]
    return np.mean(told, axis=0) if told else None


def _windows(findings: Sequence[Finding], channels: int) -> list[list[Quality]]:
    """Those of each lead; none of a lead that is worthless while another is not."""
    windows: list[list[Quality]] = [[] for _ in range(channels)]
    for one in findings:
        if isinstance(one, Quality):
            windows[one.channel].append(one)
    figures = [sum(one.figure for one in some) / max(1, len(some)) for some in windows]
    least = min(USABLE, max(figures))
    return [some if figure >= least else [] for some, figure in zip(windows, figures, strict=True)]


def _of_lead(
    lead: Samples, rate: float, findings: Sequence[Finding], windows: Sequence[Quality]
) -> Samples | None:
    known = np.isfinite(lead)
    beats = [one for one in findings if isinstance(one, Beat)]
    pairs = [two for two in pairwise(beats) if known[two[0].index : two[1].index].all()]
    if len(pairs) < FEWEST:
        return None
    whole = _prepared(np.interp(np.arange(len(lead)), np.flatnonzero(known), lead[known]), rate)
    peaks = np.rint(np.array([one.index for one in beats]) * (RATE / rate)).astype(np.int64)
    shapes = line_up(whole, peaks)
    if shapes is None:
        return None
    seconds = np.array([(after.index - before.index) / rate for before, after in pairs])
    conducted = [BeatKind.VENTRICULAR not in (one.kind, other.kind) for one, other in pairs]
    return np.array(
        [
            *of_intervals(seconds, seconds[conducted]),
            *of_beats(beats, shapes),
            *of_atria(whole, shapes),
            *of_signal(whole, windows),
        ]
    )


def _prepared(lead: Samples, rate: float) -> Samples:
    """0.5-40 Hz in linear phase, at `RATE`."""
    band = linear_monitor_filter(rate)
    parts = (*band.push(Block(0, lead)), *band.flush())
    whole = np.concatenate([one.samples for one in parts])
    at = np.arange(int(len(whole) * RATE / rate)) * (rate / RATE)
    even: Samples = np.interp(at, np.arange(len(whole), dtype=np.float64), whole)
    return even
