"""From rows of the buffer to the octets of one message."""

from __future__ import annotations

import logging

import msgspec

from edge_agent.model import ids
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.records import Lane
from edge_agent.model.seams import Clock
from edge_agent.model.times import Times
from edge_sync.portions import Packed, Portion
from edge_sync.store import Row, Store
from edge_sync.wire import messages, ranges
from edge_sync.wire.context import Context
from edge_sync.wire.forms import Form
from edge_sync.wire.messages import Batch

log = logging.getLogger(__name__)
_COMPRESS_FROM = 1_024
"""Octets of records below which zlib gains nothing worth the reader's trouble."""


class Packer:
    """Makes messages of a portion's next rows; what cannot be sent goes to quarantine.

    Args:
        store: the buffer.
        clock: says when a message is made.
        gateway: this gateway's path.
        name, form: of the records.
        compress_live: compress what is live too, which then `jq` cannot read in one go.

    Attributes:
        largest: octets of the largest payload that may be sent.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        gateway: str,
        name: str,
        form: Form,
        *,
        compress_live: bool = False,
    ) -> None:
        self.largest = messages.DEFAULT_LIMITS.message
        self._store = store
        self._clock = clock
        self._name = name
        self._form = form
        self._compress_live = compress_live
        self._packed = messages.NAMELESS if name == "compact" else messages.ZLIB
        self._context = Context(gateway)
        self._revision = -1

    async def next(self, portion: Portion, rows: int, octets: int) -> Packed | None:
        """The next message of a portion, which moves on; None when nothing is left in it.

        Raises:
            StoreError: the buffer could not be read.
        """
        await self._refresh()
        page = await self._store.pending(portion.lane, portion.after, rows, octets)
        page = [row for row in page if row.sequence <= portion.end]
        if not page:
            portion.after = portion.end
            return None
        packed, taken = await self._pack(portion, page)
        portion.after = max(portion.after, taken)
        return packed

    async def _pack(self, portion: Portion, page: list[Row]) -> tuple[Packed | None, int]:
        """A message of as much of the page as fits, and the last sequence it deals with."""
        sound: list[tuple[int, bytes, Row]] = []
        for row in page:
            formed = await self._formed(portion, row)
            if formed is not None:
                sound.append((row.sequence, formed, row))
        last = page[-1].sequence
        while sound:
            payload = self._payload(portion, sound)
            if len(payload) <= self.largest:
                return Packed(payload, ranges.of(n for n, _, _ in sound), len(sound)), last
            if len(sound) == 1:
                await self.set_aside(
                    portion.lane, sound[0][0], f"a message of {len(payload)} octets"
                )
                return None, last
            sound = sound[: len(sound) // 2]
            last = sound[-1][0]
        return None, last

    async def _formed(self, portion: Portion, row: Row) -> bytes | None:
        if not row.intact:
            await self.set_aside(portion.lane, row.sequence, "the payload's CRC does not agree")
            return None
        try:
            return self._form(row.payload, self._context)
        except Exception as error:  # noqa: BLE001 - one row must not stop the others
            await self.set_aside(portion.lane, row.sequence, f"{self._name}: {error}")
            return None

    async def set_aside(self, lane: Lane, sequence: int, reason: str) -> None:
        """Put a row into quarantine, and say so upward with a gap record.

        Raises:
            StoreError: it stays where it is.
        """
        gap = Gap(
            id=ids.record_id("gap", self._store.epoch, lane, str(sequence)),
            reason=GapReason.QUARANTINED,
            until=self._clock.now(),
            lane=lane,
            sequences=((sequence, sequence),),
            count=1,
        )
        log.warning("row %d of lane %s goes to quarantine: %s", sequence, lane, reason)
        await self._store.quarantine.put(lane, sequence, reason, gap)

    def _payload(self, portion: Portion, rows: list[tuple[int, bytes, Row]]) -> bytes:
        size = sum(len(formed) for _, formed, _ in rows)
        squeeze = (portion.history or self._compress_live) and size >= _COMPRESS_FROM
        now = self._clock.now()
        boots = {at.boot: at for at in (*(row.at for _, _, row in rows), now)}
        return messages.encode(
            Batch(
                version=messages.VERSION,
                gateway=self._context.gateway,
                epoch=self._store.epoch,
                boot=now.boot,
                sent=now.ns,
                lane=portion.lane,
                sequences=ranges.of(n for n, _, _ in rows),
                history=portion.history,
                clock=tuple(
                    m for b in sorted(boots) if (m := self._context.times.mapping(boots[b]))
                ),
                form=self._name,
                encoding=self._packed if squeeze else "",
                records=tuple(msgspec.Raw(formed) for _, formed, _ in rows),
            )
        )

    async def _refresh(self) -> None:
        revision = self._store.revision
        if revision == self._revision:
            return
        self._context = Context(
            self._context.gateway,
            Times(await self._store.clocks(), await self._store.readings()),
            tuple(await self._store.bindings()),
        )
        self._revision = revision
