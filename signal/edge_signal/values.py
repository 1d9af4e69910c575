"""What flows through the chain: blocks of samples in, blocks and findings out. All are frozen.

Indices count samples of the stream from its first one and never refer to a filter's delayed output.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
RECORDABLE = 0.8
"""From this figure on a doctor can read waves and intervals."""
USABLE = 0.5
"""From this figure on beats and their rate can be trusted; below it nothing is vouched for."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Consecutive samples of a stream.

    Attributes:
        first: index of the first sample in the stream.
        samples: mV, shape (n,) for one lead or (channels, n) for several.
    """

    first: int
    samples: Samples

    @property
    def count(self) -> int:
        """Samples per channel."""
        return int(self.samples.shape[-1])

    @property
    def end(self) -> int:
        """Index of the first sample after this block."""
        return self.first + self.count

    @property
    def leads(self) -> Samples:
        """The samples as (channels, n), whatever their shape."""
        return self.samples if self.samples.ndim == 2 else self.samples[None]

    def part(self, start: int, stop: int) -> Block:
        """Samples `start` to `stop`, counted within this block."""
        return Block(self.first + start, self.samples[..., start:stop])

    def filled(self, leads: Samples) -> Block:
        """This block with other samples, given as (channels, n)."""
        return Block(self.first, leads.reshape(self.samples.shape))


class Reason(StrEnum):
    """What is wrong with a window of signal."""

    OFF = "off"
    FLAT = "flat"
    SATURATED = "saturated"
    MAINS = "mains"
    MOTION = "motion"
    MUSCLE = "muscle"
    NOISE = "noise"
    SCALE = "scale"
    MISSING = "missing"


class Use(StrEnum):
    """What a signal of some quality is good for."""

    RECORD = "recordable"
    MONITOR = "monitor-only"
    NONE = "unusable"


class BeatKind(StrEnum):
    """Kinds of beats: classes of ANSI/AAMI EC57 and, with PhysioBank's sign, paced ones.

    Fusion beats are told as one of their parts.
    """

    NORMAL = "N"
    SUPRAVENTRICULAR = "S"
    VENTRICULAR = "V"
    PACED = "/"
    UNKNOWN = "Q"


@dataclass(frozen=True, slots=True)
class Beat:
    """A QRS complex.

    Attributes:
        index: the sample of the R peak (of the largest deflection of the complex); of a paced beat
            that of the spike that set it off, which is where annotators mark it.
        amplitude: deflection of the peak in the 5-25 Hz band, mV, over all leads (root sum square).
        certainty: probability that this is a beat, 0 to 1, as the detector sees it.
        kind: what kind of beat it is.
        kind_certainty: probability of that kind, 0 to 1.
    """

    index: int
    amplitude: float
    certainty: float
    kind: BeatKind = BeatKind.UNKNOWN
    kind_certainty: float = 0.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Average heart rate at a beat.

    Attributes:
        first: the sample of the first beat that it is averaged over.
        index: the sample of the beat that completed it.
        bpm: beats a minute.
    """

    first: int
    index: int
    bpm: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How far a window of one lead can be trusted.

    Attributes:
        first: index of the first sample.
        last: index of the last sample.
        figure: 0 (worthless) to 1 (clean).
        reasons: what is wrong, the worst first; empty when nothing is.
        channel: which lead, counted from 0.
    """

    first: int
    last: int
    figure: float
    reasons: tuple[Reason, ...] = ()
    channel: int = 0

    @property
    def use(self) -> Use:
        """What the window is good for."""
        if self.figure >= RECORDABLE:
            return Use.RECORD
        return Use.MONITOR if self.figure >= USABLE else Use.NONE


@dataclass(frozen=True, slots=True)
class Chaos:
    """How probable ventricular fibrillation or flutter is in a window.

    Attributes:
        first: index of the first sample.
        last: index of the last sample.
        probability: 0 to 1.
    """

    first: int
    last: int
    probability: float


class Flag(StrEnum):
    """What the rhythm may be."""

    FIBRILLATION = "atrial-fibrillation"
    IRREGULAR = "irregular"
    PAUSE = "pause"
    SLOW = "bradycardia"
    FAST = "tachycardia"
    BIGEMINY = "bigeminy"
    RUN = "ventricular-tachycardia"
    CHAOS = "ventricular-fibrillation"
    ASYSTOLE = "asystole"
    LEAD_OFF = "lead-off"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A flag that begins or ends, and why.

    Attributes:
        flag: what is suspected.
        begins: False when it is over.
        first: first sample of the evidence.
        index: last sample of the evidence.
        certainty: probability, 0 to 1, where there is one; else 1.
        evidence: names and numbers: seconds, beats a minute, counts, shares.
    """

    flag: Flag
    begins: bool
    first: int
    index: int
    certainty: float = 1.0
    evidence: tuple[tuple[str, float], ...] = ()


Finding = Beat | Rate | Quality | Chaos | Suspicion
