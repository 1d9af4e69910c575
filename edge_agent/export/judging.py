"""What the ECG chain says of a recording, for the sheet that a doctor reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from edge_signal.ecg import RATES, ecg_chain
from edge_signal.recordings import Recording
from edge_signal.sheets.ecg import labelled
from edge_signal.sheets.heading import Measurements
from edge_signal.values import Block, Finding, Quality, Rate, Suspicion

POOR = 0.5
OFTEN = 0.2


@dataclass(frozen=True, slots=True)
class Judged:
    """What is written on a sheet.

    Attributes:
        measurements: the table.
        quality: why leads are poor, by label; good ones are left out.
        findings: what the rhythm may be, in the order in which it was suspected; None where the
            chain cannot run.
    """

    measurements: Measurements = field(default_factory=Measurements)
    quality: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    findings: tuple[str, ...] | None = None


def judged(recording: Recording) -> Judged:
    """Heart rate, suspicions, and of each lead that is poor in a fifth of its windows, why."""
    leads = labelled(recording)
    rate = float(recording.rate)
    if not leads or not RATES[0] <= rate <= RATES[1]:
        return Judged()
    chain = ecg_chain(rate)
    found = [*chain.push(Block(0, np.array(list(leads.values())))), *chain.flush()]
    rates = [one.bpm for one in found if isinstance(one, Rate)]
    whys = {name: _why(at, found) for at, name in enumerate(leads)}
    return Judged(
        Measurements(rate=fmean(rates) if rates else None),
        {name: why for name, why in whys.items() if why},
        tuple(dict.fromkeys(one.flag for one in found if isinstance(one, Suspicion))),
    )


def _why(channel: int, found: Sequence[Finding]) -> tuple[str, ...]:
    windows = [one for one in found if isinstance(one, Quality) and one.channel == channel]
    poor = [one for one in windows if one.figure < POOR]
    if len(poor) <= OFTEN * len(windows):
        return ()
    return tuple(
        reason for reason, _ in Counter(r for one in poor for r in one.reasons).most_common(2)
    )
