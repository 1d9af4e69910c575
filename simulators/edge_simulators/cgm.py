"""Continuous glucose monitor: CGM Service (181F) with records, a running session and E2E-CRC.

A record (2AA7, CGMS 1.0.2, 3.1): size, flags, glucose in mg/dL (SFLOAT), minutes since the start of
the session, then what the flags say: status (7), calibration (6), warning (5), trend (0), quality
(1); last the CRC. Records are stored and told as they are made; older ones are asked for by RACP.
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
from edge_simulators.gatt import notifying, readable
from edge_simulators.journal import Entry
from edge_simulators.memory import Memory
from edge_simulators.octets import crc_e2e, date_time, sfloat
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.physiology import glucose
from edge_simulators.racp import BY_SEQUENCE, Record, Support

SPEC = "glucose-cgm"
MINUTES = 5
"""Between records, on the device's own clock."""
BY_OFFSET = Support(filters=frozenset((BY_SEQUENCE,)))
"""Filter type 1 is the time offset (CGMS 1.0.2, 3.11.2); there is no other."""
_TREND, _QUALITY = 0x01, 0x02
_FEATURES = struct.pack("<I", 0x59_01_90_00)
"""E2E-CRC, trend, quality (bits 12, 15, 16); interstitial fluid, subcutaneous tissue."""


def measurement(glucose_mg: int, minutes: int, trend: Decimal, quality: int) -> bytes:
    """One record with trend, quality and CRC."""
    body = struct.pack("<B", _TREND | _QUALITY) + sfloat(Decimal(glucose_mg))
    body += struct.pack("<H", minutes) + sfloat(trend) + sfloat(Decimal(quality))
    octets = bytes([1 + len(body) + 2]) + body
    return octets + crc_e2e(octets)


def secured(octets: bytes) -> bytes:
    """A value with its CRC behind it."""
    return octets + crc_e2e(octets)


class CgmSensor(Peripheral):
    """A sensor whose session began before it was switched on.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        stored: records in memory when it is switched on, five minutes apart.
        every: seconds between new ones; 0 makes none.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}

    def __init__(self, place: Place, air: Air, *, stored: int = 4, every: float = 2.0) -> None:
        identity = DeviceIdentity(
            system_id=f"5EED181FFE{place.seed:06X}",
            serial=f"CG{place.seed:06d}",
            manufacturer="Sweetwater",
            model="CG-1",
            firmware="1.0",
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM CGM {place.seed}",
            address=f"F0:00:00:18:1F:{place.seed:02X}",
            services=("181F",),
            identity=identity,
        )
        outlets = [Outlet(notifying("2AA7"))]
        self.memory = Memory(outlets, support=BY_OFFSET)
        outlets.append(self.memory.control)
        self._numbers = itertools.count()
        self.session = self._begin(stored)
        service = Service(
            "181F",
            [
                *(outlet.characteristic for outlet in outlets),
                readable("2AA8", secured(_FEATURES)),
                readable("2AA9", lambda: secured(struct.pack("<H3x", self._minutes))),
                readable("2AAA", lambda: secured(date_time(self.session) + b"\x20\x00")),
                readable("2AAB", secured(struct.pack("<H", 24 * 14))),
            ],
        )
        super().__init__(place, badge, air, [service], outlets)
        self.memory.attach(self.emit)
        self._stored, self._every = stored, every
        self._life: asyncio.Future[None] | None = None

    def _begin(self, stored: int) -> datetime:
        now = datetime.now().replace(microsecond=0)  # noqa: DTZ005  # the sensor's clock has no zone
        return now - timedelta(minutes=MINUTES * stored)

    @property
    def _minutes(self) -> int:
        records = self.memory.records
        return records[-1].sequence if records else 0

    async def start(self) -> None:
        """Switch on, with what was measured before."""
        await super().start()
        for _ in range(self._stored):
            self.measure()
        if self._every:
            self._life = asyncio.ensure_future(self._live())

    async def stop(self) -> None:
        """Switch off."""
        if self._life:
            self._life.cancel()
        await super().stop()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            record = self.measure()
            if not self.memory.control.busy:
                await self.memory.tell(record)

    def measure(self) -> Record:
        """The next record is stored, and with that made."""
        number = next(self._numbers)
        minutes, mg = number * MINUTES, glucose(number, self.place.seed)
        octets = measurement(mg, minutes, Decimal("0.4"), 95)
        facing = (self.session + timedelta(minutes=minutes)).timetuple()[:6]
        record = Record(minutes, facing, (octets,))
        self.memory.records.append(record)
        name = reported_name(minutes, self.session.isoformat())
        entry = Entry("measurement", "stored", name, self.place.resident, f"{mg} mg/dL")
        self.journal.made(entry, octets)
        return record
