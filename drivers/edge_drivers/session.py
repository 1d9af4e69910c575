"""One connection: receive, decode, frame, make durable, acknowledge; in this order and no other.

There is one reader. A procedure that waits for an answer (stored records, a start command) steps
the same loop, so what else arrives meanwhile takes the same way as always.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from edge_agent.model.devices import ClockOffset
from edge_agent.model.errors import DecodeError, LinkError
from edge_agent.model.frames import Frame
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Capture, Clock, Deliver, Link, Mark, Missed
from edge_drivers.codec.decoder import Decoder
from edge_drivers.codec.readings import Reading
from edge_drivers.diagnostics import Diagnostics
from edge_drivers.frames import FrameMaker, Made
from firmware_specs.spec.types import RacpRecords, Spec

NS = 1_000_000_000
COMMIT_S = 5.0
"""How long a commit under way is waited for when the driver is told to stop."""
DRAIN_S = 1.0

Chosen = tuple[Sequence[Frame], Sequence[Mark]]
Choose = Callable[[Sequence[Made]], Chosen]


class Session:
    """The way of a device's octets while it is connected.

    Args:
        spec: the device's.
        link: open.
        decoder: compiled from the spec.
        maker: of this connection's frames.
        deliver: the seam of durability.
        diagnostics: where what cannot be read is counted.
        clock: what time it is.
    """

    def __init__(
        self,
        spec: Spec,
        link: Link,
        decoder: Decoder,
        maker: FrameMaker,
        deliver: Deliver,
        diagnostics: Diagnostics,
        clock: Clock,
    ) -> None:
        self.spec = spec
        self.link = link
        self.decoder = decoder
        self.diagnostics = diagnostics
        self.fruitful = False
        self._maker = maker
        self._deliver = deliver
        self._clock = clock
        self._urgent = urgent_parts(spec)

    async def step(
        self, within: float | None = None, choose: Choose | None = None
    ) -> tuple[Made, ...]:
        """Take what came next all the way; nothing of it is confirmed before it is durable.

        Args:
            within: seconds to wait for something; None for as long as it takes.
            choose: which of the frames to keep, and the marks that move with them.

        Raises:
            LinkLostError: the wire is gone.
            StoreError: nothing of it was kept, no mark moved, nothing was acknowledged.
        """
        return await self._through(await self._receive(within), choose)

    async def read(self, part: str) -> None:
        """Read a part of the device and take what it says all the way.

        Raises:
            LinkLostError, LinkTimeoutError: no answer.
            LinkRefusedError: there is no such thing, or it may not be read.
            StoreError: as `step`.
        """
        await self.take(part, await self.link.read(part))

    async def take(
        self, part: str, octets: bytes, choose: Choose | None = None
    ) -> tuple[Made, ...]:
        """Take all the way what a procedure was told just now; `choose` and errors as `step`."""
        return await self._through([Capture(part, octets, self._clock.now())], choose)

    def compare(self, clock: ClockOffset | None) -> None:
        """What comes from now on is dated by the device's clock, which stands so to ours."""
        self._maker.clock = clock

    def begin(self, part: str, since: str) -> None:
        """See `FrameMaker.begin`."""
        self._maker.begin(part, since)

    async def _through(
        self, received: Sequence[Capture | Missed], choose: Choose | None = None
    ) -> tuple[Made, ...]:
        made = tuple(made for one in received for made in self._made(one))
        frames, marks = choose(made) if choose else (all_frames(made), ())
        await self.commit((*frames, *self._maker.overdue(self._clock.now())), marks)
        await self.link.acknowledge([one for one in received if isinstance(one, Capture)])
        return made

    def now(self) -> Instant:
        """What time it is."""
        return self._clock.now()

    async def commit(self, records: Sequence[Frame | Gap], marks: Sequence[Mark] = ()) -> None:
        """Make records and marks durable. When cancelled, a commit under way is waited for."""
        if not records and not marks:
            return
        urgent = any(record.part in self._urgent for record in records)
        commit = asyncio.ensure_future(self._deliver(records, marks=marks, urgent=urgent))
        try:
            await asyncio.shield(commit)
        except asyncio.CancelledError:
            await asyncio.wait((commit,), timeout=COMMIT_S)
            raise
        self.fruitful = True

    async def finish(self) -> None:
        """Make durable what is in hand, close the link, and keep what came until it was closed.

        Raises:
            StoreError: that was not possible.
        """
        try:
            await self.keep()  # a disconnection takes seconds
        finally:
            await self._close()

    async def keep(self) -> None:
        """Make durable what has come so far, open segments included.

        Raises:
            StoreError: that was not possible.
        """
        received: Sequence[Capture | Missed] = ()
        with suppress(LinkError):
            received = await self._receive(0.0)
        frames = [frame for one in received for frame in all_frames(self._made(one))]
        await self.commit((*frames, *self._maker.flush()))

    async def _close(self) -> None:
        await self.link.close()
        frames: list[Frame] = []
        try:
            async with asyncio.timeout(DRAIN_S):
                while True:
                    for one in await self.link.receive():
                        frames += all_frames(self._made(one))
        except (LinkError, TimeoutError):
            frames += self._maker.flush()
        await self.commit(frames)

    def decode(self, capture: Capture) -> tuple[Reading, ...]:
        """What a capture says; nothing when it cannot be read, which is counted."""
        try:
            readings = self.decoder.decode(capture.part, capture.octets)
        except DecodeError as error:
            self.diagnostics.malformed(capture, error)
            self._maker.missed(capture.part, 1, GapReason.MALFORMED)
            return ()
        self.diagnostics.dropped(sum(reading.dropped for reading in readings))
        return readings

    def _made(self, one: Capture | Missed) -> tuple[Made, ...]:
        if isinstance(one, Capture):
            return self._maker.push(one, self.decode(one))
        self.diagnostics.missed(one)
        self._maker.missed(one.part, one.strings, one.reason)
        return ()

    async def _receive(self, within: float | None) -> Sequence[Capture | Missed]:
        wait = self._wait(within)
        if wait is None:
            return await self.link.receive()
        try:
            async with asyncio.timeout(wait):
                return await self.link.receive()
        except TimeoutError:
            return ()

    def _wait(self, within: float | None) -> float | None:
        deadline = self._maker.deadline()
        if deadline is None:
            return within
        left = max(0.0, (deadline - self._clock.now().ns) / NS)
        return left if within is None else min(left, within)


def all_frames(made: Sequence[Made]) -> tuple[Frame, ...]:
    """The frames, in order."""
    return tuple(frame for one in made for frame in one.frames)


def urgent_parts(spec: Spec) -> frozenset[str]:
    """Parts that commit at once: confirmed by the stack before we see them, and not asked again.

    Of a device that may be without its memory, even what others can be asked for again.
    """
    forgetful = isinstance(spec.records, RacpRecords) and spec.records.optional
    return frozenset(
        name
        for name, part in spec.parts.items()
        if part.access in ("indicate", "write-indicate") and (forgetful or part.kept != "stored")
    )
