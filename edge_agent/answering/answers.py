"""What the running agent answers over its control socket, beyond what the store knows."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

import msgspec

from edge_agent.answering.desk import Desk
from edge_agent.answering.inspection import warnings
from edge_agent.answering.signals import advised
from edge_agent.config.settings import Config
from edge_agent.control.answered import (
    DeviceReply,
    DevicesReply,
    RadioReply,
    ScanReply,
    StatusReply,
    TaskState,
)
from edge_agent.control.asked import Bonds, Devices, Pair, Passkey, Scan, Status, Unbond, Unpair
from edge_agent.devices.fleet import Fleet
from edge_agent.devices.pairing import Pairing
from edge_agent.inflow.roster import DeviceState
from edge_agent.inflow.unbound import Unbound
from edge_agent.model.devices import LinkState
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.seams import Buffer, Clock
from edge_agent.process.supervision import Supervisor
from edge_sync.publisher import Publisher

Listen = Callable[[float], Awaitable[ScanReply]]


class Parts(msgspec.Struct, frozen=True):
    """The parts of the running agent that are asked.

    Attributes:
        fleet: the devices.
        pairing: how they come and go.
        supervisor: the tasks.
        publisher: the way to the broker.
        unbound: what must know of new bindings.
        mapping: the clock mapping of now.
        listen: scans with the agent's own radio.
    """

    fleet: Fleet
    pairing: Pairing
    supervisor: Supervisor
    publisher: Publisher
    unbound: Unbound
    mapping: Callable[[], ClockMapping]
    listen: Listen


class Answers(Desk):
    """Answers while the agent runs.

    Args:
        buffer, config, clock: as `Desk`.
        parts: of the agent.
    """

    def __init__(self, buffer: Buffer, config: Config, clock: Clock, parts: Parts) -> None:
        super().__init__(buffer, config, clock, parts.unbound.refresh, self._in_flight)
        self._parts = parts
        self._began = clock.now()
        self.handlers = {
            **self.handlers,
            Status: self._status,
            Devices: self._met,
            Scan: self._scan,
            Pair: parts.pairing.pair,
            Passkey: parts.pairing.passkey,
            Unpair: parts.pairing.unpair,
            Bonds: parts.pairing.bonds,
            Unbond: parts.pairing.unbond,
        }

    async def _status(self, _: Status) -> StatusReply:
        parts, mapping = self._parts, self._parts.mapping()
        publisher = parts.publisher.status
        links = [state.link for state in parts.fleet.roster.values()]
        return StatusReply(
            gateway=self._config.gateway.name,
            site=self._config.region.site,
            process=os.getpid(),
            seconds=round((self._clock.now().ns - self._began.ns) / 1e9, 3),
            broker="connected" if publisher.connected else publisher.problem or "connecting",
            receipt=self._since(publisher.receipted_at),
            waiting=sum(lane.rows for lane in await self._store.state()),
            clock=mapping.source,
            clock_uncertainty=mapping.uncertainty_ns / 1e9,
            devices=len(links),
            connected=links.count(LinkState.CONNECTED),
            tasks=tuple(
                TaskState(state.name, state.restarts, state.failure)
                for state in parts.supervisor.states.values()
            ),
            radio=self._radio(),
            warnings=warnings(await self._store.usage(), publisher.strange, publisher.unsigned),
            carried=publisher.spent,
            advice=tuple(
                one
                for state in parts.fleet.roster.values()
                for one in advised(state, self._since(state.last))
            ),
        )

    def _radio(self) -> RadioReply | None:
        radio = self._parts.fleet.links.radio_in_use
        return msgspec.convert(radio.state, RadioReply, from_attributes=True) if radio else None

    def _in_flight(self) -> tuple[int, int]:
        status = self._parts.publisher.status
        return status.in_flight, status.unreceipted

    def _since(self, at: Instant | None) -> float | None:
        return None if at is None else round((self._clock.now().ns - at.ns) / 1e9, 3)

    async def _met(self, _: Devices) -> DevicesReply:
        known = self._parts.fleet.roster.values()
        return DevicesReply(tuple(self._device(state) for state in known))

    async def _scan(self, request: Scan) -> ScanReply:
        return await self._parts.listen(request.seconds)

    def _device(self, state: DeviceState) -> DeviceReply:
        wall, fleet = self._parts.mapping().wall, self._parts.fleet
        return DeviceReply(
            alias=state.alias,
            spec=state.spec,
            device=state.key,
            link=state.link,
            detail=state.detail,
            frames=state.frames,
            malformed=state.malformed,
            last=wall(state.last).isoformat(timespec="milliseconds") if state.last else "",
            age=self._since(state.last),
            connections=state.connections,
            address=fleet.address(state.alias),
            paired=not fleet.is_configured(state.alias),
            told=fleet.told(state.alias),
            advice=advised(state, self._since(state.last)),
        )
