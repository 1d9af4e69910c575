"""Reading stored records over the Record Access Control Point (GLS 1.0.1, 3.4 and 4).

The requests are octets here; responses are read by the spec, whose control point must name its
fields `opcode`, `request`, `response` and `number`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from edge_agent.model.errors import LinkError, LinkRefusedError, LinkTimeoutError
from edge_agent.model.seams import Marks
from edge_drivers.codec.readings import Reading
from edge_drivers.procedures import transfer as racp
from edge_drivers.procedures.transfer import Stored, Transfer
from edge_drivers.procedures.writes import answer
from edge_drivers.session import Session
from firmware_specs.spec.types import RacpRecords

STALL_S = 10.0
"""Silence in a transfer after which it is aborted; each notification begins it anew."""
ANSWER_S = 5.0
TRIES = 3
"""Transfers in which a record stays unreadable or missing before it is passed over."""
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
        if parts is None:
            return
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        since = Stored.of(await self._marks.mark(device, racp.MARK))
        for left in reversed(range(TRIES)):
            done = await self._transfer(session, device, parts, since)
            if since is not None and (done.forgotten or done.response in racp.UNSUPPORTED):
                since = None
            elif done.complete or done.response == racp.NO_RECORDS:
                return
            elif done.response in racp.LATER:
                raise LinkTimeoutError(f"records later: response {done.response}")
            elif done.response != racp.SUCCESS:
                raise LinkRefusedError(f"records are refused: response {done.response}")
            elif left == 0:
                await session.commit((), done.beyond())

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
        await session.link.write(parts.control, racp.request(racp.REPORT, since))
        await self._collect(session, parts, transfer)
        return transfer

    async def _collect(self, session: Session, parts: RacpRecords, transfer: Transfer) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._stall
        while transfer.response is None:
            if (left := until - loop.time()) <= 0:
                await _abort(session, parts)
                raise LinkTimeoutError(f"no record in {self._stall} s")
            made = await session.step(left, transfer.choose)
            transfer.committed()
            if transfer.concerns(made):
                until = loop.time() + self._stall


async def _count(session: Session, parts: RacpRecords, since: Stored | None) -> int | None:
    """How many records there are, as the device says; None when it does not."""
    await session.link.write(parts.control, racp.request(racp.COUNT, since))
    reading = await answer(session, parts.control, ANSWER_S)
    number = reading.fields.get("number")
    told = reading.fields.get("opcode") == racp.COUNT_RESPONSE and isinstance(number, int)
    return int(str(number)) if told else None


async def _abort(session: Session, parts: RacpRecords) -> Reading | None:
    with suppress(LinkError):
        await session.link.write(parts.control, bytes((racp.ABORT, racp.NULL)))
        return await answer(session, parts.control, ANSWER_S)
    return None
