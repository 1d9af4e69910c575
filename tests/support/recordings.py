"""A short recording to write out and draw: two real leads, the others made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

from edge_agent.model.gaps import GapReason
from edge_agent.model.waveforms import Channel
from edge_signal.recordings import Recording, Segment

EXCERPT = Path(__file__).parents[1] / "data" / "ecg" / "119.npz"
LEADS = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")
START = datetime(2026, 3, 2, 9, 41, 5, 250000, UTC)
FIRST = 1000


def channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    """MIT-BIH's scale: 200 counts a millivolt, 1024 is nought."""
    made = (f"ecg-lead-{name}" for name in names)
    return tuple(Channel(name, "mV", Decimal("0.005"), Decimal("-5.12")) for name in made)


def recording(leads: int = 12, seconds: int = 10, hole: bool = False) -> Recording:
    """From sample 1000 on, with a hole from the fourth to the fifth second if wanted."""
    with np.load(EXCERPT) as kept:
        one, two = kept["samples"].astype(np.int64)[:, : 360 * seconds] - 1024
    limb = [one, two, two - one, -(one + two) // 2, one - two // 2, two - one // 2]
    chest = [two - at * (two - one) // 5 for at in range(6)]
    counts = np.array([*limb, *chest])[:leads] + 1024
    whole: tuple[Segment, ...] = (Segment(FIRST, counts),)
    if hole:
        late = Segment(FIRST + 1800, counts[:, 1800:], GapReason.LINK_LOST)
        whole = (Segment(FIRST, counts[:, :1440]), late)
    return Recording("strap:7", Fraction(360), channels(LEADS[:leads]), whole, START)
