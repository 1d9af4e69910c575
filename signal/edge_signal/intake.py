"""The head of a chain: what comes is put in order before any other stage sees it.

`Intake` turns jumps of the index and samples that are no numbers into gaps; `Regular` cuts the
stream at fixed indices, so that all behind it does the same work, in the same order, for any split.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_agent.model.seams import Stage
from edge_signal.values import Block, Samples

Out = TypeVar("Out", covariant=True)
BRIDGED_S = 0.04
"""A hole no longer than this is bridged by a straight line: shorter than any QRS complex."""
LIMIT_MV = 1e6
"""Beyond this a sample is no number: no electrode and no unit gives a thousand volts."""


class Intake(Generic[Out]):
    """Feeds a stage with consecutive numbers only, and tells it of every gap.

    A block behind its time is dropped as far as it has been seen: nothing is counted twice.

    Args:
        stage: what to feed.
        rate: samples a second.
    """

    def __init__(self, stage: Stage[Block, Out], rate: float) -> None:
        self._stage = stage
        self._bridged = int(BRIDGED_S * rate)
        self._next: int | None = None
        self._hole = 0
        self._edge: Samples | None = None

    def push(self, item: Block, /) -> tuple[Out, ...]:
        """Feed what is new in a block.

        Raises:
            ValueError: the number of channels changed.
        """
        self._check(item)
        said: list[Out] = []
        if self._next is not None and item.first > self._next:
            said += self.gap(item.first - self._next)
        fresh = item.part(max(0, (self._next or item.first) - item.first), item.count)
        if fresh.count > 0:
            self._next = fresh.end
            said += self._sound(fresh)
        return tuple(said)

    def gap(self, samples: int, /) -> tuple[Out, ...]:
        """Samples are missing; negative: nobody knows how many, the next block will tell."""
        if self._next is not None:
            self._next = self._next + samples if samples >= 0 else None
        missing, self._hole, self._edge = self._hole + max(samples, 0), 0, None
        return self._stage.gap(missing if samples >= 0 else samples)

    def flush(self) -> tuple[Out, ...]:
        """The end: what the stage still holds back."""
        return self._stage.flush()

    def _check(self, item: Block) -> None:
        if self._edge is not None and len(self._edge) != len(item.leads):
            raise ValueError(f"{len(item.leads)} channels after {len(self._edge)}")

    def _sound(self, item: Block) -> list[Out]:
        """Feed runs of numbers; between them, the runs of what is none."""
        good: NDArray[np.bool_] = np.all(np.abs(item.leads) < LIMIT_MV, axis=0)
        if good.all() and not self._hole:
            return self._feed(item)
        turns = np.flatnonzero(good[1:] != good[:-1]) + 1
        cuts = [0, *(int(turn) for turn in turns), item.count]
        said: list[Out] = []
        for start, stop in pairwise(cuts):
            if good[start]:
                said += self._close(item.part(start, stop))
            else:
                said += self._widen(stop - start)
        return said

    def _feed(self, item: Block) -> list[Out]:
        self._edge = item.leads[:, -1].copy()
        return list(self._stage.push(item))

    def _widen(self, samples: int) -> list[Out]:
        """The hole grows; once it is too long to bridge it is a gap, told once."""
        whole = self._hole <= self._bridged < self._hole + samples
        self._hole += samples
        if self._edge is None or not whole:
            return []
        self._edge = None
        return list(self._stage.gap(-1))

    def _close(self, item: Block) -> list[Out]:
        """Numbers again: bridge a short hole."""
        hole, self._hole = self._hole, 0
        if not hole or self._edge is None:
            return self._feed(item)
        before, after = self._edge[:, None], item.leads[:, :1]
        line = before + (after - before) * (np.arange(1, hole + 1) / (hole + 1))
        bridge = Block(item.first - hole, line if item.samples.ndim > 1 else line[0])
        return [*self._feed(bridge), *self._feed(item)]


class Regular:
    """Cuts the stream at multiples of `hop`; the delay is less than one hop.

    Args:
        hop: samples.
    """

    def __init__(self, hop: int) -> None:
        self.hop = hop
        self._held: list[Block] = []

    def push(self, item: Block, /) -> tuple[Block, ...]:
        """Every hop that is now whole."""
        said: list[Block] = []
        while item.count:
            room = self.hop - item.first % self.hop
            self._held.append(item.part(0, min(room, item.count)))
            if room > item.count:
                break
            said += self.flush()
            item = item.part(room, item.count)
        return tuple(said)

    def gap(self, samples: int, /) -> tuple[Block, ...]:
        """The part of a hop before the gap."""
        del samples
        return self.flush()

    def flush(self) -> tuple[Block, ...]:
        """The part of a hop that is held."""
        held, self._held = self._held, []
        if not held:
            return ()
        if len(held) == 1:
            return (held[0],)
        return (Block(held[0].first, np.concatenate([part.samples for part in held], axis=-1)),)
