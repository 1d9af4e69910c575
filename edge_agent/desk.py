"""Answers requests from the store alone; with an agent around it, it knows more.

So a command does the same whether an agent runs or not.
"""

from __future__ import annotations

from datetime import UTC, datetime

from edge_agent import binding
from edge_agent.config.settings import Config
from edge_agent.model.bindings import current
from edge_agent.model.errors import CommandError
from edge_agent.model.seams import Clock
from edge_agent.requests import (
    Bind,
    Bindings,
    BindingsReply,
    Buffer,
    BufferReply,
    DeviceReply,
    Devices,
    DevicesReply,
    LaneReply,
    Reply,
    Request,
    Unbind,
)
from edge_sync.store import Store


class Desk:
    """Answers what the store knows.

    Args:
        store: open.
        config: the agent's.
        clock: dates what is made here.
    """

    def __init__(self, store: Store, config: Config, clock: Clock) -> None:
        self._store = store
        self._config = config
        self._clock = clock

    async def __call__(self, request: Request) -> Reply:
        """The answer.

        Raises:
            CommandError: it cannot be done, or only by a running agent.
            StoreError: the store failed.
        """
        match request:
            case Bind():
                made, released = await binding.bind(
                    self._store, request, await self._key(request.alias), self._clock
                )
                return BindingsReply((made,), released)
            case Unbind():
                key = await self._key(request.alias)
                last = await binding.unbind(self._store, request, key, self._clock)
                return BindingsReply(tuple(last))
            case Bindings():
                return await self._bindings()
            case Buffer():
                return await self._buffer()
            case Devices():
                return await self._devices()
            case _:
                raise CommandError("no agent runs here, and only a running one knows that")

    async def _key(self, alias: str) -> str:
        """The key of a configured device.

        Raises:
            CommandError: it is not configured, or was never met.
        """
        configured = {device.alias: device for device in self._config.devices}
        if alias not in configured:
            names = ", ".join(configured) or "none"
            raise CommandError(f"no device {alias!r} is configured; there is {names}")
        for device in await self._store.devices.all():
            if device.alias == alias:
                return device.identity.key
        if tag := configured[alias].asset_tag:
            return f"tag:{tag}"
        raise CommandError(f"{alias!r} was never met, so nobody knows who it is: connect it once")

    async def _bindings(self) -> BindingsReply:
        now = binding.utc(datetime.now(UTC))
        latest = current(await self._store.bindings())
        return BindingsReply(tuple(one for one in latest if not one.until or one.until > now))

    async def _buffer(self) -> BufferReply:
        lanes = [
            LaneReply(one.lane, one.rows, one.octets, one.last) for one in await self._store.state()
        ]
        return BufferReply(tuple(lanes), await self._store.octets())

    async def _devices(self) -> DevicesReply:
        known = {device.alias: device.identity.key for device in await self._store.devices.all()}
        return DevicesReply(
            tuple(
                DeviceReply(device.alias, device.spec, known.get(device.alias, ""))
                for device in self._config.devices
            )
        )
