"""The ECG chain that the agent runs, and the way to score it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_signal.filters import monitor_filter
from edge_signal.flutter import FlutterStage
from edge_signal.intake import Intake, Regular
from edge_signal.judge import Watch
from edge_signal.leads import WeighedLeads
from edge_signal.paced import PacedBeats
from edge_signal.pacing import SpikeRemover, Spikes
from edge_signal.qrs import QrsDetector
from edge_signal.quality import QualityStage
from edge_signal.rate import HeartRate
from edge_signal.rhythm import RhythmWatch
from edge_signal.stages import Chain, Fan, Pass
from edge_signal.values import Beat, Block, Finding, Samples

RATES = (100.0, 1000.0)
HOP_S = 0.04
SCORED_S = 0.05


def ecg_chain(
    rate: float, mains: float | None = 50.0, watch: Watch | None = None
) -> Intake[Finding]:
    """Blocks of raw ECG in; beats, rates, quality figures and what is suspected of the rhythm out.

    Filtered (0.5-40 Hz, mains removed), detected, averaged; the quality is that of the raw signal.
    The order of the findings, too, is the same for any split.

    Args:
        rate: samples a second, 100-1000.
        mains: 50 or 60 Hz; None leaves the notch out.
        watch: sees every candidate, see `edge_signal.judge`.

    Raises:
        ValueError: the rate is out of range.
    """
    low, high = RATES
    if not low <= rate <= high:
        raise ValueError(f"an ECG of {rate} samples a second is not within {low:g}-{high:g}")
    band = monitor_filter(rate, mains)
    detector = QrsDetector(rate, band.delay, watch)
    spikes = Spikes()
    beats = Chain[Block, Finding](
        detector, PacedBeats(rate, spikes), Fan(Pass[Beat](), HeartRate(rate))
    )
    cleaned = Chain[Block, Block](SpikeRemover(rate, spikes), band)
    leads = WeighedLeads(
        QualityStage(rate), cleaned, Fan[Block, Finding](beats, FlutterStage(rate, band.delay))
    )
    watched = Fan[Finding, Finding](Pass[Finding](), RhythmWatch(rate))
    return Intake(Chain[Block, Finding](Regular(round(HOP_S * rate)), leads, watched), rate)


def detect_beats(signal_mV: Samples, rate: float) -> NDArray[np.int64]:  # noqa: N803  mV is a unit
    """Sample indices of the R peaks of a whole recording, through the chain in blocks of 50 ms.

    Args:
        signal_mV: one lead (n,) or several (channels, n), mV.
        rate: samples a second, 100-1000.

    Raises:
        ValueError: the rate is out of range.
    """
    chain = ecg_chain(rate)
    size = max(1, round(SCORED_S * rate))
    signal = np.asarray(signal_mV, dtype=np.float64)
    found: list[Finding] = []
    for first in range(0, signal.shape[-1], size):
        found += chain.push(Block(first, signal[..., first : first + size]))
    found += chain.flush()
    at = np.array([one.index for one in found if isinstance(one, Beat)], dtype=np.int64)
    return np.clip(at, 0, signal.shape[-1] - 1)
