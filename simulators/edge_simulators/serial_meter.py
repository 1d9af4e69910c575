"""A glucose meter on a pseudo terminal that keeps its readings until it is asked for them.

Rule of this file: a reading is made when it is stored, whoever asks for it later and how often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from edge_simulators.asked_meters import Reading, Tongue
from edge_simulators.device import Place, cannot
from edge_simulators.faults import Fault
from edge_simulators.journal import Entry
from edge_simulators.serial_device import Measuring


class SerialMeter(Measuring):
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
        super().__init__(place, path, asset_tag, speaks().spec, every=every)
        self.memory: list[Reading] = []
        self._speaks = speaks
        self._before = stored

    async def start(self) -> None:
        """Plug it in and switch it on, with what it has stored before."""
        await super().start()
        for number in range(self._before, 0, -1):
            self.measure(self.clock.now() - timedelta(minutes=11 * number))

    def _suffer(self, fault: Fault) -> None:
        """Set its clock wrong."""
        if fault.kind != "clock":
            raise cannot(self.place, fault)
        self.clock.skew = timedelta(seconds=fault.amount)

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

    async def _talk(self) -> None:
        tongue = self._speaks()
        while True:
            for octets in tongue.hear(await self._line.heard(), self.memory):
                passage = self.tampering.passage(octets)
                await asyncio.sleep(passage.delay)
                for _ in range(passage.copies):
                    self._say(passage.octets)
