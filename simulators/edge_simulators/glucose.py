"""Blood glucose meter: Glucose Service (1808); it stores records and sends them when asked.

Measurement (2A18, GLS 1.0.1, 3.1): flags, sequence number, base time, time offset, concentration
with type and location. Bit 0 of the flags: time offset; 1: concentration; 2: mol/L instead of kg/L;
3: sensor status; 4: a context follows. A change of the user's clock moves the offset, never the
base time. Context (2A34): here the meal.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from dataclasses import dataclass
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
from edge_simulators.octets import date_time, sfloat
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.physiology import glucose
from edge_simulators.racp import Record

SPEC = "glucose"
_OFFSET, _CONCENTRATION, _MOLAR, _STATUS, _CONTEXT = 0x01, 0x02, 0x04, 0x08, 0x10
_CAPILLARY_BLOOD, _FINGER = 1, 1
_MEAL = 0x02
_FEATURES = b"\xff\x03"
MMOL_PER_MG = Decimal("18.0156")


def measurement(
    sequence: int,
    base_time: bytes,
    *,
    offset: int | None = None,
    concentration: Decimal | None = None,
    molar: bool = False,
    kind: int = _CAPILLARY_BLOOD,
    location: int = _FINGER,
    status: int | None = None,
    context: bool = False,
) -> bytes:
    """A Glucose Measurement.

    Args:
        sequence: number of the record.
        base_time: a GATT Date Time.
        offset: minutes from it to the time that the user sees.
        concentration: in mol/L when `molar`, else in kg/L.
        molar: which.
        kind: type of the sample, 1 to 10.
        location: of the sample, 1 to 4, 15.
        status: sensor status bits.
        context: whether a context follows.
    """
    parts = [(_CONTEXT * context, b""), (_MOLAR * molar, b"")]
    if offset is not None:
        parts.append((_OFFSET, struct.pack("<h", offset)))
    if concentration is not None:
        sample = bytes([location << 4 | kind])
        parts.append((_CONCENTRATION, sfloat(concentration) + sample))
    if status is not None:
        parts.append((_STATUS, struct.pack("<H", status)))
    flags = sum(flag for flag, _ in parts)
    head = struct.pack("<BH", flags, sequence) + base_time
    return head + b"".join(octets for _, octets in parts)


def meal_context(sequence: int, meal: int) -> bytes:
    """A Glucose Measurement Context with a meal: 1 before, 2 after, 3 fasting, 4 casual."""
    return struct.pack("<BHB", _MEAL, sequence, meal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How the meter is used.

    Attributes:
        stored: records in memory when it is switched on, an hour apart.
        every: seconds between new ones; 0 makes none.
        molar: whether it measures in mmol/L.
        first: sequence number of the first record.
        pace: seconds between notifications of a report.
        idle: seconds after an answer in which nothing is asked, when the meter disconnects; it
            advertises again when it has something new, or when it was not the one who left.
            0 stays connected.
    """

    stored: int = 5
    every: float = 7.0
    molar: bool = False
    first: int = 1
    pace: float = 0.01
    idle: float = 0.0


class GlucoseMeter(Peripheral):
    """A meter that is known by its serial number: it has no System ID."""

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}

    def __init__(
        self, place: Place, air: Air, habit: Habit | None = None, *, bond: bool = False
    ) -> None:
        identity = DeviceIdentity(
            serial=f"GM{place.seed:06d}", manufacturer="Sweetwater", model="GL-2", firmware="2.0"
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM GLU {place.seed}",
            address=f"F0:00:00:18:08:{place.seed:02X}",
            services=("1808",),
            identity=identity,
        )
        habit = habit or Habit()
        outlets = [Outlet(notifying("2A18")), Outlet(notifying("2A34"))]
        self.memory = Memory(outlets, bonded=bond, pace=habit.pace)
        outlets.append(self.memory.control)
        sending = [outlet.characteristic for outlet in outlets]
        service = Service("1808", [*sending, readable("2A51", _FEATURES, bonded=bond)])
        super().__init__(place, badge, air, [service], outlets)
        self.memory.attach(self.emit)
        self.memory.asked, self.memory.answered = self._asked, self._answered
        self._habit = habit
        self._offset = 0
        self._numbers = itertools.count(self._habit.first)
        self._life: asyncio.Future[None] | None = None
        self._goodbye: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Switch on, with what was measured before."""
        await super().start()
        now = self.clock.now()
        for ago in range(self._habit.stored, 0, -1):
            self.measure(now - timedelta(hours=ago))
        if self._habit.every:
            self._life = asyncio.ensure_future(self._live())

    async def stop(self) -> None:
        """Switch off."""
        for task in (self._life, self._goodbye):
            if task:
                task.cancel()
        await super().stop()

    def set_clock(self, skew: float) -> None:
        """The user moves the clock: the offset of what comes says by how much, in minutes."""
        self._offset = round(skew / 60)

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self._habit.every)
            self.measure(self.clock.now())
            if self.asleep:
                self.asleep = False
                await self._advertise()

    def measure(self, base: datetime) -> None:
        """Somebody pricks a finger: the record is stored, and with that made."""
        sequence = next(self._numbers)
        mg_per_dl = glucose(sequence, self.place.seed)
        context = meal_context(sequence, 1 + sequence % 4) if sequence % 2 == 0 else b""
        octets = measurement(
            sequence,
            date_time(base),
            offset=self._offset,
            concentration=self._concentration(mg_per_dl),
            molar=self._habit.molar,
            context=bool(context),
        )
        facing = (base + timedelta(minutes=self._offset)).timetuple()[:6]
        notifications = (octets, context) if context else (octets,)
        self.memory.records.append(Record(sequence, facing, notifications))
        name = reported_name(sequence, base.isoformat())
        self._journal("measurement", octets, name, f"{mg_per_dl} mg/dL")
        if context:
            self._journal("context", context, reported_name(sequence, None), "meal")

    def _concentration(self, mg_per_dl: int) -> Decimal:
        """In mol/L to a tenth of a mmol/L, or in kg/L to a mg/dL."""
        if self._habit.molar:
            return (mg_per_dl / MMOL_PER_MG).quantize(Decimal("0.1")).scaleb(-3)
        return Decimal(mg_per_dl).scaleb(-5)

    def _journal(self, part: str, octets: bytes, name: str | None, value: str) -> None:
        self.journal.made(Entry(part, "stored", name, self.place.resident, value), octets)

    def _asked(self) -> None:
        if self._goodbye:
            self._goodbye.cancel()

    def _answered(self) -> None:
        self._goodbye = asyncio.ensure_future(self._leave()) if self._habit.idle else None

    async def _leave(self) -> None:
        """Nobody asks any more: disconnect, and save the battery unless there is something new."""
        await asyncio.sleep(self._habit.idle)
        self.asleep = not any(record.sequence > self.memory.told for record in self.memory.records)
        await self.disconnect()
