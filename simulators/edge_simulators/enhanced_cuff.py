"""Blood pressure cuff of the later kind: enhanced measurements, and a memory (BLS 1.1).

While somebody listens, a measurement is told as it goes on (2B35) and indicated when it is done, in
the enhanced form (2B34) and in the old one (2A35) to whoever subscribed to that. What was measured
while nobody listened is stored and asked for as records (2B36). An enhanced measurement has two
times, seconds since 2000: the time stamp, which is UTC here, and the time that the user sees.

A record is notified in segments, each behind a head: first (bit 0), last (1) and the segment's
number (2 to 7), sequence number, UUID of what was recorded. Behind the last stands an E2E-CRC over
all segments, heads included (GSS, Blood Pressure Record).
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.ids import reported_name
from edge_simulators.air import Air
from edge_simulators.blood_pressure import SPEC
from edge_simulators.device import Place, Reach
from edge_simulators.gatt import indicating, notifying, readable
from edge_simulators.journal import Entry
from edge_simulators.memory import Memory
from edge_simulators.octets import crc_e2e, sfloat
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.physiology import Pressure, pressure
from edge_simulators.racp import Record

ENHANCED = 0x2B34
_ALL_AND_2000 = 0x7E
"""Flags: mmHg, both times, pulse, user and status, seconds since 2000."""
_INTERMEDIATE = 0x42
"""Flags: mmHg, time stamp, seconds since 2000."""
_PLAIN = 0x00
"""Flags: mmHg, and nothing beside the pressures."""
_FEATURES = struct.pack("<H", 0x0147)
"""Movement, cuff fit, irregular pulse; E2E-CRC; user-facing time."""
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001  # neither clock has a zone
_FIRST, _LAST, _COUNTER, _SEGMENTS = 1, 2, 2, 64
_HEAD = 5


def enhanced(reading: Pressure, stamp: datetime, facing: datetime, user: int) -> bytes:
    """An Enhanced Blood Pressure Measurement (2B34).

    Args:
        reading: in mmHg and beats a minute.
        stamp: the time stamp.
        facing: the time that the user sees.
        user: 0 to 254.
    """
    values = (reading.systolic, reading.diastolic, reading.mean)
    head = bytes([_ALL_AND_2000]) + b"".join(sfloat(Decimal(value)) for value in values)
    pulse = sfloat(Decimal(reading.pulse))
    return head + _seconds(stamp) + pulse + struct.pack("<BH", user, 0) + _seconds(facing)


def segments(sequence: int, value: bytes, room: int) -> tuple[bytes, ...]:
    """The notifications of a Blood Pressure Record (2B36), with its E2E-CRC.

    Args:
        sequence: number of the record.
        value: an enhanced measurement.
        room: octets of a notification.
    """
    size, body = room - _HEAD, value + bytes(2)
    size -= len(body) % size == 1  # the check is not torn
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    head = struct.pack("<HH", sequence, ENHANCED)
    whole = b"".join(
        bytes([_flags(number, len(pieces))]) + head + piece for number, piece in enumerate(pieces)
    )[:-2]
    whole += crc_e2e(whole)
    return tuple(whole[at : at + _HEAD + size] for at in range(0, len(whole), _HEAD + size))


def _flags(number: int, count: int) -> int:
    first, last = _FIRST * (number == 0), _LAST * (number == count - 1)
    return first | last | number % _SEGMENTS << _COUNTER


def _seconds(when: datetime) -> bytes:
    return struct.pack("<I", int((when - _EPOCH).total_seconds()))


@dataclass(frozen=True, slots=True)
class _Taken:
    """One measurement: its octets, its two times, whose it is, and a summary for people."""

    octets: bytes
    stamp: datetime
    facing: datetime
    resident: str
    text: str


class EnhancedCuff(Peripheral):
    """A cuff that several residents share.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        slots: user number to resident; they take turns.
        stored: readings in memory when it is switched on, an hour apart.
        every: seconds between readings; 0 makes none by itself.
        room: octets of a notification that carries a record.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}
    tells_time = True

    def __init__(
        self,
        place: Place,
        air: Air,
        slots: Mapping[int, str],
        *,
        stored: int = 3,
        every: float = 5.0,
        room: int = 244,
    ) -> None:
        identity = DeviceIdentity(
            system_id=f"C0FFEEFFFE{0xEB << 16 | place.seed:06X}",
            serial=f"EB{place.seed:06d}",
            manufacturer="Cuff & Sons",
            model="BP-11",
            firmware="1.0",
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM EBP {place.seed}",
            address=f"F0:00:00:18:EB:{place.seed:02X}",
            services=("1810",),
            identity=identity,
        )
        self._plain = Outlet(indicating("2A35"))
        self._enhanced = Outlet(indicating("2B34"), self._serve)
        self._cuff, records = Outlet(notifying("2B35")), Outlet(notifying("2B36"))
        self.memory = Memory([records])
        outlets = [self._plain, self._enhanced, self._cuff, records, self.memory.control]
        sending = [outlet.characteristic for outlet in outlets]
        service = Service("1810", [*sending, readable("2A49", _FEATURES)])
        super().__init__(place, badge, air, [service], outlets)
        self.memory.attach(self.emit)
        self._slots = dict(slots)
        self._stored, self._every, self._room = stored, every, room
        self._turns = itertools.cycle(enumerate(self._slots))
        self._numbers, self._sequences = itertools.count(), itertools.count()
        self._waiting: deque[tuple[bytes, Entry]] = deque()
        self._more = asyncio.Event()
        self._life: asyncio.Future[None] | None = None

    def reach(self) -> Reach:
        """Also: whose the slots are."""
        slots = {str(slot): resident for slot, resident in self._slots.items()}
        return replace(super().reach(), slots=slots)

    async def start(self) -> None:
        """Switch on, with what was measured before."""
        await super().start()
        for ago in range(self._stored, 0, -1):
            self.store(timedelta(hours=ago))
        if self._every:
            self._life = asyncio.ensure_future(self._live())

    async def stop(self) -> None:
        """Switch off."""
        if self._life:
            self._life.cancel()
        await super().stop()

    def store(self, ago: timedelta = timedelta()) -> None:
        """The next in turn is measured, and nobody listens: it is stored, and with that made."""
        sequence, taken = next(self._sequences), self._measured(ago)
        notifications = segments(sequence, taken.octets, self._room)
        self.memory.records.append(Record(sequence, taken.facing.timetuple()[:6], notifications))
        name = reported_name(sequence, taken.stamp.isoformat())
        whole = notifications[0] + b"".join(part[_HEAD:] for part in notifications[1:])
        self.journal.made(Entry("record", "stored", name, taken.resident, taken.text), whole)

    def tell(self) -> None:
        """The next in turn is measured, and it is told; it is kept until that is confirmed."""
        taken = self._measured(timedelta())
        name = reported_name(None, taken.stamp.isoformat())
        entry = Entry("enhanced", "live", name, taken.resident, taken.text)
        self._waiting.append((taken.octets, entry))
        self._more.set()

    def _measured(self, ago: timedelta) -> _Taken:
        (person, slot), number = next(self._turns), next(self._numbers)
        reading = pressure(person, number, self.place.seed)
        stamp = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + self.clock.skew - ago
        facing = self.clock.now() - ago
        octets = enhanced(reading, stamp, facing, slot)
        text = f"{reading.systolic}/{reading.diastolic} mm[Hg] {reading.pulse}/min"
        return _Taken(octets, stamp, facing, self._slots[slot], text)

    async def _serve(self) -> None:
        """Tell what waits, one after the other, and what comes to wait."""
        while True:
            while self._waiting:
                octets, entry = self._waiting[0]
                pumped = bytes([_INTERMEDIATE]) + octets[1:3] + octets[7:11]
                cuff = Entry("enhanced-cuff-pressure", "live", None, entry.resident, "telemetry")
                await self.notify(self._cuff, pumped, cuff)
                await self.indicate(self._enhanced, octets, entry)
                await self.indicate(self._plain, bytes([_PLAIN]) + octets[1:7])
                self._waiting.popleft()
            self._more.clear()
            await self._more.wait()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            if self._enhanced.listener:
                self.tell()
            else:
                self.store()
