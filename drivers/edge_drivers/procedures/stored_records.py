"""Reading stored records over the Record Access Control Point (GLS 1.0.1, 3.4 and 4).

The answers are read by the spec, whose control point must name its fields as `codec.racp` expects.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from edge_agent.model.errors import LinkError, LinkRefusedError, LinkTimeoutError, MalformedError
from edge_agent.model.seams import Marks
from edge_drivers.codec import racp
from edge_drivers.codec.racp import Code
from edge_drivers.procedures.transfer import LATER, MARK, OTHERWISE, Stored, Transfer
from edge_drivers.procedures.writes import answer
from edge_drivers.session import Session
from firmware_specs.spec.types import RacpRecords

STALL_S = 10.0
"""Silence in a transfer after which it is aborted; each notification begins it anew."""
ANSWER_S = 5.0
LATE_S = 1.0
"""How long records are waited for that the answer has overtaken (no longer than `stall`): BlueZ
hands over each characteristic on a way of its own."""
TRIES = 3
"""Transfers in which a record stays unreadable or missing before it is passed over."""
NEARLY_OVER = 0xFF00
"""Above it the sequence may begin anew at 0, which is no number "from the marked one on"."""
MOST_KNOWN = 10_000


class StoredRecords:
    """What one device has stored, and how much of it is durable.

    Args:
        marks: what earlier commits left.
        stall: seconds of silence after which a transfer is aborted.
    """

    def __init__(self, marks: Marks, stall: float = STALL_S) -> None:
        self._marks = marks
        self._stall = stall
        self._known: set[str] = set()

    async def read(self, session: Session, device: str) -> None:
        """Make durable all that the device has stored and we do not have.

        Raises:
            LinkLostError, LinkTimeoutError: interrupted; the next call goes on from the mark.
            LinkRefusedError: the device does not give its records.
            StoreError: nothing of the batch was kept.
        """
        parts = session.spec.records
        if not isinstance(parts, RacpRecords):
            return
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        since = Stored.of(await self._marks.mark(device, MARK))
        if since is not None and since.sequence > NEARLY_OVER:
            since = None
        for left in reversed(range(TRIES)):
            try:
                done = await self._transfer(session, device, parts, since)
            except LinkRefusedError:
                if parts.optional:
                    return  # it keeps nothing
                raise
            if since is not None and (done.forgotten or done.answer in OTHERWISE):
                since = None
            elif done.complete or done.answer == Code.NO_RECORDS:
                return
            elif done.answer in LATER:
                raise LinkTimeoutError(f"records later: {done.answer}")
            elif done.answer != Code.SUCCESS:
                raise LinkRefusedError(f"records are refused: {done.answer}")
            elif left == 0:
                await self._pass_over(session, done)

    async def _pass_over(self, session: Session, done: Transfer) -> None:
        """Go on without what never came; that it is missing is said in the same commit."""
        gap = done.gap(session.now())
        if gap.id not in self._known:
            await session.commit((gap,), done.beyond())
            self._known.add(gap.id)

    async def _transfer(
        self, session: Session, device: str, parts: RacpRecords, since: Stored | None
    ) -> Transfer:
        expected = await _count(session, parts, since)
        names = (parts.control, parts.measurement, *parts.also)
        before = session.diagnostics.malformed_in(names)
        transfer = Transfer(
            device,
            parts,
            since,
            expected,
            self._known,
            lambda: session.diagnostics.malformed_in(names) > before,
        )
        request = racp.report_from(since.sequence) if since else racp.report_all()
        await session.link.write(parts.control, request)
        await self._collect(session, parts, transfer)
        return transfer

    async def _collect(self, session: Session, parts: RacpRecords, transfer: Transfer) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._stall
        while transfer.answer is None:
            if (left := until - loop.time()) <= 0:
                await _abort(session, parts)
                raise LinkTimeoutError(f"no record in {self._stall} s")
            made = await session.step(left, transfer.choose)
            transfer.committed()
            if transfer.concerns(made):
                until = loop.time() + self._stall
        until = loop.time() + min(LATE_S, self._stall)
        while transfer.is_short and (left := until - loop.time()) > 0:
            await session.step(left, transfer.choose)
            transfer.committed()


async def _count(session: Session, parts: RacpRecords, since: Stored | None) -> int | None:
    """How many records there are, as the device says; None when it does not."""
    request = racp.count_from(since.sequence) if since else racp.count_all()
    await session.link.write(parts.control, request)
    with suppress(MalformedError):
        return racp.answer_of(await answer(session, parts.control, ANSWER_S)).number
    return None


async def _abort(session: Session, parts: RacpRecords) -> None:
    with suppress(LinkError):
        await session.link.write(parts.control, racp.abort())
        await answer(session, parts.control, ANSWER_S)
