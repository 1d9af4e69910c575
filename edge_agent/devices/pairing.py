"""A person brings a device in or takes it out, while the agent runs.

Pairing is driving: the device is bonded, asked who it is and read by the driver that will drive it
from now on, so that nothing is confirmed to it that would be lost. It is kept in the registry as
soon as it was met; when it does not come that far, nothing of it stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from edge_agent.config.settings import Device
from edge_agent.control.answered import BondReply, BondsReply, PairReply, Seen, UnpairReply
from edge_agent.control.asked import Bonds, Pair, Passkey, Unbond, Unpair
from edge_agent.devices.fleet import Fleet
from edge_agent.devices.naming import alias_for, check_address, spec_for
from edge_agent.devices.scanning import scan
from edge_agent.model.devices import DeviceStatus, LinkState
from edge_agent.model.errors import CommandError, EdgeError, LinkRefusedError
from firmware_specs.spec.types import LoadedSpec

LOOK_S = 3.0
LOOKS = 3
"""How often it is looked for before it counts as not there."""
MET_S = 40.0
"""How long a device that was heard may take to be met, while nobody has to type."""
PERSON_S = 80.0
"""How long a person may take to type what the device shows."""
STOP_S = 5.0

Audit = Callable[[Mapping[str, str]], Awaitable[None]]


class Pairing:
    """One at a time.

    Args:
        fleet: the devices.
        specs: by name.
        audit: writes down what was done.
    """

    def __init__(self, fleet: Fleet, specs: Mapping[str, LoadedSpec], audit: Audit) -> None:
        self._fleet = fleet
        self._specs = specs
        self._audit = audit
        self._task: asyncio.Task[PairReply] | None = None
        self._wanted = asyncio.Event()
        self._typed: asyncio.Future[int] | None = None
        self._deadline: asyncio.Timeout | None = None
        self._device = Device(alias="none", spec="")

    async def pair(self, request: Pair) -> PairReply:
        """Bring it in; the reply says whether a passkey must be typed first.

        Raises:
            CommandError: it cannot be, and why.
        """
        if self._task and not self._task.done():
            raise CommandError("another device is being paired / 正在配对另一台设备")
        self._wanted.clear()
        self._task = asyncio.create_task(self._pair(request), name="pairing")
        self._task.add_done_callback(_looked_at)
        return await self._next(self._task)

    async def passkey(self, request: Passkey) -> PairReply:
        """What the device shows.

        Raises:
            CommandError: nobody asked for it, or it was not the right one.
        """
        if self._task is None or self._typed is None or self._typed.done():
            raise CommandError("no passkey is asked for")
        self._wanted.clear()
        self._typed.set_result(request.passkey)
        return await self._next(self._task)

    def stop(self) -> None:
        """Give up what is under way."""
        if self._task:
            self._task.cancel()

    async def unpair(self, request: Unpair) -> UnpairReply:
        """Drive it no more, and forget its bond.

        Raises:
            CommandError: it is not here, or the configuration's.
        """
        if request.alias not in self._fleet.devices:
            raise CommandError(
                f"there is no device {request.alias!r}; `edge-agent devices` shows them"
                " / 没有该设备"
            )
        if self._fleet.is_configured(request.alias):
            raise CommandError(f"{request.alias!r} is in the configuration: take it out there")
        address = self._fleet.address(request.alias)
        await self._fleet.remove(request.alias, STOP_S)
        await self._audit({"what": "unpair", "alias": request.alias})
        return UnpairReply(await self._fleet.links.radio().forget(address))

    async def bonds(self, _: Bonds) -> BondsReply:
        """All bonds of the radio."""
        found = await self._fleet.links.radio().bonds()
        alias_of = {self._fleet.address(alias).upper(): alias for alias in self._fleet.devices}
        return BondsReply(
            tuple(
                BondReply(one.address, one.name, alias_of.get(one.address.upper(), ""))
                for one in found
            )
        )

    async def unbond(self, request: Unbond) -> UnpairReply:
        """Forget a bond that nobody needs.

        Raises:
            CommandError: a device of ours needs it.
        """
        for alias in self._fleet.devices:
            if self._fleet.address(alias).upper() == request.address.upper():
                raise CommandError(f"{alias!r} needs that bond; `unpair {alias}` takes it out")
        return UnpairReply(await self._fleet.links.radio().forget(request.address))

    async def _next(self, task: asyncio.Task[PairReply]) -> PairReply:
        """How it ended, or that a passkey is wanted."""
        wanted = asyncio.ensure_future(self._wanted.wait())
        try:
            await asyncio.wait({task, wanted}, return_when="FIRST_COMPLETED")
        finally:
            wanted.cancel()
        return task.result() if task.done() else PairReply(self._device.alias, self._device.spec)

    async def _pair(self, request: Pair) -> PairReply:
        check_address(request.address)
        alias_for(request.alias, request.spec, self._fleet.devices)  # before it is looked for
        seen = await self._look(request.address)
        spec = spec_for(request.spec, seen.fits, self._specs)
        alias = alias_for(request.alias, spec, self._fleet.devices)
        self._device = Device(alias=alias, spec=spec, address=seen.address)
        await self._fleet.links.radio().forget(seen.address)  # an old bond would hide a lost one
        device = await self._meet(self._device)
        await self._audit({"what": "pair", "alias": self._device.alias, "device": device})
        return PairReply(self._device.alias, spec, device)

    async def _look(self, address: str) -> Seen:
        for alias in self._fleet.devices:
            if self._fleet.address(alias).upper() == address.upper():
                raise CommandError(f"it is here already, as {alias!r} / 设备已配对")
        for _ in range(LOOKS):
            reply = await scan(self._fleet.links.radio(), self._specs, self._fleet.devices, LOOK_S)
            for one in reply.seen:
                if one.address.upper() == address.upper():
                    return one
        raise CommandError(
            f"{address} is not heard: bring it near and put it into pairing mode"
            " / 未发现设备，请将设备靠近网关并进入配对模式"
        )

    async def _meet(self, device: Device) -> str:
        """Drive it until it is met; its key."""
        met: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def watch(status: DeviceStatus) -> None:
            if met.done():
                return
            if status.link is LinkState.CONNECTED:
                met.set_result(status.device)
            elif status.link is LinkState.REFUSED:
                met.set_exception(CommandError(status.detail))

        self._fleet.add(device, self._ask, watch)
        try:
            async with asyncio.timeout(MET_S) as self._deadline:
                return await met
        except TimeoutError as error:
            detail = self._fleet.roster[device.alias].detail
            await self._fleet.remove(device.alias, STOP_S)
            raise CommandError(f"it was not met: {detail}") from error
        except EdgeError:
            await self._fleet.remove(device.alias, STOP_S)
            raise
        finally:
            self._deadline = None

    async def _ask(self) -> int:
        """Wait until a person has typed it."""
        if self._task is None or self._task.done():
            raise LinkRefusedError("nobody is pairing it now")
        self._typed = asyncio.get_running_loop().create_future()
        self._wanted.set()
        self._extend(None)
        try:
            async with asyncio.timeout(PERSON_S):
                return await self._typed
        except TimeoutError as error:
            raise LinkRefusedError("nobody typed the passkey") from error
        finally:
            self._extend(asyncio.get_running_loop().time() + MET_S)

    def _extend(self, until: float | None) -> None:
        """Wait for the device until then, if it is still waited for."""
        if self._deadline:
            self._deadline.reschedule(until)


def _looked_at(task: asyncio.Task[PairReply]) -> None:
    """Whoever asked may be gone; the next reply tells it, or nobody has to know."""
    if not task.cancelled():
        task.exception()
