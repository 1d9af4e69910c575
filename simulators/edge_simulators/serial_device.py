"""What every device on a pseudo terminal does: it is plugged in, pulled out and falls silent."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.device import DeviceClock, Place, Reach, cannot
from edge_simulators.faults import Fault, Tampering, flip_bit
from edge_simulators.journal import Journal
from edge_simulators.pty_line import PtyLine
from edge_simulators.specdata import serial_link


class SerialDevice(ABC):
    """A device on a line.

    Args:
        place: where it is in the clinic.
        path: of its line.
        asset_tag: what a person wrote on it.
        spec: the firmware spec that describes it.
    """

    def __init__(self, place: Place, path: Path, asset_tag: str, spec: str) -> None:
        self.place = place
        self.tampering = Tampering(flip_bit)
        self._asset_tag = asset_tag
        self._spec = spec
        self._key = DeviceIdentity(asset_tag=asset_tag).key
        self._journal = Journal(place.journals, place.alias, self._key)
        self._line = PtyLine(path)
        self._silent = False
        self._talking: asyncio.Future[None] | None = None
        self._absence: asyncio.Future[None] | None = None

    def reach(self) -> Reach:
        """By the path of its line."""
        path = str(self._line.path)
        return Reach(
            spec=self._spec,
            key=self._key,
            asset_tag=self._asset_tag,
            link={"type": "serial", "port": path, "baud": serial_link(self._spec).baud},
            line=f"serial {path}",
        )

    async def start(self) -> None:
        """Plug it in and switch it on."""
        self._journal.open()
        self._plug()

    async def stop(self) -> None:
        """Switch it off and unplug it."""
        for task in (self._talking, self._absence):
            if task:
                task.cancel()
        self._line.unplug()
        self._journal.close()

    async def inflict(self, fault: Fault) -> None:
        """Unplug it, silence it, let octets go wrong, or what else can happen to it."""
        if self.tampering.inflict(fault):
            return
        if fault.kind not in ("drop", "vanish"):
            self._suffer(fault)
            return
        if self._absence:
            self._absence.cancel()
        away = self._unplugged if fault.kind == "drop" else self._quiet
        self._absence = asyncio.ensure_future(away(fault.amount))

    @abstractmethod
    async def _talk(self) -> None:
        """What it says and hears while it is plugged in, begun anew each time."""

    def _suffer(self, fault: Fault) -> None:
        """A fault of its own."""
        raise cannot(self.place, fault)

    def _say(self, octets: bytes) -> bool:
        """Write, unless it is silent; whether the line took it."""
        return not self._silent and self._line.write(octets)

    def _plug(self) -> None:
        self._line.plug()
        self._talking = asyncio.ensure_future(self._talk())

    async def _unplugged(self, seconds: float) -> None:
        if self._talking:
            self._talking.cancel()
            await asyncio.wait([self._talking])
        self._line.unplug()
        await asyncio.sleep(seconds)
        self._plug()

    async def _quiet(self, seconds: float) -> None:
        self._silent = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._silent = False


class Measuring(SerialDevice):
    """A device that measures by itself, whether it is plugged in or not.

    Args:
        place, path, asset_tag, spec: as `SerialDevice`.
        every: seconds between measurements; 0 for none.
    """

    def __init__(
        self, place: Place, path: Path, asset_tag: str, spec: str, *, every: float
    ) -> None:
        super().__init__(place, path, asset_tag, spec)
        self.clock = DeviceClock()
        self._every = every
        self._life: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Plug it in and switch it on."""
        await super().start()
        self._life = asyncio.ensure_future(self._live()) if self._every else None

    async def stop(self) -> None:
        """Switch it off and unplug it."""
        if self._life:
            self._life.cancel()
        await super().stop()

    @abstractmethod
    def measure(self, when: datetime | None = None) -> None:
        """Measure, now or as if it had been then."""

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            self.measure()
