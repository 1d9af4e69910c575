"""What the ECG chain says of a recording, for the sheet that a doctor reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from edge_signal.ecg import RATES, ecg_chain
from edge_signal.recordings import Recording
from edge_signal.sheets.ecg import labelled
from edge_signal.sheets.heading import Measurements
from edge_signal.values import Block, Finding, Quality, Rate

POOR = 0.5
OFTEN = 0.2


def judged(recording: Recording) -> tuple[Measurements, Mapping[str, Sequence[str]]]:
    """The measurements that the chain makes, and why a lead is poor in a fifth of its windows."""
    leads = labelled(recording)
    rate = float(recording.rate)
    if not leads or not RATES[0] <= rate <= RATES[1]:
        return Measurements(), {}
    chain = ecg_chain(rate)
    found = [*chain.push(Block(0, np.array(list(leads.values())))), *chain.flush()]
    rates = [one.bpm for one in found if isinstance(one, Rate)]
    table = Measurements(rate=fmean(rates) if rates else None)
    return table, {name: why for at, name in enumerate(leads) if (why := _why(at, found))}


def _why(channel: int, found: Sequence[Finding]) -> tuple[str, ...]:
    windows = [one for one in found if isinstance(one, Quality) and one.channel == channel]
    poor = [one for one in windows if one.figure < POOR]
    if len(poor) <= OFTEN * len(windows):
        return ()
    return tuple(
        reason for reason, _ in Counter(r for one in poor for r in one.reasons).most_common(2)
    )
