"""Signals cut into blocks and put together again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from edge_agent.model.seams import Stage
from edge_signal.intake import Intake
from edge_signal.values import Block

Samples = NDArray[np.float64]
FIRST = 7


def filtered(
    stage: Stage[Block, Block], rate: float, signal: Samples, cuts: Iterable[int] = ()
) -> Samples:
    """Through the intake, as a chain does, in parts; the first sample has the index `FIRST`.

    On top a row of indices, so that a sample out of its place is noticed: shape (1 + channels, n).
    """
    head = Intake(stage, rate)
    edges = [0, *np.unique(np.clip(list(cuts), 0, signal.shape[-1])), signal.shape[-1]]
    said: list[Block] = []
    for start, stop in itertools.pairwise(edges):
        said += head.push(Block(FIRST + int(start), signal[..., start:stop]))
    said += head.flush()
    return np.hstack(
        [np.vstack([np.arange(one.first, one.end, dtype=np.float64), one.leads]) for one in said]
    )
