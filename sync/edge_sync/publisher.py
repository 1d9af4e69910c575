"""The publisher: from the buffer to the broker, until the region's receipt lets a row go.

Rules: the database is the only queue; little is in flight. A PUBACK says that the broker has a
message, a receipt that it is in the region's record: only that deletes a row (or, where a region
gives no receipts and the settings say so, a PUBACK that is no failure). Whatever stays silent is
read from the database and sent again; the region knows it by its id.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from edge_agent.model.backoff import Backoff
from edge_agent.model.errors import EdgeError, WireError
from edge_agent.model.records import Lane
from edge_agent.model.seams import Clock
from edge_sync import mqtt
from edge_sync.broker import BrokerError
from edge_sync.commands import Inbox, Terms
from edge_sync.dialing import Dialer
from edge_sync.flight import Flight
from edge_sync.leaving import Leaving
from edge_sync.linkup import LinkUp
from edge_sync.meter import Meter
from edge_sync.mqtt import Connection, Message
from edge_sync.packing import Packer
from edge_sync.portions import Packed, Portion
from edge_sync.settings import Confirm, Settings, Status
from edge_sync.store import Store
from edge_sync.trust import Floor
from edge_sync.wire import messages, topics
from edge_sync.wire.forms import form
from edge_sync.wire.ranges import Ranges

log = logging.getLogger(__name__)
_OVERHEAD: Final = 512
"""Octets of a PUBLISH packet beside its payload, at most."""
_TICK: Final = 1.0
_RENEWED_EVERY: Final = 3600.0
"""Seconds from one renewal of the epoch to the next, at least."""


class Publisher:
    """Brings the buffer's rows to the region and lets them go on its receipts.

    Args:
        store: the buffer.
        settings: where to, and how much at a time.
        clock: dates what is made here.
        terms: of commands; None takes none.
        floor: by which certificates are judged; None where this machine's clock is believed.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        terms: Terms | None = None,
        floor: Floor | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._terms = terms or Terms()
        self._inbox = Inbox(store, clock, self._terms, self._patiently)
        self._meter = Meter(store, settings.limits, self._local)
        self._packer = Packer(
            store,
            clock,
            settings.address.path,
            settings.form,
            form(settings.form, settings.kinds),
            compress_live=settings.compress_live,
        )
        self._link_up = LinkUp()
        self._wake = asyncio.Event()
        self._leaving = Leaving(store, self._patiently)
        self._flight = Flight(settings)
        self._dialer = Dialer(settings.broker, floor)
        self._status = Status()
        self._refusals = self._patiently()
        self._is_older = False
        self._renewed = float("-inf")

    @property
    def status(self) -> Status:
        """How it is doing now."""
        return msgspec.structs.replace(
            self._status,
            in_flight=self._flight.in_flight,
            unreceipted=self._flight.unreceipted,
            unsigned=self._inbox.unsigned,
            spent=self._meter.octets,
        )

    async def run(self) -> None:
        """Publish for ever; ends only by being cancelled."""
        await self._meter.begin()
        unlisten = self._store.listen(self._wake.set)
        try:
            async with self._link_up, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._leaving.run())
                tasks.create_task(self._inbox.run())
                await self._keep_connected()
        finally:
            unlisten()

    async def _keep_connected(self) -> None:
        backoff = self._patiently()
        while True:
            try:
                await self._session(backoff)
            except EdgeError as error:
                self._note(problem=str(error))
                log.info("not connected: %s", error)
            except Exception as error:
                self._note(problem=repr(error))
                log.exception("a fault of ours ended the connection")
            self._note(connected=False, version=0)
            if await self._link_up.wait(backoff.next()):
                backoff.reset()

    async def _session(self, backoff: Backoff) -> None:
        """One connection, from its beginning to its end."""
        connection = await self._dialer.connect()
        self._meter.connected()
        ticks = asyncio.create_task(self._tick(connection))
        connection.ended.add_done_callback(lambda _: self._wake.set())
        try:
            connection.on_confirmed = self._puback
            await connection.subscribe(self._down(topics.RECEIPT), self._down(topics.COMMAND))
            await self._put_aside()
            self._begin(connection)
            connection.on_message = partial(self._came, connection)
            backoff.reset()
            while not connection.ended.done():
                await self._keep_epoch()
                await self._pump(connection)
                await self._wake.wait()
            self._flight.end(by_broker=True)
            raise BrokerError(f"the connection ended: {connection.ended.result()}")
        finally:
            ticks.cancel()
            connection.close()
            self._meter.read(connection.carried)
            self._flight.end(by_broker=False)

    async def _keep_epoch(self) -> None:
        """Begin another epoch, and a connection with it, when the region knows more than we gave.

        Raises:
            BrokerError: there is another one now.
            StoreError: there is none yet.
        """
        if self._is_older:
            await self._store.renew("the region has rows of it that it never gave")
            self._is_older = False
            raise BrokerError("the buffer is an older copy: all goes again under another epoch")

    async def _tick(self, connection: Connection) -> None:
        """Look once a second at what was carried, and for what has been silent too long."""
        while True:
            await asyncio.sleep(_TICK)
            self._meter.read(connection.carried)
            await self._meter.keep(time.monotonic())
            self._wake.set()

    def _begin(self, connection: Connection) -> None:
        self._flight.begin(self._store.last, connection.receive_maximum)
        own = messages.DEFAULT_LIMITS.message
        self._packer.largest = min(own, (connection.largest or own + _OVERHEAD) - _OVERHEAD)
        self._note(connected=True, version=connection.version, problem="")
        log.info("connected, MQTT version %d", connection.version)

    async def _pump(self, connection: Connection) -> None:
        """Send what may be sent now."""
        self._wake.clear()
        if silent := self._flight.go_back(time.monotonic()):
            self._note(resent=self._status.resent + silent)
        may_go = self._meter.may_go
        while not connection.ended.done() and (
            portion := self._flight.next(self._store.last, may_go)
        ):
            packed = await self._packer.next(
                portion, self._flight.rows(portion), self._settings.batch_octets
            )
            if packed and not connection.ended.done():
                self._send(connection, portion, packed)

    async def _put_aside(self) -> None:
        for lane, sequence in self._flight.suspicion.condemn():
            await self._packer.set_aside(lane, sequence, "the broker hangs up on it")

    def _send(self, connection: Connection, portion: Portion, packed: Packed) -> None:
        topic = topics.up(self._settings.root, self._settings.address, portion.lane)
        mid = connection.publish(topic, packed.payload)
        self._flight.add(mid, portion, packed, time.monotonic())
        self._leaving.sent(portion.lane, packed.sequences)
        self._note(published=self._status.published + 1)

    def _puback(self, mid: int, reason: int) -> None:
        found = self._flight.landed(mid)
        self._go_on()
        if found is None:
            return
        lane, sent = found
        if reason >= mqtt.FAILURE or reason == mqtt.NO_SUBSCRIBER:
            self._flight.pause(lane, time.monotonic() + self._refusals.next())
            self._note(
                refused=self._status.refused + 1,
                problem=f"the broker does not take {lane} (reason {reason:#x})",
            )
            return
        self._refusals.reset()
        self._flight.taken(lane, sent)
        if self._settings.confirm is Confirm.PUBACK:
            self._confirm(lane, sent.sequences)

    def _came(self, connection: Connection, message: Message) -> None:
        if message.topic == self._down(topics.COMMAND):
            if not self._inbox.put(message.payload, lambda: connection.confirm(message)):
                connection.hang_up("more commands come than can be journalled")
            return
        connection.confirm(message)
        try:
            receipt = messages.decode_receipt(message.payload)
        except WireError as error:
            log.warning("dropped: %s", error)
            return
        if receipt.gateway != self._settings.address.path:
            return
        if receipt.epoch == self._store.epoch:
            self._note(receipts=self._status.receipts + 1, receipted_at=self._clock.now())
            self._receipted(receipt.lane, receipt.all())
        elif receipt.epoch not in self._store.former:
            self._strange(receipt.epoch)

    def _receipted(self, lane: Lane, confirmed: Ranges) -> None:
        """A receipt for what never was is of a later life of this buffer, or wrong.

        Nothing of it is believed, and the buffer gets another epoch; a region that goes on like
        this is wrong, and gets no further one for an hour.
        """
        if not confirmed or confirmed[-1][1] <= self._store.last(lane):
            self._confirm(lane, confirmed)
            return
        self._note(beyond=self._status.beyond + 1)
        if time.monotonic() - self._renewed >= _RENEWED_EVERY:
            log.error("a receipt of lane %s is beyond its last row: an older copy is in use", lane)
            self._renewed = time.monotonic()
            self._is_older = True
            self._wake.set()

    def _strange(self, epoch: str) -> None:
        """A receipt of an epoch that this buffer never had."""
        if not self._status.strange:
            log.error(
                "receipts for epoch %s come, which is not ours: another gateway has this one's name"
                " and place, or its buffer was replaced (then they end soon)",
                epoch,
            )
        self._note(strange=self._status.strange + 1)

    def _confirm(self, lane: Lane, confirmed: Ranges) -> None:
        self._flight.receipted(lane, confirmed)
        self._leaving.confirmed(lane, confirmed)
        self._go_on()

    def _go_on(self) -> None:
        """There is room again: wake up if anything waits for it."""
        if self._flight.has_more:
            self._wake.set()

    def _local(self) -> datetime:
        """What the clock on the site's wall shows, as far as anybody knows."""
        now = self._terms.now()
        return (now.at if now else datetime.now(UTC)).astimezone(ZoneInfo(self._settings.zone))

    def _patiently(self) -> Backoff:
        return Backoff(self._settings.retry, self._settings.retry_longest, random.random)

    def _down(self, lane: str) -> str:
        return topics.down(self._settings.root, self._settings.address, lane)

    def _note(self, **changes: object) -> None:
        self._status = msgspec.structs.replace(self._status, **changes)
