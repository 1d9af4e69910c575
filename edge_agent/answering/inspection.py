"""Answers what the buffer holds and whether it is whole, and sends again what was put aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from edge_agent.control.answered import (
    BufferReply,
    FsckReply,
    GapReply,
    LaneReply,
    LetGoReply,
    QuarantineReply,
    RequeueReply,
)
from edge_agent.control.asked import Buffer, Fsck, LetGo, Quarantine, Requeue
from edge_agent.model import seams
from edge_agent.model.buffer import Usage
from edge_agent.model.errors import CommandError
from edge_agent.model.gaps import Gap
from edge_agent.model.instants import Instant
from edge_agent.model.times import Times

GAPS: Final = 20
"""Gaps that are shown, the latest."""
InFlight = Callable[[], tuple[int | None, int | None]]
"""Messages without a PUBACK and rows without a receipt, as far as anybody knows."""


def nobody() -> tuple[None, None]:
    """No agent runs."""
    return None, None


class Inspection:
    """What a technician asks of the buffer.

    Args:
        buffer: the store.
        in_flight: what is under way.
    """

    def __init__(self, buffer: seams.Buffer, in_flight: InFlight = nobody) -> None:
        self._buffer = buffer
        self._in_flight = in_flight

    async def buffer(self, _: Buffer) -> BufferReply:
        """How it is."""
        times = Times(await self._buffer.clocks())
        lanes = tuple(
            LaneReply(one.lane, one.rows, one.octets, one.last, _told(one.oldest, times), one.first)
            for one in await self._buffer.state()
        )
        usage = await self._buffer.usage()
        gaps = tuple(_gap(one, times) for one in await self._buffer.gaps(GAPS))
        return BufferReply(lanes, self._buffer.epoch, usage, *self._in_flight(), gaps)

    async def let_go(self, request: LetGo) -> LetGoReply:
        """Have rows leave that the region has, as it says on a stick.

        Raises:
            CommandError: they are of another buffer, or were never there.
        """
        if request.epoch != self._buffer.epoch:
            raise CommandError("it is a receipt for another buffer, or another life of this one")
        last = {state.lane: state.last for state in await self._buffer.state()}[request.lane]
        if any(not 0 < low <= high <= last for low, high in request.ranges):
            raise CommandError(f"it is a receipt for rows that lane {request.lane} never had")
        return LetGoReply(await self._buffer.acknowledge(request.lane, request.ranges))

    async def fsck(self, _: Fsck) -> FsckReply:
        """Whether all of it is what was written."""
        return FsckReply(await self._buffer.check())

    async def quarantine(self, request: Quarantine) -> QuarantineReply:
        """What could not be sent.

        Raises:
            CommandError: the row that was asked for is not there.
        """
        if not request.row:
            return QuarantineReply(tuple(await self._buffer.quarantine.rows(request.after)))
        row = await self._buffer.quarantine.row(request.row)
        if row is None:
            raise CommandError(f"there is no row {request.row} in quarantine")
        return QuarantineReply((row,))

    async def requeue(self, request: Requeue) -> RequeueReply:
        """Send rows once more."""
        gone = {row: await self._buffer.quarantine.requeue(row) for row in request.rows}
        return RequeueReply(
            tuple(row for row, done in gone.items() if done),
            tuple(row for row, done in gone.items() if not done),
        )


def warnings(usage: Usage, strange: int, unsigned: int) -> tuple[str, ...]:
    """What a person should look after.

    Args:
        usage: of the buffer.
        strange: receipts of an epoch that it never had.
        unsigned: commands that nobody we know has signed.
    """
    said = {
        "receipts come that are not for this box: another one has its name and place"
        " (or its buffer was replaced)": bool(strange),
        f"{unsigned} commands came that nobody we know has signed for this box": unsigned,
        "the disk is full: only what is most important is kept until it drains": not usage.reserve,
        f"{usage.quarantine} records could not be sent: edge-agent quarantine": usage.quarantine,
    }
    return tuple(sentence for sentence, holds in said.items() if holds)


def _gap(gap: Gap, times: Times) -> GapReply:
    return GapReply(
        gap.reason,
        _told(gap.since, times),
        _told(gap.until, times),
        gap.device,
        gap.part,
        gap.lane,
        gap.count,
    )


def _told(at: Instant | None, times: Times) -> str:
    when = times.wall(at) if at else None
    return when.isoformat(timespec="seconds") if when else ""
