"""The devices that are driven, each by a supervised task; they come and go while the agent runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from edge_agent.config.settings import Config, Device
from edge_agent.devices.consents import consents
from edge_agent.devices.links import Links, Passkey
from edge_agent.devices.paired import devices_of, link_of
from edge_agent.devices.posts import Rounds, Wall, posts_for
from edge_agent.inflow.binding import release
from edge_agent.inflow.gaps import ALIVE, moment
from edge_agent.inflow.intake import Intake
from edge_agent.inflow.refused import RefusedLog
from edge_agent.inflow.roster import DeviceState, Reports
from edge_agent.inflow.signals import signals_for
from edge_agent.inflow.unbound import Unbound
from edge_agent.model.devices import DeviceIdentity, DeviceStatus, PairedDevice
from edge_agent.model.errors import StoreError, StoreFullError
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Buffer, Clock
from edge_agent.process.supervision import Supervisor
from edge_drivers.driver import Driver
from edge_drivers.procedures.clocks import Now
from edge_drivers.settings import DeviceSettings
from firmware_specs.spec.kinds import known_kinds
from firmware_specs.spec.types import LoadedSpec

Watch = Callable[[DeviceStatus], None]
"""Is told of each report of one device."""
_log = logging.getLogger(__name__)


def nobody_watches(_status: DeviceStatus) -> None:
    """Nobody wants to know."""


class Fleet:
    """All devices of the agent.

    Args:
        config: the agent's.
        specs: by name.
        store: where everything goes.
        clock: the agent's.
        supervisor: runs the drivers.
        unbound: what has to wait for its subject.
        wall: UTC seconds of an instant, for the guards.
        now: true time, by which devices' clocks are set.

    Attributes:
        devices: where each is, by alias.
        rounds: let time pass for the guards.
        links: their wires.
        roster: how each is doing, by alias.
        reports: what they report, on its way into the store.
    """

    def __init__(
        self,
        config: Config,
        specs: Mapping[str, LoadedSpec],
        store: Buffer,
        clock: Clock,
        supervisor: Supervisor,
        unbound: Unbound,
        wall: Wall,
        now: Now,
    ) -> None:
        self._now = now
        self._config = config
        self._refused = RefusedLog(config.state_dir)
        self._specs = specs
        self._store = store
        self._clock = clock
        self._supervisor = supervisor
        self._unbound = unbound
        self._wall = wall
        self._intakes: dict[str, Intake] = {}
        self.rounds = Rounds(clock, self._intakes)
        self._configured = {device.alias for device in config.devices}
        self.devices: dict[str, Device] = {}
        self.links = Links(config, specs, clock, self.known)
        self.roster: dict[str, DeviceState] = {}
        self.reports = Reports(store.deliver, self._meet, unbound.refresh)

    def known(self, address: str) -> DeviceIdentity | None:
        """Who was met at a Bluetooth address."""
        met = (state.identity for state in self.roster.values())
        return next((one for one in met if one and address and one.address == address), None)

    async def enter(self) -> None:
        """Learn who all are that are configured or were paired."""
        registry = {paired.alias: paired for paired in await self._store.devices.all()}
        for device in devices_of(self._config, registry.values()):
            if not self._has_spec(device):
                continue
            state = self._enter(device)
            if paired := registry.get(device.alias):
                state.identity = paired.identity
                await self._release(paired.identity.key)

    async def _release(self, device: str) -> None:
        """Send what is somebody's, should a kill have come between the binding and that."""
        try:
            await release(self._store, device)
        except StoreFullError:
            _log.warning("what was held waits for room in the buffer")

    async def start(self) -> None:
        """Drive them; what nobody listened to before is told first."""
        began, alive = self._clock.now(), moment(await self._store.mark("", ALIVE))
        intakes = {one.alias: self._intake(one, began, alive) for one in self.devices.values()}
        await asyncio.gather(
            *(intakes[one.alias].resume(self._key(one)) for one in self.devices.values())
        )
        for device in self.devices.values():
            self._drive(device, intakes[device.alias])

    async def finish(self) -> None:
        """Make durable what is in hand and what was learnt, when no driver runs any more."""
        await self.reports.finish()
        try:
            for intake in self._intakes.values():
                await intake.finish()
        except StoreError:
            _log.warning("what was learnt of signals is not kept")

    def add(self, device: Device, passkey: Passkey, watch: Watch) -> None:
        """Drive one more, which is kept in the registry once it was met; its alias is new."""
        self._enter(device)
        self._drive(device, self._intake(device, self._clock.now(), None), passkey, watch)

    async def remove(self, alias: str, seconds: float) -> None:
        """Drive it no more, and take it out of the registry."""
        await self._supervisor.stop([alias], seconds)
        self._supervisor.states.pop(alias, None)
        await self.reports.flush()
        self.roster.pop(alias, None)
        self.devices.pop(alias, None)
        self._intakes.pop(alias, None)
        await self._store.devices.forget(alias)

    def is_configured(self, alias: str) -> bool:
        """Whether the configuration has it, which nobody changes from here."""
        return alias in self._configured

    def told(self, alias: str) -> tuple[str, ...]:
        """What goes on that a guard of the device told a person of."""
        intake = self._intakes.get(alias)
        return intake.told() if intake else ()

    def address(self, alias: str) -> str:
        """Its Bluetooth address; "" when that is not known."""
        device, identity = self.devices[alias], self.roster[alias].identity
        return (identity.address if identity else "") or device.address or ""

    def _has_spec(self, device: Device) -> bool:
        if device.spec in self._specs:
            return True
        _log.error("a paired device has no spec any more", extra={"device": device.alias})
        return False

    def _enter(self, device: Device) -> DeviceState:
        self.devices[device.alias] = device
        state = self.roster[device.alias] = DeviceState(device.alias, device.spec)
        return state

    async def _meet(self, state: DeviceState) -> None:
        """Keep who a device is, so that it can be bound while it is away."""
        device = self.devices.get(state.alias)
        if state.identity and device:
            link = {} if self.is_configured(state.alias) else link_of(device)
            paired = PairedDevice(state.alias, state.spec, state.identity, link)
            await self._store.devices.save(paired)

    def _key(self, device: Device) -> str:
        """A device's key, as far as it is known before it is met."""
        return self.roster[device.alias].key or f"tag:{device.asset_tag}"

    def _intake(self, device: Device, began: Instant, alive: Instant | None) -> Intake:
        spec = self._specs[device.spec].spec
        kinds = known_kinds(spec.kinds)
        intake = self._intakes[device.alias] = Intake(
            self._store,
            spec,
            self.roster[device.alias],
            self.reports,
            began=began,
            alive=alive,
            signals=signals_for(spec, self._config.gateway.mains),
            is_held=lambda frame: self._unbound.is_held(frame, kinds),
            posts=posts_for(device, spec, self._config.gateway.zone, self._wall),
            keeps=self._config.limits.past_days > 0,
        )
        return intake

    def _drive(
        self,
        device: Device,
        intake: Intake,
        passkey: Passkey | None = None,
        watch: Watch = nobody_watches,
    ) -> None:
        def report(status: DeviceStatus) -> None:
            intake.report(status)
            watch(status)

        loaded = self._specs[device.spec]
        driver = Driver(
            DeviceSettings(
                device.alias,
                loaded,
                device.asset_tag,
                self._config.gateway.zone,
                partial(consents, device.consent_file),
            ),
            self.links.of(device, passkey),
            epoch=self._store.epoch,
            clock=self._clock,
            deliver=intake.deliver,
            marks=self._store,
            report=report,
            missed=intake.missed,
            refused=self._refused.of(device.alias),
            now=self._now,
        )
        self._supervisor.start(device.alias, driver.run)
