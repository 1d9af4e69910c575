"""Leads count as far as they can be trusted: the last window's quality weighs each of them."""

from __future__ import annotations

import numpy as np

from edge_agent.model.seams import Stage
from edge_signal.quality import QualityStage
from edge_signal.stages import Chain
from edge_signal.values import Block, Finding, Quality, Samples

LEAST = 0.03
"""A weight below this is none: sqrt of the quality against the best lead's."""


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
        said: list[Finding] = [*judged]
        for block in self._band.push(item):
            said += self._behind.push(self._weighed(block))
        self._weigh(judged, len(item.leads))
        return tuple(said)

    def gap(self, samples: int, /) -> tuple[Finding, ...]:
        """What both held back; the leads are as they were."""
        chain = Chain[Block, Finding](self._band, self._behind)
        return (*self._quality.gap(samples), *chain.gap(samples))

    def flush(self) -> tuple[Finding, ...]:
        """What both held back."""
        chain = Chain[Block, Finding](self._band, self._behind)
        return (*self._quality.flush(), *chain.flush())

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
