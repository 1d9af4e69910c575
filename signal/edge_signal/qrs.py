"""The QRS detector as a stage: blocks in, beats out, each at most a second after its R peak."""

from __future__ import annotations

from dataclasses import replace

from edge_signal.candidates import CandidateFinder
from edge_signal.judge import Judge, Watch
from edge_signal.values import Beat, Block

FORGET_S = 30.0
"""After a gap this long everything may have changed: another person, other electrodes."""


class QrsDetector:
    """Finds beats; all leads are seen together.

    A beat comes at most 0.89 s after its R peak: 0.1 s for the kernels, 0.1 s in which a larger
    maximum could follow, 0.62 s of looking ahead, 0.06 s between envelope and peak.

    Args:
        rate: samples a second, 100-1000.
        delay: what the filters before it make its input late by, samples.
        watch: sees every candidate, see `edge_signal.judge`.
    """

    def __init__(self, rate: float, delay: float = 0.0, watch: Watch | None = None) -> None:
        self._forget = FORGET_S * rate
        self._late = round(delay)
        self._finder = CandidateFinder(rate)
        self._judge = Judge(rate, watch)

    def push(self, item: Block, /) -> tuple[Beat, ...]:
        """Beats that are certain now."""
        if not item.count:
            return ()
        found = self._finder.push(item)
        return self._timely(self._judge.decide(found, self._finder.known))

    def gap(self, samples: int, /) -> tuple[Beat, ...]:
        """Beats before the gap; after it the rhythm starts anew, after a long one everything."""
        beats = self.flush()
        if samples >= self._forget:
            self._judge.forget()
        return beats

    def flush(self) -> tuple[Beat, ...]:
        """Beats that were still waiting for what would follow them."""
        beats = self._judge.finish(self._finder.flush())
        self._finder.reset()
        return self._timely(beats)

    def _timely(self, beats: tuple[Beat, ...]) -> tuple[Beat, ...]:
        return tuple(replace(beat, index=beat.index - self._late) for beat in beats)
