"""Blood pressure cuff: Blood Pressure Service (1810), two users, readings kept until confirmed.

Measurement (2A35, BLS 1.1.1, 3.1): flags, systolic, diastolic, mean (SFLOAT), and as the flags say
time stamp, pulse rate, user, status. Bit 0 of the flags: kPa instead of mmHg; 1: time stamp;
2: pulse; 3: user; 4: status. It is indicated; the cuff forgets a reading when its indication has
been confirmed, and sends it again after a reconnection until then.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.ids import reported_name
from edge_simulators.air import Air
from edge_simulators.device import Place, Reach
from edge_simulators.gatt import indicating, readable
from edge_simulators.journal import Entry
from edge_simulators.octets import date_time, sfloat
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.physiology import Pressure, pressure
from edge_simulators.specdata import part

SPEC = "blood-pressure"
PART = "measurement"
_KPA, _TIME, _PULSE, _USER, _STATUS = 0x01, 0x02, 0x04, 0x08, 0x10
_FEATURES = b"\x27\x00"


def measurement(
    systolic: Decimal,
    diastolic: Decimal,
    mean: Decimal,
    *,
    kpa: bool = False,
    time: bytes | None = None,
    pulse: Decimal | None = None,
    user: int | None = None,
    status: int | None = None,
) -> bytes:
    """A Blood Pressure Measurement.

    Args:
        systolic: in mmHg, or kPa.
        diastolic: likewise.
        mean: likewise.
        kpa: which.
        time: a GATT Date Time.
        pulse: beats a minute.
        user: 0 to 254; 255 is an unknown one.
        status: movement 1, cuff loose 2, irregular 4, rate range 8 and 16, position 32.
    """
    parts = [
        (_TIME, time),
        (_PULSE, None if pulse is None else sfloat(pulse)),
        (_USER, None if user is None else bytes([user])),
        (_STATUS, None if status is None else struct.pack("<H", status)),
    ]
    flags = _KPA * kpa + sum(flag for flag, octets in parts if octets is not None)
    values = b"".join(map(sfloat, (systolic, diastolic, mean)))
    return bytes([flags]) + values + b"".join(octets or b"" for _, octets in parts)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A reading in the cuff's memory."""

    octets: bytes
    entry: Entry


class BloodPressureCuff(Peripheral):
    """A cuff that several residents share.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        slots: user number to resident; they take turns.
        every: seconds between readings; 0 makes none by itself.
        bond: whether it talks only to a bonded peer.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}

    def __init__(
        self,
        place: Place,
        air: Air,
        slots: Mapping[int, str],
        *,
        every: float = 5.0,
        bond: bool = False,
    ) -> None:
        identity = DeviceIdentity(
            system_id=f"C0FFEEFFFE{place.seed:06X}",
            serial=f"BP{place.seed:06d}",
            manufacturer="Cuff & Sons",
            model="BP-7",
            firmware="3.1",
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM BP {place.seed}",
            address=f"F0:00:00:18:10:{place.seed:02X}",
            services=("1810",),
            identity=identity,
        )
        self._outlet = Outlet(indicating("2A35"), self._serve)
        features = readable("2A49", _FEATURES, bonded=bond)
        service = Service("1810", [self._outlet.characteristic, features])
        super().__init__(place, badge, air, [service], [self._outlet])
        self._slots = dict(slots)
        self._every = every
        self._memory: deque[_Reading] = deque()
        self._more = asyncio.Event()
        self._life: asyncio.Future[None] | None = None

    def reach(self) -> Reach:
        """Also: whose the slots are."""
        reach = super().reach()
        slots = {str(slot): resident for slot, resident in self._slots.items()}
        return Reach(spec=reach.spec, key=reach.key, link=reach.link, line=reach.line, slots=slots)

    async def start(self) -> None:
        """Switch on."""
        await super().start()
        if self._every:
            self._life = asyncio.ensure_future(self._live())

    async def stop(self) -> None:
        """Switch off."""
        if self._life:
            self._life.cancel()
        await super().stop()

    @property
    def unconfirmed(self) -> int:
        """How many readings are in memory."""
        return len(self._memory)

    async def _live(self) -> None:
        turns = itertools.cycle(self._slots)
        for number in itertools.count():
            await asyncio.sleep(self._every)
            self.measure(next(turns), number)

    def measure(self, slot: int, number: int) -> None:
        """The resident of a slot is measured; the cuff keeps it."""
        person = list(self._slots).index(slot)
        reading = pressure(person, number, self.place.seed)
        now = self.clock.now()
        entry = Entry(
            PART,
            part(SPEC, PART).kept,
            name=reported_name(None, now.isoformat()),
            resident=self._slots[slot],
            value=f"{reading.systolic}/{reading.diastolic} mm[Hg] {reading.pulse}/min",
        )
        self._memory.append(_Reading(_octets(reading, now, slot), entry))
        self._more.set()

    async def _serve(self) -> None:
        """Indicate what is in memory, one after the other, and what comes into it."""
        while True:
            while self._memory:
                reading = self._memory[0]
                await self.indicate(self._outlet, reading.octets, reading.entry)
                self._memory.popleft()
            self._more.clear()
            await self._more.wait()


def _octets(reading: Pressure, now: datetime, slot: int) -> bytes:
    return measurement(
        Decimal(reading.systolic),
        Decimal(reading.diastolic),
        Decimal(reading.mean),
        time=date_time(now),
        pulse=Decimal(reading.pulse),
        user=slot,
        status=0,
    )
