"""A dispensing robot over WWKS 2.0: one TCP connection, kept up, with requests and their answers.

Rules: an order is written to the connection once; whether it arrived is *unknown* until the robot
says so, and nothing here sends it again. An answer belongs to the request of its id on the same
connection. What comes unasked (outcomes, in any order; stock) goes to whoever listens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NoReturn

import msgspec

from edge_agent.model.backoff import Backoff
from edge_agent.model.errors import (
    DecodeError,
    LinkError,
    LinkLostError,
    LinkTimeoutError,
    LinkUnavailableError,
)
from edge_drivers.codec import wwks2
from edge_drivers.codec.wwks2_values import (
    Content,
    Hello,
    Info,
    KeepAlive,
    Message,
    Output,
    Status,
    Stock,
    Task,
)
from edge_drivers.codec.xml_documents import Documents

PORT = 6050
US = 100
CAPABILITIES = ("KeepAlive", "Status", "Output", "TaskInfo", "StockInfo")
"""No `Input`: a robot asks only those who say that they answer."""
ANSWER_S = 10.0
"""HandshakeTimeout of the reference implementation."""
QUIET_S = 15.0
"""Seconds of silence after which the robot is asked whether it is there."""
_CHUNK = 65536
_log = logging.getLogger(__name__)

Listen = Callable[[Message], Awaitable[None]]


class Robot:
    """The way to one robot.

    Attributes:
        malformed: connections that were given up because of what came over them.

    Args:
        host, port: where it is.
        now: true time, UTC, for the stamps of messages.
        backoff: the waits between connections.
        listen: takes what comes unasked; nothing more is read before it returns.
        answer: seconds to wait for an answer.
        quiet: seconds of silence after which the robot is asked whether it is there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        now: Callable[[], datetime],
        backoff: Backoff,
        listen: Listen,
        answer: float = ANSWER_S,
        quiet: float = QUIET_S,
    ) -> None:
        self.malformed = 0
        self._place = (host, port)
        self._now = now
        self._backoff = backoff
        self._listen = listen
        self._answer = answer
        self._quiet = quiet
        self._connection: _Connection | None = None
        self._up = asyncio.Event()

    async def run(self) -> NoReturn:
        """Connect again and again, until cancelled."""
        while True:
            try:
                await self._serve()
            except LinkError as error:
                _log.info("robot: %s", error)
            await asyncio.sleep(self._backoff.next())

    async def up(self) -> None:
        """Wait until it is connected and has said hello."""
        await self._up.wait()

    async def submit(self, order: str, output: Output) -> Output:
        """Order packs, once; what the robot answers.

        Args:
            order: names it for ever; the robot is asked by it what became of it.
            output: article and quantity.

        Raises:
            LinkUnavailableError: nothing was sent.
            LinkLostError, LinkTimeoutError: *unknown* whether it arrived.
        """
        answer = await self._ask("Output", order, output)
        return msgspec.convert(answer.content, Output)

    async def query(self, order: str) -> Task | None:
        """What became of an order; None when the robot knows none of that name.

        Raises:
            LinkUnavailableError, LinkLostError, LinkTimeoutError: it did not say.
        """
        answer = await self._ask("TaskInfo", None, Info((Task(order),)))
        tasks = msgspec.convert(answer.content, Info).tasks
        return next((one for one in tasks if one.id == order), None)

    async def status(self) -> str:
        """Its state, such as `Ready`; errors as `query`."""
        answer = await self._ask("Status", None, Status(details=False))
        return msgspec.convert(answer.content, Status).state

    async def stock(self, *articles: str) -> Stock:
        """What it has in stock of these articles, or of all; errors as `query`."""
        answer = await self._ask("StockInfo", None, Stock(asked=articles))
        return msgspec.convert(answer.content, Stock)

    async def _ask(self, dialogue: str, name: str | None, content: Content) -> Message:
        if self._connection is None or not self._up.is_set():
            raise LinkUnavailableError("the robot is not connected")
        return await self._connection.ask(dialogue, name, content)

    async def _serve(self) -> None:
        try:
            async with asyncio.timeout(self._answer):
                reader, writer = await asyncio.open_connection(*self._place)
        except OSError as error:  # TimeoutError is one
            raise LinkUnavailableError(f"the robot cannot be reached: {error}") from error
        connection = self._connection = _Connection(writer, self._now, self._answer)
        reading = asyncio.create_task(self._read(reader, connection))
        try:
            await connection.ask("Hello", None, Hello(US, "IMS", "edge", "", CAPABILITIES))
            self._backoff.reset()
            self._up.set()
            _log.info("robot: connected")
            await reading
        finally:
            self._up.clear()
            reading.cancel()
            connection.close()
            await asyncio.wait((reading,))

    async def _read(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        documents, silent = Documents(), False
        while True:
            try:
                async with asyncio.timeout(self._quiet):
                    octets = await reader.read(_CHUNK)
            except TimeoutError:
                if silent:
                    raise LinkLostError("the robot does not say that it is there") from None
                silent = True
                connection.send("KeepAliveRequest", None, KeepAlive())
                continue
            except OSError as error:
                raise LinkLostError(f"the connection broke: {error}") from error
            if not octets:
                raise LinkLostError("the robot closed the connection")
            silent = False
            try:
                for document in documents.push(octets):
                    await self._take(wwks2.decode(document), connection)
            except DecodeError as error:
                self.malformed += 1
                raise LinkLostError(f"what came cannot be read: {error}") from error

    async def _take(self, message: Message, connection: _Connection) -> None:
        if message.kind == "KeepAliveRequest":
            connection.send("KeepAliveResponse", message.id, KeepAlive())
        elif not connection.answered(message):
            await self._listen(message)


class _Connection:
    """One connection: who waits for which answer."""

    def __init__(
        self, writer: asyncio.StreamWriter, now: Callable[[], datetime], answer: float
    ) -> None:
        self._writer = writer
        self._now = now
        self._answer = answer
        self._robot = 0
        self._waiting: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._count = 0

    def send(self, kind: str, name: str | None, content: Content) -> str:
        """Write a message; gives its id."""
        self._count += 1
        name = name or f"m{self._count}"
        message = Message(kind, name, US, self._robot, content)
        self._writer.write(wwks2.encode(message, self._now()))
        return name

    async def ask(self, dialogue: str, name: str | None, content: Content) -> Message:
        """Write a request and wait for its answer."""
        if self._writer.is_closing():
            raise LinkUnavailableError("the robot is not connected")
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        name = self.send(f"{dialogue}Request", name, content)
        key = (f"{dialogue}Response", name)
        self._waiting[key] = answer
        try:
            async with asyncio.timeout(self._answer):
                return await answer
        except TimeoutError:
            raise LinkTimeoutError(f"the robot did not answer {dialogue}Request {name}") from None
        finally:
            self._waiting.pop(key, None)

    def answered(self, message: Message) -> bool:
        """Give an answer to who waits for it."""
        waiting = self._waiting.get((message.kind, message.id))
        if waiting is None or waiting.done():
            return False
        if isinstance(message.content, Hello):
            self._robot = message.content.subscriber
        waiting.set_result(message)
        return True

    def close(self) -> None:
        """Nobody waits any more."""
        self._writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LinkLostError("the connection to the robot is gone"))
