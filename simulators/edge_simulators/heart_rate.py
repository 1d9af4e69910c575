"""Heart rate strap: Heart Rate Service (180D) with RR intervals, once a second.

Measurement (2A37, HRS 1.0, 3.1): flags, rate, RR intervals in 1/1024 s, the oldest first. Bit 0 of
the flags: rate in two octets; 1: skin contact; 2: contact is known; 4: RR intervals follow.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import notifying, readable
from edge_simulators.journal import Entry
from edge_simulators.outlet import Emit, Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.physiology import rhythm

SPEC = "heart-rate"
_CONTACT, _CONTACT_KNOWN, _WIDE, _INTERVALS = 0x02, 0x04, 0x01, 0x10
_CHEST = b"\x01"
MOST_INTERVALS = 9
"""That fit the 20 octets of a notification with the default MTU beside flags and rate."""


def measurement(rate: int, intervals: Sequence[int] = (), *, contact: bool = True) -> bytes:
    """A Heart Rate Measurement.

    Args:
        rate: beats a minute, 0 to 65535.
        intervals: between beats, in 1/1024 s, the oldest first.
        contact: whether there is skin contact.
    """
    flags = _CONTACT_KNOWN | (_CONTACT if contact else 0)
    flags |= (_WIDE if rate > 255 else 0) | (_INTERVALS if intervals else 0)
    return struct.pack(f"<B{'H' if rate > 255 else 'B'}{len(intervals)}H", flags, rate, *intervals)


class HeartRate:
    """The Heart Rate Service of a strap.

    Args:
        part: of the firmware spec.
        place: of the strap.
        beats: when the heart beats, in seconds, increasing; it beats while somebody listens.
        every: seconds between notifications.
    """

    def __init__(self, part: str, place: Place, beats: Iterator[float], every: float) -> None:
        self.outlet = Outlet(notifying("2A37"), self._serve)
        location = readable("2A38", _CHEST)
        self.service = Service("180D", [self.outlet.characteristic, location])
        self._part = part
        self._resident = place.resident
        self._beats = beats
        self._last, self._next = next(beats), next(beats)
        self._time = self._last
        self._rate = round(60 / (self._next - self._last))
        self._every = every
        self._notify: Emit | None = None
        self.contact: Callable[[], bool] = lambda: True

    def attach(self, notify: Emit) -> None:
        """Let it notify."""
        self._notify = notify

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number in itertools.count(1):
            await asyncio.sleep(max(0.0, begin + number * self._every - loop.time()))
            octets, value = self._measured(self._intervals())
            entry = Entry(self._part, "live", resident=self._resident, value=value)
            if self._notify:
                await self._notify(self.outlet, octets, entry)

    def _measured(self, intervals: list[int]) -> tuple[bytes, str]:
        if not self.contact():
            return measurement(0, contact=False), "no contact"
        if intervals:
            self._rate = round(60 * 1024 * len(intervals) / sum(intervals))
        return measurement(self._rate, intervals), f"{self._rate} /min"

    def _intervals(self) -> list[int]:
        """That ended in the next period, in 1/1024 s; there may be none."""
        self._time += self._every
        intervals: list[int] = []
        while self._next <= self._time and len(intervals) < MOST_INTERVALS:
            intervals.append(round((self._next - self._last) * 1024))
            self._last, self._next = self._next, next(self._beats)
        return intervals


class HeartRateStrap(Peripheral):
    """A strap.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        beats: when the heart beats; a rhythm of the seed if not given.
        every: seconds between notifications.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"probe-off"}

    def __init__(
        self, place: Place, air: Air, *, beats: Iterator[float] | None = None, every: float = 1.0
    ) -> None:
        identity = DeviceIdentity(
            system_id=f"A0B1C2FFFE{place.seed:06X}",
            manufacturer="Beacon Works",
            model="HR-1",
            firmware="1.4.2",
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM HR {place.seed}",
            address=f"F0:00:00:18:0D:{place.seed:02X}",
            services=("180D",),
            identity=identity,
        )
        beats = beats or rhythm(place.seed).beats()
        heart = HeartRate("measurement", place, beats, every)
        super().__init__(place, badge, air, [heart.service], [heart.outlet])
        heart.attach(self.notify)
        heart.contact = self.contact.made
