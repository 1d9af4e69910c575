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
from functools import partial
from typing import Final

import msgspec

from edge_agent.model.backoff import Backoff
from edge_agent.model.errors import EdgeError, WireError
from edge_agent.model.records import Lane
from edge_agent.model.seams import Clock
from edge_sync import mqtt
from edge_sync.awaited import Awaited
from edge_sync.broker import BrokerError
from edge_sync.commands import Handler, Inbox, refuse
from edge_sync.dialing import Dialer
from edge_sync.mqtt import Connection, Message
from edge_sync.packing import Packed, Packer
from edge_sync.settings import Confirm, Settings, Status
from edge_sync.store import Store
from edge_sync.streams import LaneFlight, Sent, Stream, order
from edge_sync.suspicion import Suspicion
from edge_sync.wire import messages, ranges, topics
from edge_sync.wire.forms import form
from edge_sync.wire.ranges import Ranges

log = logging.getLogger(__name__)
SILENCE_LONGEST: Final = 300.0
_OVERHEAD: Final = 512
"""Octets of a PUBLISH packet beside its payload, at most."""
_TICK: Final = 1.0
_COMMANDS: Final = 500
"""Commands that wait to be journalled, at most."""


class Publisher:
    """Brings the buffer's rows to the region and lets them go on its receipts."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, handler: Handler | None = None
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._inbox = Inbox(store, clock, handler or refuse(clock))
        self._packer = Packer(
            store, clock, settings.address.path, settings.form, form(settings.form)
        )
        self._wake = asyncio.Event()
        self._confirmed_some = asyncio.Event()
        self._confirmed: dict[Lane, Ranges] = {}
        self._awaited = Awaited()
        self._commands: asyncio.Queue[tuple[Connection, Message]] = asyncio.Queue(_COMMANDS)
        self._lanes: dict[Lane, LaneFlight] = {}
        self._in_flight: dict[int, tuple[Stream, Sent]] = {}
        self._paused: dict[Lane, float] = {}
        self._quiet: dict[Lane, int] = {}
        self._dialer = Dialer(settings.broker)
        self._suspicion = Suspicion()
        self._window = settings.window
        self._status = Status()
        self._refusals = self._patiently()

    @property
    def status(self) -> Status:
        """How it is doing now."""
        streams = [s for lane in self._lanes.values() for s in (lane.live, lane.history)]
        return msgspec.structs.replace(
            self._status,
            in_flight=len(self._in_flight),
            unreceipted=sum(stream.rows for stream in streams),
        )

    async def run(self) -> None:
        """Publish for ever; ends only by being cancelled."""
        unlisten = self._store.listen(self._wake.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._let_go_of_rows())
                tasks.create_task(self._take_commands())
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
            await asyncio.sleep(backoff.next())

    async def _session(self, backoff: Backoff) -> None:
        """One connection, from its beginning to its end."""
        connection = await self._dialer.connect()
        ticks = asyncio.create_task(self._tick())
        connection.ended.add_done_callback(lambda _: self._wake.set())
        try:
            connection.on_confirmed = self._puback
            await connection.subscribe(self._down(topics.RECEIPT), self._down(topics.COMMAND))
            await self._put_aside()
            self._begin(connection)
            connection.on_message = partial(self._came, connection)
            backoff.reset()
            while not connection.ended.done():
                await self._pump(connection)
                await self._wake.wait()
            self._suspicion.ended([(s.lane, sent) for s, sent in self._in_flight.values()])
            raise BrokerError(f"the connection ended: {connection.ended.result()}")
        finally:
            ticks.cancel()
            connection.close()
            self._in_flight.clear()

    async def _tick(self) -> None:
        """Look once a second for what has been silent too long."""
        while True:
            await asyncio.sleep(_TICK)
            self._wake.set()

    def _begin(self, connection: Connection) -> None:
        """A new connection knows nothing: all that has no receipt is history."""
        self._lanes = {lane: LaneFlight.fresh(lane, self._store.last(lane)) for lane in Lane}
        self._in_flight.clear()
        self._paused.clear()
        self._quiet.clear()
        own = messages.DEFAULT_LIMITS.message
        self._packer.largest = min(own, (connection.largest or own + _OVERHEAD) - _OVERHEAD)
        self._window = min(self._settings.window, connection.receive_maximum)
        self._note(connected=True, version=connection.version, problem="")
        log.info("connected, MQTT version %d", connection.version)

    async def _pump(self, connection: Connection) -> None:
        """Send what may be sent now."""
        self._wake.clear()
        self._send_again()
        while not connection.ended.done() and (stream := self._next_stream()):
            packed = await self._packer.next(
                stream, self._rows(stream), self._settings.batch_octets
            )
            if packed and not connection.ended.done():
                self._send(connection, stream, packed)

    def _rows(self, stream: Stream) -> int:
        """Smaller messages where something is wrong, so that one bad row holds up no others."""
        rows = self._suspicion.rows(self._settings.batch_rows)
        return max(1, rows >> (2 * self._quiet.get(stream.lane, 0)))

    async def _put_aside(self) -> None:
        for lane, sequence in self._suspicion.condemn():
            await self._packer.set_aside(lane, sequence, "the broker hangs up on it")

    def _send(self, connection: Connection, stream: Stream, packed: Packed) -> None:
        topic = topics.up(self._settings.root, self._settings.address, stream.lane)
        mid = connection.publish(topic, packed.payload)
        sent = Sent(packed.sequences, packed.rows, len(packed.payload), time.monotonic())
        stream.add(sent)
        self._awaited.sent(stream.lane, packed.sequences)
        self._in_flight[mid] = (stream, sent)
        self._note(published=self._status.published + 1)

    def _next_stream(self) -> Stream | None:
        """The most important stream that has something to send and room for it."""
        if len(self._in_flight) >= self._suspicion.window(self._window):
            return None
        for flight in self._lanes.values():
            flight.live.end = self._store.last(flight.live.lane)
        streams = [s for lane in self._lanes.values() for s in (lane.live, lane.history)]
        return min(filter(self._may_send, streams), key=order, default=None)

    def _may_send(self, stream: Stream) -> bool:
        if stream.after >= stream.end or stream.lane in self._paused:
            return False
        if stream.rows >= self._settings.unreceipted:
            return False
        under_way = sum(1 for other, _ in self._in_flight.values() if other.history)
        return not stream.history or under_way < self._settings.history_window

    def _send_again(self) -> None:
        """Go back where the broker refused a while ago, or the region has been silent too long."""
        now = time.monotonic()
        for lane, flight in self._lanes.items():
            if self._paused.get(lane, now) < now:
                del self._paused[lane]
                flight.go_back()
            oldest = flight.oldest()
            if oldest is not None and now - oldest > self._patience(lane):
                self._quiet[lane] = self._quiet.get(lane, 0) + 1
                self._note(resent=self._status.resent + 1)
                flight.go_back()

    def _patience(self, lane: Lane) -> float:
        doublings = min(self._quiet.get(lane, 0), 16)
        return min(self._settings.silence * float(1 << doublings), SILENCE_LONGEST)

    def _puback(self, mid: int, reason: int) -> None:
        found = self._in_flight.pop(mid, None)
        self._go_on()
        if found is None:
            return
        stream, sent = found
        if reason >= mqtt.FAILURE or reason == mqtt.NO_SUBSCRIBER:
            self._paused[stream.lane] = time.monotonic() + self._refusals.next()
            self._note(
                refused=self._status.refused + 1,
                problem=f"the broker does not take {stream.lane} (reason {reason:#x})",
            )
            return
        self._refusals.reset()
        self._suspicion.confirmed(stream.lane, sent)
        if self._settings.confirm is Confirm.PUBACK:
            self._confirm(stream.lane, sent.sequences)

    def _came(self, connection: Connection, message: Message) -> None:
        if message.topic == self._down(topics.COMMAND):
            try:
                self._commands.put_nowait((connection, message))
            except asyncio.QueueFull:
                connection.hang_up("more commands come than can be journalled")
            return
        connection.confirm(message)
        try:
            receipt = messages.decode_receipt(message.payload)
        except WireError as error:
            log.warning("dropped: %s", error)
            return
        mine = (self._settings.address.path, self._store.epoch)
        if (receipt.gateway, receipt.epoch) == mine:
            self._note(receipts=self._status.receipts + 1, receipted_at=self._clock.now())
            self._receipted(receipt.lane, receipt.all())

    def _receipted(self, lane: Lane, confirmed: Ranges) -> None:
        """A receipt for what never was is not of this buffer: nothing of it is believed."""
        if confirmed and confirmed[-1][1] > self._store.last(lane):
            if not self._status.beyond:
                log.error("a receipt of lane %s is beyond its last row: nothing goes", lane)
            self._note(beyond=self._status.beyond + 1)
            return
        self._confirm(lane, confirmed)

    def _confirm(self, lane: Lane, confirmed: Ranges) -> None:
        flight = self._lanes[lane]
        found = [s.receipted(confirmed) for s in (flight.live, flight.history)]
        if any(found):
            self._quiet.pop(lane, None)
        if done := self._awaited.receipted(lane, confirmed):
            self._let_go(lane, done)
        self._go_on()

    def _go_on(self) -> None:
        """There is room again: wake up if anything waits for it."""
        streams = (s for lane in self._lanes.values() for s in (lane.live, lane.history))
        if any(stream.after < stream.end for stream in streams):
            self._wake.set()

    def _let_go(self, lane: Lane, done: Ranges) -> None:
        self._confirmed[lane] = ranges.merge([*self._confirmed.get(lane, ()), *done])
        self._confirmed_some.set()

    async def _let_go_of_rows(self) -> None:
        backoff = self._patiently()
        while True:
            await self._confirmed_some.wait()
            self._confirmed_some.clear()
            taken, self._confirmed = self._confirmed, {}
            try:
                await asyncio.gather(*(self._store.acknowledge(*item) for item in taken.items()))
                backoff.reset()
            except EdgeError as error:
                log.warning("rows with a receipt stay in the buffer for now: %s", error)
                for lane, done in taken.items():
                    self._let_go(lane, done)
                await asyncio.sleep(backoff.next())

    async def _take_commands(self) -> None:
        while True:
            connection, message = await self._commands.get()
            await self._take(message.payload)
            connection.confirm(message)

    async def _take(self, command: bytes) -> None:
        """Journal a command, however long it takes: the broker does not send it again by itself."""
        backoff = self._patiently()
        while True:
            try:
                return await self._inbox.take(command)
            except EdgeError as error:
                log.warning("a command was not journalled, to be tried again: %s", error)
                await asyncio.sleep(backoff.next())
            except Exception:
                log.exception("a command's handler failed; the command stays in the journal")
                return None

    def _patiently(self) -> Backoff:
        return Backoff(self._settings.retry, self._settings.retry_longest, random.random)

    def _down(self, lane: str) -> str:
        return topics.down(self._settings.root, self._settings.address, lane)

    def _note(self, **changes: object) -> None:
        self._status = msgspec.structs.replace(self._status, **changes)
