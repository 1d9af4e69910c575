"""What comes down: a command is journalled before anything acts, and ends with one result.

Rules: what nobody we know has signed leaves no trace in the journal, or it could take the place of
the true one. A command is done only while it has certainly not expired: until that can be told, it
waits. What was started when the agent ended is never done again: its handler says what became of
it, else its outcome is *unknown* (law 3).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from edge_agent.model import ids
from edge_agent.model.backoff import Backoff
from edge_agent.model.commands import Command, CommandHandler, CommandResult, Conclusion, Outcome
from edge_agent.model.errors import CommandError, EdgeError, StoreError, WireError
from edge_agent.model.seams import Clock, Mark
from edge_agent.model.times import Measured
from edge_sync.keys import Keyring
from edge_sync.store import CommandState, Entry, Store
from edge_sync.wire import signed

T = TypeVar("T")
log = logging.getLogger(__name__)
WAITING = 500
"""Commands that wait to be journalled, at most."""
LONGEST_LIFE: Final = timedelta(days=31)
"""A command is given no longer than this: how long a copy of it is worth anything."""
TIMELESS: Final = frozenset({"time"})
"""Kinds whose handler itself knows an old command: it tells what time it is."""
KEPT: Final = 16
"""Messages that are no commands for us and are kept to be looked at, the last ones."""
_KEPT_OCTETS: Final = 4_096
_LOOK_S: Final = 1.0


class Terms(msgspec.Struct, frozen=True):
    """What a gateway believes and can do.

    Attributes:
        gateway: its path: commands name the gateway they are for.
        keys: who may give commands.
        handlers: who acts on them, by kind.
        now: what time it is, as far as anybody knows.
    """

    gateway: str = ""
    keys: Keyring = Keyring({})
    handlers: Mapping[str, CommandHandler] = MappingProxyType({})
    now: Callable[[], Measured | None] = lambda: None


def is_valid(command: Command, now: Measured | None) -> bool | None:
    """Whether a command has not expired; None while that cannot be told.

    Raises:
        CommandError: its expiry is no time, or too far away.
    """
    try:
        expires = datetime.fromisoformat(command.expires)
    except ValueError as error:
        raise CommandError(f"expires is no time: {command.expires[:40]!r}") from error
    if expires.tzinfo is None:
        raise CommandError(f"expires has no zone: {command.expires[:40]!r}")
    if now is None:
        return None
    if expires - now.at > LONGEST_LIFE + now.uncertainty:
        raise CommandError(f"it expires in more than {LONGEST_LIFE.days} days")
    if now.at - now.uncertainty > expires:
        return False
    return True if now.at + now.uncertainty <= expires else None


class Inbox:
    """Takes commands: one effect and one result each, however often it comes.

    Attributes:
        malformed: messages that were no commands.
        unsigned: messages whose signature is not of anybody we know, or that are not for us.
    """

    def __init__(
        self, store: Store, clock: Clock, terms: Terms, patiently: Callable[[], Backoff]
    ) -> None:
        self._store = store
        self._clock = clock
        self._terms = terms
        self._patiently = patiently
        self._waiting: asyncio.Queue[tuple[bytes, Callable[[], None]]] = asyncio.Queue(WAITING)
        self._turns = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self.malformed = 0
        self.unsigned = 0

    def put(self, octets: bytes, done: Callable[[], None]) -> bool:
        """A message came; `done` is called once it is journalled. False: there are too many."""
        if self._waiting.full():
            return False
        self._waiting.put_nowait((octets, done))
        return True

    async def run(self) -> None:
        """Look after what an earlier run left open, then take what is put, for ever."""
        async with asyncio.TaskGroup() as acting:
            for entry in await self._store.journal.open():
                acting.create_task(self._resume(entry))
            while True:
                octets, done = await self._waiting.get()
                fresh = await self._patient(partial(self.take, octets))
                done()
                if fresh:
                    acting.create_task(self._see_to(fresh))

    async def _patient(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Have something stored, however long it takes: nobody else would try again."""
        backoff = self._patiently()
        while True:
            try:
                return await attempt()
            except EdgeError as error:
                log.warning("a command's journal could not be written, tried again: %s", error)
                await asyncio.sleep(backoff.next())

    async def take(self, octets: bytes) -> Command | None:
        """A message from `down/command`; on return it is journalled and need not come again.

        Returns:
            The command, if it is new.

        Raises:
            StoreError: it is not journalled; it must come again.
        """
        try:
            line, signature = signed.split(octets)
            command = signed.command(line)
        except WireError as error:
            await self._set_aside(octets, str(error))
            self.malformed += 1
            return None
        keys = self._terms.keys
        if len(keys) and not (
            keys.verifies(signed.to_sign(line), signature)
            and command.gateway == self._terms.gateway
        ):
            await self._set_aside(octets, "nobody we know has signed it for this gateway")
            self.unsigned += 1
            return None
        if await self._store.journal.receive(command.id, octets, self._clock.now()):
            return command
        await self._repeat(command.id)
        return None

    async def _set_aside(self, octets: bytes, reason: str) -> None:
        """Keep the last few messages that are not taken, for a person to look at."""
        log.warning("a command is not taken: %s", reason)
        number = (self.malformed + self.unsigned) % KEPT
        text = msgspec.json.encode({"reason": reason, "octets": octets[:_KEPT_OCTETS]}).decode()
        with contextlib.suppress(StoreError):  # it is no more than a help for who looks
            await self._store.deliver([], marks=[Mark("", f"command-refused:{number}", text)])

    async def _repeat(self, command: str) -> None:
        entry = await self._store.journal.entry(command)
        if entry and entry.result:
            await self._store.deliver([entry.result], urgent=True)

    async def _resume(self, entry: Entry) -> None:
        """A command that was open when the agent ended."""
        try:
            command = signed.command(signed.split(entry.octets)[0])
        except WireError:  # of a release that knew another form
            command = Command(entry.command, "", "")
        if entry.state is CommandState.RECEIVED:
            await self._see_to(command)
        else:
            async with self._turns[command.kind]:
                await self._conclude(command, await self._recovered(command))

    async def _see_to(self, command: Command) -> None:
        """From the journal to its result; those of a kind in the order of their coming."""
        async with self._turns[command.kind]:
            try:
                handler = self._allowed(command)
                await self._until_valid(command)
            except CommandError as error:
                end = Conclusion(Outcome.REFUSED, str(error))
            else:
                await self._patient(lambda: self._store.journal.start(command.id))
                end = await self._done(command, handler)
            await self._conclude(command, end)

    def _allowed(self, command: Command) -> CommandHandler:
        """Who acts on a command.

        Raises:
            CommandError: nobody, or nobody may.
        """
        if not len(self._terms.keys):
            raise CommandError("this gateway knows no key whose commands it would take")
        if command.epoch not in ("", self._store.epoch):
            raise CommandError("it is for an earlier life of this gateway's buffer")
        handler = self._terms.handlers.get(command.kind)
        if handler is None:
            raise CommandError(f"unsupported: {command.kind[:40]}")
        return handler

    async def _until_valid(self, command: Command) -> None:
        """Wait until it can be told that a command has not expired.

        Raises:
            CommandError: it has, or tells no time.
        """
        while command.kind not in TIMELESS:
            valid = is_valid(command, self._terms.now())
            if valid:
                return
            if valid is False:
                raise CommandError(f"it expired at {command.expires}")
            await asyncio.sleep(_LOOK_S)

    async def _done(self, command: Command, handler: CommandHandler) -> Conclusion:
        try:
            return await handler.act(command)
        except CommandError as error:
            return Conclusion(Outcome.REFUSED, str(error))
        except Exception:
            log.exception("a handler of commands failed")
            return await self._recovered(command)

    async def _recovered(self, command: Command) -> Conclusion:
        handler = self._terms.handlers.get(command.kind)
        if handler is None:
            reason = f"it was started, and nobody here knows {command.kind[:40]} any more"
            return Conclusion(Outcome.UNKNOWN, reason)
        try:
            return await handler.recover(command)
        except Exception as error:
            log.exception("a handler of commands could not say what became of one")
            return Conclusion(Outcome.UNKNOWN, f"it was started; {type(error).__name__} since")

    async def _conclude(self, command: Command, end: Conclusion) -> None:
        result = CommandResult(
            id=ids.record_id("result", command.id),
            command=command.id,
            outcome=end.outcome,
            at=self._clock.now(),
            count=end.count,
            reason=end.reason,
            dispensed=end.dispensed,
        )
        await self._patient(lambda: self._store.deliver([result], urgent=True))
