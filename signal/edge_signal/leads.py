"""Leads count as far as they can be trusted: the last window's quality weighs each of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from edge_agent.model.seams import Stage
from edge_signal.quality import QualityStage
from edge_signal.values import Block, Finding, Quality, Samples

LEAST = 0.3
"""A weight (sqrt of the quality against the best lead's) below this is none: it would add noise."""


class WeighedLeads:
    """Judges the raw leads, and feeds what comes behind with the leads as they deserve.

    One lead, or several that are equally good, go through as they are. Weights change at the ends
    of quality windows only, so they are the same for any split that `Regular` made.

    Args:
        quality: judges the raw signal.
        band: the filter before the detector.
        behind: the detector and what follows it.
    """

    def __init__(
        self, quality: QualityStage, band: Stage[Block, Block], behind: Stage[Block, Finding]
    ) -> None:
        self._quality = quality
        self._band = band
        self._behind = behind
        self._weights: Samples | None = None

    def push(self, item: Block, /) -> tuple[Finding, ...]:
        """What the windows' qualities are, and what was found."""
        judged = self._quality.push(item)
        said = self._found(self._band.push(item))
        self._weigh(judged, len(item.leads))
        return (*judged, *said)

    def gap(self, samples: int, /) -> tuple[Finding, ...]:
        """What both held back; the leads are as they were."""
        judged = self._quality.gap(samples)
        return (*judged, *self._found(self._band.gap(samples)), *self._behind.gap(samples))

    def flush(self) -> tuple[Finding, ...]:
        """What both held back."""
        judged = self._quality.flush()
        return (*judged, *self._found(self._band.flush()), *self._behind.flush())

    def _found(self, blocks: Iterable[Block]) -> list[Finding]:
        return [said for block in blocks for said in self._behind.push(self._weighed(block))]

    def _weighed(self, block: Block) -> Block:
        if self._weights is None:
            return block
        return block.filled(block.leads * self._weights[:, None])

    def _weigh(self, judged: tuple[Quality, ...], leads: int) -> None:
        if leads < 2 or len(judged) < leads:
            return
        figures = np.array([one.figure for one in judged[-leads:]])
        if figures.max() <= 0:
            return
        weights = np.sqrt(figures / figures.max())
        weights[weights < LEAST] = 0.0
        self._weights = None if weights.min() == 1.0 else weights
