"""Finger oximeter: Pulse Oximeter Service (1822), live and with spot checks that it has stored.

While somebody listens it tells a continuous measurement (2A5F) a second. A spot check (2A5E) that
is made while nobody is connected is stored; it is indicated when the control point asks for it, and
stays until it is deleted. That control point knows no filter: all records or none (PLXS 1.0.1,
3.4). A record has no number, its time names it.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.ids import reported_name
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import indicating, notifying, readable
from edge_simulators.journal import Entry
from edge_simulators.memory import Memory
from edge_simulators.octets import date_time, sfloat
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.racp import Operator, Record, Support

SPEC = "pulse-oximeter"
ALL_OR_NONE = Support(operators=frozenset((Operator.ALL,)), filters=frozenset())
FROM_STORAGE = 0x0200
FULLY_QUALIFIED = 0x0100
_FEATURES = struct.pack("<HH", 0x004D, FROM_STORAGE | FULLY_QUALIFIED)
"""Measurement status, storage, time stamps, PAI; then which status bits it knows."""


def continuous(spo2: int, pulse: int, perfusion: Decimal, status: int = FULLY_QUALIFIED) -> bytes:
    """PLX Continuous Measurement (2A5F, PLXS 3.2.1): normal pair, status (bit 2), PAI (bit 4)."""
    pair = sfloat(Decimal(spo2)) + sfloat(Decimal(pulse))
    return bytes([0x14]) + pair + struct.pack("<H", status) + sfloat(perfusion)


def spot_check(spo2: int, pulse: int, when: datetime, status: int = FROM_STORAGE) -> bytes:
    """PLX Spot-Check Measurement (2A5E, PLXS 3.1.1): pair, time (bit 0), status (bit 1)."""
    pair = sfloat(Decimal(spo2)) + sfloat(Decimal(pulse))
    return bytes([0x03]) + pair + date_time(when) + struct.pack("<H", status)


class PulseOximeter(Peripheral):
    """An oximeter on a finger.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        stored: spot checks in memory when it is switched on, an hour apart.
        every: seconds between continuous measurements.
        spot_every: seconds between spot checks while nobody is connected; 0 makes none.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}
    tells_time = True

    def __init__(
        self,
        place: Place,
        air: Air,
        *,
        stored: int = 3,
        every: float = 1.0,
        spot_every: float = 20.0,
    ) -> None:
        identity = DeviceIdentity(
            system_id=f"5EED1822FE{place.seed:06X}",
            serial=f"PO{place.seed:06d}",
            manufacturer="Village Instruments",
            model="SIM PLX",
            firmware="1.0",
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM PLX {place.seed}",
            address=f"F0:00:00:18:22:{place.seed:02X}",
            services=("1822",),
            identity=identity,
        )
        self._live = Outlet(notifying("2A5F"), self._stream)
        spot = Outlet(indicating("2A5E"))
        self.memory = Memory([spot], support=ALL_OR_NONE)
        outlets = [spot, self._live, self.memory.control]
        sending = [outlet.characteristic for outlet in outlets]
        service = Service("1822", [*sending, readable("2A60", _FEATURES)])
        super().__init__(place, badge, air, [service], outlets)
        self.memory.attach(self.emit)
        self._stored, self._every, self._spot_every = stored, every, spot_every
        self._numbers = itertools.count()
        self._life: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Switch on, with what was measured before."""
        await super().start()
        now = self.clock.now()
        for ago in range(self._stored, 0, -1):
            self.measure(now - timedelta(hours=ago))
        if self._spot_every:
            self._life = asyncio.ensure_future(self._check_now_and_then())

    async def stop(self) -> None:
        """Switch off."""
        if self._life:
            self._life.cancel()
        await super().stop()

    def measure(self, when: datetime) -> None:
        """A spot check is stored, and with that made."""
        number = next(self._numbers)
        spo2, pulse = 94 + number % 5, 58 + number % 30
        octets = spot_check(spo2, pulse, when)
        self.memory.records.append(Record(number, when.timetuple()[:6], (octets,)))
        name = reported_name(None, when.isoformat())
        value = f"{spo2} % {pulse} /min"
        self.journal.made(Entry("spot-check", "stored", name, self.place.resident, value), octets)

    async def _check_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._spot_every)
            if self._live.listener is None:
                self.measure(self.clock.now())

    async def _stream(self) -> None:
        for number in itertools.count():
            await asyncio.sleep(self._every)
            spo2, pulse = 96 + number % 3, 60 + number % 25
            value = f"{spo2} % {pulse} /min"
            entry = Entry("continuous", "live", None, self.place.resident, value)
            await self.notify(self._live, continuous(spo2, pulse, Decimal("4.5")), entry)
