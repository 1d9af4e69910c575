"""Systems of a whole, constant delay as stages: blocks carry the indices that they stand for.

Rule: what comes out with index n is the filtered sample n, `latency` samples after it came in, with
nothing to correct. Before the first sample and after the last the signal is held, so as many
samples come out as went in.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from edge_signal.values import Block, Samples


class Delayed(Protocol):
    """A causal system: exact for any split, late by a whole number of samples at every frequency.

    It starts as if the first sample had always been.
    """

    @property
    def latency(self) -> int:
        """How late, samples."""
        ...

    def push(self, leads: Samples, /) -> Samples:
        """Answer to samples of shape (channels, n), in the same shape."""
        ...

    def reset(self) -> None:
        """Forget; the next sample starts a new signal."""
        ...


class Aligned:
    """Systems one after the other as a stage; all leads at once.

    Attributes:
        latency: how many samples later than its index a sample comes out.
        delay: what the index of a wave is late by: nothing.
    """

    delay = 0.0

    def __init__(self, *systems: Delayed) -> None:
        self.latency = sum(one.latency for one in systems)
        self._systems = systems
        self._last: Block | None = None
        self._ahead = 0

    def push(self, item: Block, /) -> tuple[Block, ...]:
        """The filtered samples that are now known."""
        if not item.count:
            return ()
        if self._last is None:
            self._ahead = self.latency
        self._last = item.part(item.count - 1, item.count)
        leads = item.leads
        for system in self._systems:
            leads = system.push(leads)
        early = min(self._ahead, item.count)
        self._ahead -= early
        out = Block(item.first - self.latency, leads.reshape(item.samples.shape))
        return (out.part(early, item.count),) if early < item.count else ()

    def gap(self, samples: int, /) -> tuple[Block, ...]:
        """What is held back; then start anew, without the transient of a step."""
        del samples
        return self.flush()

    def flush(self) -> tuple[Block, ...]:
        """What is held back, as if the last sample stayed."""
        last = self._last
        if last is None:
            return ()
        held = np.repeat(last.samples, self.latency, axis=-1)
        said = self.push(Block(last.end, held))
        for system in self._systems:
            system.reset()
        self._last = None
        return said
