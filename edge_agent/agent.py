"""The composition: from a configuration and an open store to tasks that measure and publish.

Nothing here waits for a network or a device: each has a task of its own that tries for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from edge_agent.answering.answers import Answers, Parts
from edge_agent.config.settings import Config
from edge_agent.control.answered import ScanReply
from edge_agent.devices.fleet import Fleet
from edge_agent.devices.pairing import Pairing
from edge_agent.devices.posts import wall_of
from edge_agent.devices.scanning import scan
from edge_agent.inflow.gaps import alive_mark
from edge_agent.inflow.unbound import Unbound
from edge_agent.model.commands import CommandHandler
from edge_agent.model.errors import StoreError
from edge_agent.model.seams import Clock
from edge_agent.process.clock import BootClock
from edge_agent.process.supervision import Supervisor
from edge_agent.remote.configuring import Configure, Trials
from edge_agent.remote.orders import terms
from edge_agent.remote.publishing import publishing
from edge_agent.remote.timekeeping import Timekeeper, Told, opened
from edge_sync.publisher import Publisher
from edge_sync.store import Store
from firmware_specs.spec.types import LoadedSpec

if TYPE_CHECKING:
    from edge_drivers.links.wwks2 import Robot
    from edge_drivers.procedures.robot import RobotStation

CLOCK_EVERY_S = 10.0
ALIVE_EVERY_NS = 60_000_000_000
DRIVERS_STOP_S = 3.5
"""BlueZ takes up to 2.8 s to disconnect; what was in hand is durable before it begins."""
OTHERS_STOP_S = 0.5
_log = logging.getLogger(__name__)


class Agent:
    """All parts, wired; made by `begin`.

    Args:
        config: checked.
        specs: by name.
        store: open, and held by us alone.
        clock: the one clock of this process.
        keeper: what time it is.
        unbound: what is held back.
        trials: of configurations from the region; None where nobody can start us anew.
    """

    def __init__(
        self,
        config: Config,
        specs: Mapping[str, LoadedSpec],
        store: Store,
        clock: Clock,
        keeper: Timekeeper,
        unbound: Unbound,
        trials: Trials | None,
    ) -> None:
        self._config = config
        self._specs = specs
        self._store = store
        self._clock = clock
        self._keeper = keeper
        self._alive = clock.now()
        self._unbound = unbound
        self._supervisor = Supervisor(clock)
        wall = wall_of(lambda: keeper.mapping)
        tasks = self._supervisor
        self._fleet = Fleet(config, specs, store, clock, tasks, unbound, wall, keeper.now)
        self._robots: dict[str, Robot] = {}
        self._pairing = Pairing(self._fleet, specs, self._audit)
        told = terms(config, self._handlers(trials), keeper.now)
        self._publisher = Publisher(store, publishing(config, specs), clock, told, keeper.floor)
        self.answers = Answers(store, config, clock, self._parts())

    def _handlers(self, trials: Trials | None) -> dict[str, CommandHandler]:
        """Who acts on the region's commands, by their kind."""
        handlers: dict[str, CommandHandler] = {"time": Told(self._keeper, self._clock)}
        if trials:
            handlers["configure"] = Configure(
                self._config, trials, self._is_confirmed, self._store.audit, self._clock
            )
        if any(self._specs[device.spec].spec.dispensing for device in self._config.devices):
            handlers["dispense"] = self._dispensary()
        if self._config.robots:
            handlers["dispense"] = self._with_robots(handlers.get("dispense"))
        return handlers

    def _with_robots(self, otherwise: CommandHandler | None) -> CommandHandler:
        from edge_agent.dispensing.robots import ByDevice, Robots, Shelves, connected

        stations: dict[str, RobotStation] = {}
        for one in self._config.robots:
            key = f"tag:{one.asset_tag}"
            shelves = Shelves(self._store, self._clock, key, self._today)
            robot, stations[key] = connected(one.host, lambda: self._keeper.now().at, shelves)
            self._robots[one.alias] = robot
        handler = Robots(self._store, self._clock, stations)
        return ByDevice(dict.fromkeys(stations, handler), otherwise)

    def _dispensary(self) -> CommandHandler:
        from edge_agent.dispensing.dispensary import dispensary

        return dispensary(
            self._store,
            self._clock,
            self._today,
            {
                f"tag:{device.asset_tag}": (
                    self._specs[device.spec].spec,
                    self._fleet.links.orders(device),
                )
                for device in self._config.devices
                if self._specs[device.spec].spec.dispensing and not device.replay
            },
        )

    def _today(self) -> str:
        """The day at the site, ISO 8601."""
        zone = ZoneInfo(self._config.gateway.zone)
        return self._keeper.now().at.astimezone(zone).date().isoformat()

    def _is_confirmed(self) -> bool:
        """Whether the region, or the broker where that is enough, has taken anything of ours."""
        status = self._publisher.status
        if self._config.region.release == "puback":
            return status.published > status.in_flight + status.refused
        return status.receipted_at is not None

    def _parts(self) -> Parts:
        return Parts(
            self._fleet,
            self._pairing,
            self._supervisor,
            self._publisher,
            self._unbound,
            lambda: self._keeper.mapping,
            self._scan,
        )

    async def _scan(self, seconds: float) -> ScanReply:
        radio, devices = self._fleet.links.radio(), self._fleet.devices
        return await scan(radio, self._specs, devices, seconds)

    async def start(self) -> None:
        """Start everything; what it waits for is on this machine."""
        await self._unbound.refresh()
        await self._fleet.enter()
        await self._audit(started(self._config, self._specs))
        await self._fleet.start()
        await self._live()
        self._supervisor.start("clock", self._keep_clock)
        for alias, robot in self._robots.items():
            self._supervisor.start(alias, robot.run)
        self._supervisor.start("guards", self._fleet.rounds.run)
        self._supervisor.start("reports", self._fleet.reports.run)
        self._supervisor.start("publisher", self._publisher.run)
        _log.info("started", extra={"count": len(self._fleet.roster)})

    async def stop(self) -> None:
        """Make durable what is in hand, let go of devices and broker; a few seconds at most.

        What is not sent yet stays in the buffer for the next start.
        """
        self._pairing.stop()
        names = [*self._fleet.roster, *self._robots]
        if not await self._supervisor.stop(names, DRIVERS_STOP_S):
            _log.warning("not every device let go in time")
        await self._supervisor.stop(["clock", "guards", "reports", "publisher"], OTHERS_STOP_S)
        await self._fleet.finish()
        await self._fleet.links.close()
        await self._live()
        await self._audit({"what": "stop"})
        _log.info("stopped")

    async def _audit(self, event: Mapping[str, str]) -> None:
        try:
            await self._store.audit.append(event, self._clock.now())
        except StoreError:
            _log.warning("not audited", extra={"event": event["what"]})

    async def _live(self) -> None:
        """Leave a sign of life, from which the next start counts what nobody listened to."""
        self._alive = self._clock.now()
        try:
            await self._store.deliver([], marks=[alive_mark(self._alive), self._keeper.mark()])
        except StoreError:
            _log.warning("no sign of life was left")

    async def _keep_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_EVERY_S)
            if self._clock.now().ns - self._alive.ns >= ALIVE_EVERY_NS:
                await self._live()
            await self._keeper.look()


def started(config: Config, specs: Mapping[str, LoadedSpec]) -> dict[str, str]:
    """What the audit says of a start: under which configuration and with which specs."""
    used = sorted({specs[device.spec].ref for device in config.devices})
    digest = hashlib.sha256(msgspec.json.encode(config)).hexdigest()
    return {"what": "start", "configuration": digest, "specs": " ".join(used)}


async def begin(
    config: Config, specs: Mapping[str, LoadedSpec], store: Store, trials: Trials | None = None
) -> Agent:
    """A running agent."""
    clock = BootClock()
    unbound = Unbound(store, hold=config.region.unbound == "hold")
    keeper = await opened(store, clock, unbound.refresh)
    agent = Agent(config, specs, store, clock, keeper, unbound, trials)
    await agent.start()
    return agent
