"""Reading what a meter has stored that must be asked, reading by reading.

The high-water mark is the id of the newest reading that is durable together with all before it; it
moves when the meter has told everything that is newer. A meter that has forgotten the marked
reading is read whole.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing

from edge_agent.model.errors import LinkTimeoutError
from edge_agent.model.seams import Mark, Marks
from edge_drivers.frames import Made
from edge_drivers.procedures.talks import TALKS, Fits
from edge_drivers.session import Chosen, Session, all_frames
from firmware_specs.spec.types import AskedRecords

MARK = "asked"
ANSWER_S = 2.0
"""Seconds within which a meter answers (LifeScan's own time is 1 s)."""
TRIES = 3
MOST_KNOWN = 10_000


class AskedMemory:
    """What one meter has stored, and how much of it is durable.

    Args:
        records: how it is asked.
        marks: what earlier commits left.
        patience: seconds within which it answers.
    """

    def __init__(self, records: AskedRecords, marks: Marks, patience: float = ANSWER_S) -> None:
        self._records = records
        self._marks = marks
        self._patience = patience
        self._known: set[str] = set()

    async def read(self, session: Session, device: str) -> None:
        """Make durable all that the meter has stored and we do not have.

        Raises:
            LinkLostError, LinkTimeoutError, LinkRefusedError: as the talk; the next call goes on.
            StoreError: nothing of what was in hand was kept.
        """
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        since = await self._marks.mark(device, MARK) or ""
        self._known.add(since)
        newest = ""
        line = SessionLine(session, self._patience)
        async with aclosing(TALKS[self._records.talk](line)) as readings:
            async for octets in readings:
                made = await session.take(self._records.measurement, octets, self._fresh)
                ids = [frame.id for frame in all_frames(made)]
                if since in ids:
                    break
                self._known.update(ids)
                newest = newest or "".join(ids)
        if newest:
            await session.commit((), (Mark(device, MARK, newest),))

    def _fresh(self, made: Sequence[Made]) -> Chosen:
        return tuple(frame for frame in all_frames(made) if frame.id not in self._known), ()


class SessionLine:
    """A `Line` over a session: packets that cannot be read are counted as ever, none is kept."""

    def __init__(self, session: Session, patience: float) -> None:
        self._session = session
        self._packet = session.spec.packet
        self._patience = patience
        self._heard: deque[bytes] = deque()

    async def say(self, octets: bytes) -> None:
        """See `Line`."""
        await self._session.link.write(self._packet, octets)

    async def hear(self, fits: Fits) -> bytes:
        """See `Line`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            while self._heard:
                if fits(packet := self._heard.popleft()):
                    return packet
            if (left := until - loop.time()) <= 0:
                raise LinkTimeoutError(f"the meter did not answer in {self._patience} s")
            made = await self._session.step(left, _nothing)
            self._heard += [m.reading.octets for m in made if m.reading.part == self._packet]

    async def ask(self, octets: bytes, fits: Fits) -> bytes:
        """See `Line`."""
        for _ in range(TRIES - 1):
            await self.say(octets)
            try:
                return await self.hear(fits)
            except LinkTimeoutError:
                continue
        await self.say(octets)
        return await self.hear(fits)


def _nothing(_made: Sequence[Made]) -> Chosen:
    return (), ()
