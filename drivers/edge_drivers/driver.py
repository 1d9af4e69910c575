"""One device for ever: connect, say who it is, read what it kept, listen; when it goes, again.

A driver holds no policy: it yields frames and tells how its link is. A device that vanishes and
returns needs nobody.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

import msgspec

from edge_agent.model import ids
from edge_agent.model.backoff import Backoff
from edge_agent.model.devices import DeviceIdentity, DeviceStatus, LinkState
from edge_agent.model.errors import EdgeError, LinkAbsentError, LinkRefusedError, StoreError
from edge_agent.model.seams import Clock, Deliver, Link, Marks, Report, ReportMissed
from edge_drivers import codec
from edge_drivers.cancelling import is_stopped
from edge_drivers.diagnostics import Diagnostics, Refused
from edge_drivers.frames import FrameMaker
from edge_drivers.procedures import clocks, origins, rounds, users, writes
from edge_drivers.procedures.clocks import ClockReading, Now
from edge_drivers.procedures.memory import memory
from edge_drivers.segments import Origin
from edge_drivers.session import Session
from edge_drivers.settings import DeviceSettings

MakeLink = Callable[[], Link]

LEAST_WAIT_S = 0.2
"""Before connecting again; under it BlueZ fails such connects (3 of 28)."""
MOST_WAIT_S = 30.0
STORED_EVERY_S = 60.0
"""How often a device that stays connected is asked for records it has stored meanwhile."""
HEALTHY_S = 30.0
"""A connection that lasted so long, or brought something, was healthy."""
GOODBYE_S = 5.0


class Driver:
    """Drives one device.

    Args:
        settings: what the configuration says of it.
        make_link: a fresh link for each connection.
        epoch: the gateway's epoch, which names live data.
        clock: what time it is.
        deliver: the seam of durability.
        marks: what earlier commits left.
        report: where the link's state is told.
        missed: where it is told what could not be read, before what comes after it is delivered.
        refused: takes the octets of it for diagnosis, with the next status.
        backoff: the waits between connections.
        now: true time, to set a device's clock by; by default none is set.
    """

    def __init__(
        self,
        settings: DeviceSettings,
        make_link: MakeLink,
        *,
        epoch: str,
        clock: Clock,
        deliver: Deliver,
        marks: Marks,
        report: Report,
        missed: ReportMissed | None = None,
        refused: Callable[[Sequence[Refused]], None] | None = None,
        backoff: Backoff | None = None,
        now: Now = lambda: None,
    ) -> None:
        self.diagnostics = Diagnostics(settings.loaded.spec, missed)
        self._settings = settings
        self._spec = settings.loaded.spec
        self._make_link = make_link
        self._epoch = epoch
        self._clock = clock
        self._deliver = deliver
        self._stored = memory(settings.loaded.spec, marks)
        self._report = report
        self._refused = refused
        self._now = now
        self._decoder = codec.compile(settings.loaded.spec)
        self._backoff = backoff or Backoff(LEAST_WAIT_S, MOST_WAIT_S, random.random)
        self._key = f"alias:{settings.alias}"

    async def run(self) -> NoReturn:
        """Connect again and again, until cancelled; then make durable what is in hand, and close.

        Raises:
            asyncio.CancelledError: when told to stop.
            Exception: a bug, for the supervisor; the link is told to be lost.
        """
        try:
            while True:
                wait = await self._try()
                await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self._say(LinkState.STOPPED)
            raise

    async def _try(self) -> float:
        """One connection from beginning to end; gives the seconds to wait before the next."""
        self._say(LinkState.CONNECTING)
        try:
            await self._connection()
        except LinkAbsentError as error:
            self._say(LinkState.LOST, str(error))
            return LEAST_WAIT_S  # it may show itself for a few seconds only
        except LinkRefusedError as error:
            self._say(LinkState.REFUSED, str(error))
            return self._backoff.longest()
        except EdgeError as error:
            self._say(LinkState.LOST, str(error))
        except asyncio.CancelledError:
            if is_stopped():
                raise
            self._say(LinkState.LOST, "a library cancelled what was waited for")
        except Exception as error:  # its words may name what no status should
            self._say(LinkState.LOST, f"a bug in the way of this device: {type(error).__name__}")
            raise
        return self._backoff.next()

    async def _connection(self) -> None:
        link = self._make_link()
        try:
            await link.open()
            session, identity = await self._meet(link)
        except BaseException:
            await self._rescue(link)
            raise
        began = asyncio.get_running_loop().time()
        try:
            await self._serve(session, identity)
        finally:
            if session.fruitful or asyncio.get_running_loop().time() - began > HEALTHY_S:
                self._backoff.reset()
            await self._part(session)

    async def _rescue(self, link: Link) -> None:
        """Close; what came before it was lost is kept, where it is known whose it is."""
        session: Session | None = None
        try:
            with suppress(EdgeError):
                session, _ = await self._meet(link)
        finally:
            if session is None:
                await link.close()
        if session is not None:
            with suppress(StoreError):
                await session.finish()

    async def _meet(self, link: Link) -> tuple[Session, DeviceIdentity]:
        """Learn who the device is; its key names all that it sends."""
        identity = await link.identity()
        if not identity.asset_tag:
            identity = msgspec.structs.replace(identity, asset_tag=self._settings.asset_tag)
        try:
            self._key = identity.key
        except ValueError as error:
            raise LinkRefusedError(f"{error}: give it an asset_tag") from error
        loaded = self._settings.loaded
        origin = Origin(self._key, loaded.ref, self._epoch, self._settings.zone)
        maker = FrameMaker(origin, self._spec)
        session = Session(
            self._spec, link, self._decoder, maker, self._deliver, self.diagnostics, self._clock
        )
        return session, identity

    async def _serve(self, session: Session, identity: DeviceIdentity) -> NoReturn:
        """The device's clock, its stored records, its live data, in this order (law 5)."""
        shown = await clocks.read(session, self._clock)
        self._say(LinkState.CONNECTED, identity=identity, shown=shown)
        if refused := await users.consent(session, self._settings.consents()):
            self._say(LinkState.CONNECTED, refused)
        await origins.read(session, self._clock)
        await self._stored.read(session, self._key)
        zone = self._settings.zone
        if told := await clocks.correct(session, shown, self._clock, self._now, zone):
            self._say(LinkState.CONNECTED, told[1], shown=told[0])
        await writes.start(session)
        reads = tuple(rounds.reads(session))
        again = (STORED_EVERY_S, lambda: self._again(session))
        for _, read in reads:
            await read()
        turns = rounds.Rounds([*reads, *rounds.requests(session), again])
        while True:
            await session.step(turns.wait())
            await turns.make()

    async def _again(self, session: Session) -> None:
        """What the device has stored meanwhile; and whether something could not be read."""
        await origins.read(session, self._clock)
        await self._stored.read(session, self._key)
        self._tell_malformed()

    async def _part(self, session: Session) -> None:
        """Make durable what is in hand, stop what was started, close, and keep what came then."""
        try:
            with suppress(StoreError):
                await session.keep()
            with suppress(EdgeError, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await writes.stop(session)
        finally:
            with suppress(StoreError):
                await session.finish()

    def _tell_malformed(self) -> None:
        if self.diagnostics.fresh():
            self._say(LinkState.CONNECTED, f"could not be read: {self.diagnostics.summary}")

    def _say(
        self,
        state: LinkState,
        detail: str = "",
        identity: DeviceIdentity | None = None,
        shown: ClockReading | None = None,
    ) -> None:
        at = shown.at if shown else self._clock.now()
        status = DeviceStatus(
            id=ids.record_id("status", self._key, self._epoch, at.boot, str(at.ns)),
            device=self._key,
            at=at,
            link=state,
            detail=detail,
            spec=self._settings.loaded.ref,
            identity=identity,
            device_time=shown.device_time if shown else "",
            device_time_ns=shown.half_ns if shown else 0,
            malformed=self.diagnostics.told(),
        )
        self._report(status)
        if self._refused and (refused := self.diagnostics.take()):
            self._refused(refused)
