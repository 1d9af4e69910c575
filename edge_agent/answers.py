"""What the running agent answers over its control socket, beyond what the store knows."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

import msgspec

from edge_agent.config.settings import Config
from edge_agent.desk import Desk
from edge_agent.model.devices import LinkState
from edge_agent.model.instants import ClockMapping
from edge_agent.model.seams import Clock
from edge_agent.requests import (
    Bind,
    DeviceReply,
    Devices,
    DevicesReply,
    Reply,
    Request,
    Scan,
    ScanReply,
    Status,
    StatusReply,
    TaskState,
    Unbind,
)
from edge_agent.roster import DeviceState, Roster
from edge_agent.supervision import Supervisor
from edge_agent.unbound import Unbound
from edge_sync.publisher import Publisher
from edge_sync.store import Store

Listen = Callable[[float], Awaitable[ScanReply]]


class Parts(msgspec.Struct, frozen=True):
    """The parts of the running agent that are asked.

    Attributes:
        roster: the devices.
        supervisor: the tasks.
        publisher: the way to the broker.
        unbound: what must know of new bindings.
        mapping: the clock mapping of now.
        listen: scans with the agent's own radio.
    """

    roster: Roster
    supervisor: Supervisor
    publisher: Publisher
    unbound: Unbound
    mapping: Callable[[], ClockMapping]
    listen: Listen


class Answers(Desk):
    """Answers while the agent runs.

    Args:
        store, config, clock: as `Desk`.
        parts: of the agent.
    """

    def __init__(self, store: Store, config: Config, clock: Clock, parts: Parts) -> None:
        super().__init__(store, config, clock)
        self._parts = parts
        self._began = clock.now()

    async def __call__(self, request: Request) -> Reply:
        """The answer; errors as `Desk`."""
        match request:
            case Status():
                return await self._status()
            case Devices():
                known = self._parts.roster.values()
                return DevicesReply(tuple(self._device(state) for state in known))
            case Scan():
                return await self._parts.listen(request.seconds)
            case Bind() | Unbind():
                return await self._rebind(request)
            case _:
                return await super().__call__(request)

    async def _rebind(self, request: Bind | Unbind) -> Reply:
        reply = await super().__call__(request)
        await self._parts.unbound.refresh()
        return reply

    async def _status(self) -> StatusReply:
        parts, mapping = self._parts, self._parts.mapping()
        publisher = parts.publisher.status
        links = [state.link for state in parts.roster.values()]
        return StatusReply(
            gateway=self._config.gateway.name,
            site=self._config.region.site,
            process=os.getpid(),
            seconds=round((self._clock.now().ns - self._began.ns) / 1e9, 3),
            broker="connected" if publisher.connected else publisher.problem or "connecting",
            waiting=sum(lane.rows for lane in await self._store.state()),
            clock=mapping.source,
            clock_uncertainty=mapping.uncertainty_ns / 1e9,
            devices=len(links),
            connected=links.count(LinkState.CONNECTED),
            tasks=tuple(
                TaskState(state.name, state.restarts, state.failure)
                for state in parts.supervisor.states.values()
            ),
        )

    def _device(self, state: DeviceState) -> DeviceReply:
        wall = self._parts.mapping().wall
        return DeviceReply(
            alias=state.alias,
            spec=state.spec,
            device=state.key,
            link=state.link,
            detail=state.detail,
            frames=state.frames,
            malformed=state.malformed,
            last=wall(state.last).isoformat(timespec="milliseconds") if state.last else "",
        )
