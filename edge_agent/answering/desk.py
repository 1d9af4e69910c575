"""Answers requests from the store alone; with an agent around it, it knows more.

So a command does the same whether an agent runs or not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from edge_agent.answering.inspection import InFlight, Inspection, nobody
from edge_agent.config.settings import Config
from edge_agent.control.answered import AuditReply, BindingsReply, DeviceReply, DevicesReply, Reply
from edge_agent.control.asked import (
    Bind,
    Bindings,
    Buffer,
    Devices,
    Fsck,
    LetGo,
    LoadChannel,
    Orders,
    Quarantine,
    Readings,
    Request,
    Requeue,
    SettleOrder,
    TrustRegisters,
    Unbind,
    VerifyAudit,
)
from edge_agent.control.readings import ReadingsReply
from edge_agent.devices.paired import devices_of
from edge_agent.dispensing.counter import Counter
from edge_agent.inflow import binding
from edge_agent.inflow.readings import readings
from edge_agent.model import forms, seams
from edge_agent.model.bindings import current
from edge_agent.model.errors import CommandError
from edge_agent.model.frames import Frame
from edge_agent.model.seams import Clock
from edge_agent.model.times import Times

Handler = Callable[[Any], Awaitable[Reply]]
Handlers = Mapping[type[Any], Handler]
"""What answers a request, by the request's type."""


async def nothing() -> None:
    """Nobody wants to know."""


class Desk:
    """Answers what the store knows.

    Args:
        buffer: the store.
        config: the agent's.
        clock: dates what is made here.
        rebound: called when it changed whose a device is.
        in_flight: what of the buffer is under way.
    """

    def __init__(
        self,
        buffer: seams.Buffer,
        config: Config,
        clock: Clock,
        rebound: Callable[[], Awaitable[None]] = nothing,
        in_flight: InFlight = nobody,
    ) -> None:
        self._store = buffer
        self._config = config
        self._clock = clock
        self._rebound = rebound
        counter = Counter(buffer, config, clock)
        inspection = Inspection(buffer, in_flight)
        self.handlers: Handlers = {
            Bind: self._bind,
            Unbind: self._unbind,
            Bindings: self._bindings,
            Buffer: inspection.buffer,
            Fsck: inspection.fsck,
            Quarantine: inspection.quarantine,
            Requeue: inspection.requeue,
            LetGo: inspection.let_go,
            Devices: self._devices,
            Readings: self._readings,
            VerifyAudit: self._verify_audit,
            Orders: counter.orders,
            SettleOrder: counter.settle,
            LoadChannel: counter.load,
            TrustRegisters: counter.trust,
        }

    async def __call__(self, request: Request) -> Reply:
        """The answer.

        Raises:
            CommandError: it cannot be done, or only by a running agent.
            StoreError: the store failed.
        """
        handler = self.handlers.get(type(request))
        if handler is None:
            raise CommandError("no agent runs here, and only a running one knows that")
        return await handler(request)

    async def _bind(self, request: Bind) -> BindingsReply:
        key = await self._key(request.alias)
        made, released = await binding.bind(self._store, request, key, self._clock, self._rebound)
        return BindingsReply((made,), released)

    async def _unbind(self, request: Unbind) -> BindingsReply:
        key = await self._key(request.alias)
        last = await binding.unbind(self._store, request, key, self._clock)
        await self._rebound()
        return BindingsReply(tuple(last))

    async def _key(self, alias: str) -> str:
        """The key of a device of ours.

        Raises:
            CommandError: it is not configured, or was never met.
        """
        registry = {device.alias: device for device in await self._store.devices.all()}
        known = {device.alias: device for device in devices_of(self._config, registry.values())}
        if alias not in known:
            names = ", ".join(known) or "none"
            raise CommandError(f"no device {alias!r} is configured or paired; there is {names}")
        if alias in registry:
            return registry[alias].identity.key
        if tag := known[alias].asset_tag:
            return f"tag:{tag}"
        raise CommandError(f"{alias!r} was never met, so nobody knows who it is: connect it once")

    async def _bindings(self, _: Bindings) -> BindingsReply:
        now = binding.utc(datetime.now(UTC))
        latest = current(await self._store.bindings())
        return BindingsReply(tuple(one for one in latest if not one.until or one.until > now))

    async def _devices(self, _: Devices) -> DevicesReply:
        registry = await self._store.devices.all()
        known = {device.alias: device.identity.key for device in registry}
        return DevicesReply(
            tuple(
                DeviceReply(device.alias, device.spec, known.get(device.alias, ""))
                for device in devices_of(self._config, registry)
            )
        )

    async def _readings(self, request: Readings) -> ReadingsReply:
        """What stayed of a device; a copy that is damaged is none."""
        zone = self._config.gateway.zone
        rows = await self._store.past(await self._key(request.alias), request.after)
        times = Times(await self._store.clocks(), await self._store.readings())
        records = [forms.decode(row.payload) for row in rows if row.intact]
        frames = [one for one in records if isinstance(one, Frame)]
        found = readings(frames, times, await self._store.bindings(), ZoneInfo(zone))
        return ReadingsReply(tuple(found), rows[-1].sequence if rows else 0, zone)

    async def _verify_audit(self, _: VerifyAudit) -> AuditReply:
        return AuditReply(*await self._store.audit.verify())
