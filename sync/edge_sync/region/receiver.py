"""The region's receiver: from the broker to the record, and a receipt back. Ends only when told."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from datetime import UTC, datetime
from functools import partial
from typing import Any

from edge_agent.model.backoff import Backoff
from edge_agent.model.errors import EdgeError, WireError
from edge_sync.broker import Broker, BrokerError
from edge_sync.dialing import Dialer
from edge_sync.keys import Signer
from edge_sync.mqtt import Connection, Message
from edge_sync.region.ordering import signed_message
from edge_sync.region.recorder import Recorder
from edge_sync.region.telling import Teller
from edge_sync.wire import messages, topics
from edge_sync.wire.messages import Batch, Receipt

log = logging.getLogger(__name__)
GATHER = 0.1
"""Seconds from one commit to the next, at least: one receipt for all that came meanwhile.
A backlog, whose commits take longer, waits for nothing."""
TOGETHER = 200
"""Messages of one commit, at most."""

_STALE_S = 3_600
"""What a gateway has not fetched by then, a later receipt or answer says better."""
WAITING = 1_000
"""Messages that wait to be recorded, at most."""
_TROUBLE = (sqlite3.OperationalError, MemoryError)
"""Not of a message's making: it is tried again."""


class Receiver:
    """Takes what gateways publish under a root, into one database.

    Args:
        recorder: the record.
        broker: how it is reached.
        root: what topics begin with.
        signer: signs the time for gateways that do not know it; None tells nobody.

    Attributes:
        recorder: the record.
        ready: set while subscribed.
    """

    def __init__(
        self, recorder: Recorder, broker: Broker, root: str = "edge", signer: Signer | None = None
    ) -> None:
        self.recorder = recorder
        self.ready = asyncio.Event()
        self._dialer = Dialer(broker)
        self._root = root
        self._signer = signer
        self._teller = Teller()
        self._recorded: list[Batch] = []
        self._came: asyncio.Queue[Message] = asyncio.Queue(WAITING)
        self._began = float("-inf")

    async def run(self) -> None:
        """Receive for ever; ends only by being cancelled."""
        backoff = Backoff(0.2, 5.0, random.random)
        while True:
            try:
                await self._session(backoff)
            except EdgeError as error:
                log.warning("not connected: %s", error)
            except Exception:
                log.exception("a fault of ours ended the connection")
            self.ready.clear()
            await asyncio.sleep(backoff.next())

    async def _session(self, backoff: Backoff) -> None:
        self._came = asyncio.Queue(WAITING)
        connection = await self._dialer.connect()
        try:
            connection.on_message = partial(self._keep, connection)
            await connection.subscribe(topics.subtree(self._root))
            backoff.reset()
            self.ready.set()
            while not connection.ended.done():
                await self._take(connection)
            raise BrokerError(f"the connection ended: {connection.ended.result()}")
        finally:
            connection.close()

    def _keep(self, connection: Connection, message: Message) -> None:
        try:
            self._came.put_nowait(message)
        except asyncio.QueueFull:
            connection.hang_up("the broker sends more than we asked for")

    async def _take(self, connection: Connection) -> None:
        """Wait for messages, record them, confirm them to the broker, send receipts."""
        came = await self._gather(connection)
        backoff = Backoff(0.2, 5.0, random.random)
        while not connection.ended.done():
            try:
                receipts = self._record(came)
                break
            except sqlite3.Error as error:  # until it is recorded the broker sends no more
                log.error("nothing recorded, to be tried again: %s", error)  # noqa: TRY400
                await asyncio.sleep(backoff.next())
        else:
            return
        if connection.ended.done():
            return
        for message in came:
            connection.confirm(message)
        for receipt in receipts:
            self._send(connection, receipt.gateway, topics.RECEIPT, messages.encode(receipt))
        self._tell(connection)

    def _tell(self, connection: Connection) -> None:
        """Tell the time to those whose messages show that they do not know it."""
        recorded, self._recorded = self._recorded, []
        for batch in recorded:
            command = self._teller.answer(batch, datetime.now(UTC))
            if command and self._signer:
                told = signed_message(command, self._signer)
                self._send(connection, batch.gateway, topics.COMMAND, told)

    async def _gather(self, connection: Connection) -> list[Message]:
        first = asyncio.ensure_future(self._came.get())
        either: set[asyncio.Future[Any]] = {first, connection.ended}
        await asyncio.wait(either, return_when="FIRST_COMPLETED")
        if not first.done():
            first.cancel()
            return []
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._began + GATHER - loop.time()))
        self._began = loop.time()
        came = [first.result()]
        while len(came) < TOGETHER and not self._came.empty():
            came.append(self._came.get_nowait())
        return came

    def _record(self, came: list[Message]) -> list[Receipt]:
        """Write all in one commit; where a message makes that impossible, each by itself."""
        try:
            return self._commit(came) if came else []
        except _TROUBLE:
            raise
        except Exception:
            log.exception("not recorded together")
        return [receipt for message in came for receipt in self._alone(message)]

    def _alone(self, message: Message) -> list[Receipt]:
        try:
            return self._commit([message])
        except _TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - one message must not stop the others
            log.warning("into quarantine: %r", error)
            return self.recorder.record([], [(message.topic, repr(error), message.payload)])

    def _commit(self, came: list[Message]) -> list[Receipt]:
        batches: list[Batch] = []
        refused: list[tuple[str, str, bytes]] = []
        for message in came:
            try:
                batches.append(self._decode(message))
            except WireError as error:
                log.warning("into quarantine: %s", error)
                refused.append((message.topic, str(error), message.payload))
        receipts = self.recorder.record(batches, refused)
        self._recorded += batches if self._signer else []
        return receipts

    def _decode(self, message: Message) -> Batch:
        gateway, direction, lane = topics.parse(self._root, message.topic)
        batch = messages.decode_batch(message.payload)
        if (batch.gateway, batch.lane, direction) != (gateway.path, lane, topics.UP):
            raise WireError(f"the envelope is not of topic {message.topic}")
        return batch

    def _send(self, connection: Connection, gateway: str, lane: str, payload: bytes) -> None:
        try:
            topic = topics.down(self._root, topics.address(gateway), lane)
            connection.publish(topic, payload, expires=_STALE_S)
        except BrokerError as error:
            log.info("a %s was not sent, a later one says the same: %s", lane, error)
