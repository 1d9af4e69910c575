"""The waves of a beat, as sample indices within a recording."""

from __future__ import annotations

from dataclasses import dataclass

UNSURE = 0.5


@dataclass(frozen=True, slots=True)
class Wave:
    """Where a wave begins, is highest and ends: sample indices within the recording.

    Attributes:
        onset, peak, offset: sample indices.
        certainty: 0-1, see `edge_signal.likeness`; below `UNSURE` a boundary may be far off.
    """

    onset: int
    peak: int
    offset: int
    certainty: float


@dataclass(frozen=True, slots=True)
class Waves:
    """The waves of one beat of one lead; None where there is none to be seen."""

    p: Wave | None
    qrs: Wave
    t: Wave | None
