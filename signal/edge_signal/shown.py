"""What people are shown of a recorded ECG: the diagnostic band, without mains where there is any.

Rule: what is shown is derived; whoever draws it says which filters it went through. Before the
first sample and after the last the signal is mirrored, so that a trace that begins in a QRS complex
begins on its line. A hole stays a hole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edge_agent.model.seams import Stage
from edge_signal.filters import DIAGNOSTIC_BAND, linear_diagnostic_filter, mains_filter
from edge_signal.hum import Hum
from edge_signal.values import Block, Samples

MIRRORED_S, LISTENS_S, HEAD_S = 4.0, 1.0, 4.0
LEAST_RATE = 100.0
"""Below it, in samples a second, hum cannot be told from what is folded."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Leads as they are drawn.

    Attributes:
        leads: shape (channels, n), mV; NaN in holes.
        high: upper end of the band, Hz.
        mains: 50 or 60 where that was heard and taken away; None where nothing was.
    """

    leads: Samples
    high: float
    mains: float | None


def shown(leads: Samples, rate: float) -> Shown:
    """Leads of a recording through the diagnostic band of linear phase.

    Args:
        leads: shape (channels, n), mV; NaN in holes, which all leads have together.
        rate: samples a second.
    """
    high = DIAGNOSTIC_BAND[1]
    runs = [(run, _without_hum(leads[:, run], rate)) for run in _runs(leads)]
    heard = Counter(nominal for _, (_, told) in runs for nominal in told)
    found = np.full_like(leads, np.nan)
    for run, (quiet, _) in runs:
        found[:, run] = _in_band(quiet if heard else leads[:, run], rate)
    mains = heard.most_common(1)[0][0] if heard else None
    return Shown(found, high if high < 0.45 * rate else rate / 2, mains)


def _runs(leads: Samples) -> Iterator[slice]:
    """Where all leads are known."""
    known = np.isfinite(leads).all(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    yield from (slice(int(first), int(end)) for first, end in edges.reshape(-1, 2))


def _without_hum(leads: Samples, rate: float) -> tuple[Samples, list[float]]:
    """The leads without mains, and which mains each second had, where it had any.

    The canceller needs a moment to hear: the first second is mended from behind.
    """
    if rate < LEAST_RATE:
        return leads, []
    told: list[Hum] = []
    quiet = _through(mains_filter(rate, told.append), leads)
    nominals = [one.nominal for one in told if one.nominal]
    first, head = (round(seconds * rate) for seconds in (LISTENS_S, HEAD_S))
    if nominals and leads.shape[1] > first:
        behind = _through(mains_filter(rate), leads[:, :head][:, ::-1])[:, ::-1]
        quiet[:, :first] = behind[:, :first]
    return quiet, nominals


def _in_band(leads: Samples, rate: float) -> Samples:
    size = round(MIRRORED_S * rate)
    mirrored = np.pad(leads, ((0, 0), (size, size)), mode="symmetric")
    return _through(linear_diagnostic_filter(rate), mirrored)[:, size:-size]


def _through(stage: Stage[Block, Block], leads: Samples) -> Samples:
    said = [*stage.push(Block(0, leads)), *stage.flush()]
    return np.concatenate([one.samples for one in said], axis=-1)
