"""What comes down: a command is journalled before anything acts, and ends with one result."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from edge_agent.model import ids
from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Command, CommandResult, Outcome
from edge_agent.model.errors import EdgeError, WireError
from edge_agent.model.seams import Clock
from edge_sync.store import Store
from edge_sync.wire.messages import NOT_JSON

log = logging.getLogger(__name__)
Handler = Callable[[Command, bytes], Awaitable[CommandResult | None]]
"""Acts on a command (given also exactly as received, for its signature); None: its result comes
later, through `Store.deliver`."""
MAX_OCTETS = 64 << 10
WAITING = 500
"""Commands that wait to be journalled, at most."""
_decoder = msgspec.json.Decoder(Command)


def decode(octets: bytes) -> Command:
    """A command from its octets.

    Raises:
        WireError: too long, or not of its form.
    """
    if len(octets) > MAX_OCTETS:
        raise WireError(f"a command of {len(octets)} octets is beyond {MAX_OCTETS}")
    try:
        return _decoder.decode(octets)
    except NOT_JSON as error:
        raise WireError(f"command: {error}") from error


def refuse(clock: Clock) -> Handler:
    """A handler that knows no kind of command."""

    async def handler(command: Command, _octets: bytes) -> CommandResult:
        return CommandResult(
            id=ids.record_id("result", command.id),
            command=command.id,
            outcome=Outcome.REFUSED,
            at=clock.now(),
            reason=f"unsupported: {command.kind}",
        )

    return handler


class Inbox:
    """Takes commands: one effect and one result each, however often it comes.

    Attributes:
        malformed: messages that were no commands.
    """

    def __init__(
        self, store: Store, clock: Clock, handler: Handler, patiently: Callable[[], Backoff]
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._patiently = patiently
        self._waiting: asyncio.Queue[tuple[bytes, Callable[[], None]]] = asyncio.Queue(WAITING)
        self.malformed = 0

    def put(self, octets: bytes, done: Callable[[], None]) -> bool:
        """A message came; `done` is called once it is journalled. False: there are too many."""
        if self._waiting.full():
            return False
        self._waiting.put_nowait((octets, done))
        return True

    async def run(self) -> None:
        """Take what was put, one after the other, for ever."""
        while True:
            octets, done = await self._waiting.get()
            await self._keep(octets)
            done()

    async def _keep(self, octets: bytes) -> None:
        """Journal a command, however long it takes: the broker does not send it again by itself."""
        backoff = self._patiently()
        while True:
            try:
                return await self.take(octets)
            except EdgeError as error:
                log.warning("a command was not journalled, to be tried again: %s", error)
                await asyncio.sleep(backoff.next())
            except Exception:
                log.exception("a command's handler failed; the command stays in the journal")
                return None

    async def take(self, octets: bytes) -> None:
        """A message from `down/command`; on return it is journalled and need not come again.

        Raises:
            StoreError: it is not journalled; it must come again.
        """
        try:
            command = decode(octets)
        except WireError as error:
            self.malformed += 1
            log.warning("dropped: %s", error)
            return
        if await self._store.journal.receive(command.id, octets, self._clock.now()):
            await self._act(command, octets)
        else:
            await self._repeat(command.id)

    async def _act(self, command: Command, octets: bytes) -> None:
        result = await self._handler(command, octets)
        if result:
            await self._store.deliver([result], urgent=True)

    async def _repeat(self, command: str) -> None:
        entry = await self._store.journal.entry(command)
        if entry and entry.result:
            await self._store.deliver([entry.result], urgent=True)
