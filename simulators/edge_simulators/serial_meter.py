"""A glucose meter on a pseudo terminal that keeps its readings until it is asked for them.

Rule of this file: a reading is made when it is stored, whoever asks for it later and how often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.asked_meters import Reading, Tongue
from edge_simulators.device import DeviceClock, Place, Reach, cannot
from edge_simulators.faults import Fault, Tampering, flip_bit
from edge_simulators.journal import Entry, Journal
from edge_simulators.pty_line import PtyLine
from edge_simulators.specdata import serial_link


class SerialMeter:
    """A meter on a line.

    Args:
        place: where it is in the clinic.
        path: of its line.
        asset_tag: what a person wrote on it.
        speaks: what it speaks, made anew whenever its line is opened.
        stored: readings that it has from before, eleven minutes apart.
        every: seconds between new ones; 0 for none.
    """

    def __init__(
        self,
        place: Place,
        path: Path,
        asset_tag: str,
        speaks: Callable[[], Tongue],
        *,
        stored: int = 5,
        every: float = 0.0,
    ) -> None:
        self.place = place
        self.clock = DeviceClock()
        self.tampering = Tampering(flip_bit)
        self.memory: list[Reading] = []
        self._asset_tag = asset_tag
        self._speaks = speaks
        self._before = stored
        self._every = every
        self._key = DeviceIdentity(asset_tag=asset_tag).key
        self._journal = Journal(place.journals, place.alias, self._key)
        self._line = PtyLine(path)
        self._voice: asyncio.Future[None] | None = None
        self._life: asyncio.Future[None] | None = None
        self._absence: asyncio.Future[None] | None = None
        self._silent = False

    def reach(self) -> Reach:
        """By the path of its line."""
        path, spec = str(self._line.path), self._speaks().spec
        return Reach(
            spec=spec,
            key=self._key,
            asset_tag=self._asset_tag,
            link={"type": "serial", "port": path, "baud": serial_link(spec).baud},
            line=f"serial {path}",
        )

    async def start(self) -> None:
        """Plug it in."""
        self._journal.open()
        for number in range(self._before, 0, -1):
            self.measure(self.clock.now() - timedelta(minutes=11 * number))
        self._plug()
        self._life = asyncio.ensure_future(self._live()) if self._every else None

    async def stop(self) -> None:
        """Unplug it."""
        for task in (self._voice, self._life, self._absence):
            if task:
                task.cancel()
        self._line.unplug()
        self._journal.close()

    async def inflict(self, fault: Fault) -> None:
        """Unplug it, silence it, set its clock wrong, or let answers go wrong."""
        if self.tampering.inflict(fault):
            return
        match fault.kind:
            case "drop" | "vanish":
                if self._absence:
                    self._absence.cancel()
                away = self._unplugged if fault.kind == "drop" else self._quiet
                self._absence = asyncio.ensure_future(away(fault.amount))
            case "clock":
                self.clock.skew = timedelta(seconds=fault.amount)
            case _:
                raise cannot(self.place, fault)

    def measure(self, when: datetime | None = None) -> None:
        """Measure and store."""
        number = len(self.memory)
        value = 70 + (37 * number + 13 * self.place.seed) % 130
        reading = Reading(when or self.clock.now(), value)
        self.memory.insert(0, reading)
        tongue = self._speaks()
        entry = Entry(
            tongue.part, "stored", tongue.name(reading), self.place.resident, f"{value} mg/dL"
        )
        self._journal.made(entry, tongue.record(reading))

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            self.measure()

    async def _answer(self) -> None:
        tongue = self._speaks()
        while True:
            for octets in tongue.hear(await self._line.heard(), self.memory):
                passage = self.tampering.passage(octets)
                await asyncio.sleep(passage.delay)
                for _ in range(passage.copies):
                    if not self._silent:
                        self._line.write(passage.octets)

    def _plug(self) -> None:
        self._line.plug()
        self._voice = asyncio.ensure_future(self._answer())

    async def _unplugged(self, seconds: float) -> None:
        if self._voice:
            self._voice.cancel()
            await asyncio.wait([self._voice])
        self._line.unplug()
        await asyncio.sleep(seconds)
        self._plug()

    async def _quiet(self, seconds: float) -> None:
        self._silent = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._silent = False
