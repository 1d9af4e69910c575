"""Polar H10: the Polar Measurement Data service (`pmd`) with its ECG stream, and heart rate.

From Polar's online_measurement.pdf and H10_ECG_Explained.docx.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from bumble.device import Connection
from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators import pmd
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import control_point, notifying
from edge_simulators.heart_rate import HeartRate
from edge_simulators.journal import Entry
from edge_simulators.octets import signed24
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.recordings import Recording
from edge_simulators.specdata import ble_service, part

SPEC = "polar-pmd"
RATE = 130
PER_FRAME = 73
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001  # the strap's clock has no zone
OFFERS = {
    pmd.ECG: pmd.Offer(settings={pmd.RATE: RATE, pmd.RESOLUTION: 14}, octets=10 + 3 * PER_FRAME)
}


def frame(nanoseconds: int, microvolt: Sequence[int]) -> bytes:
    """An ECG frame of type 0: 24 bits a sample; the time is that of the last sample."""
    return pmd.frame(pmd.ECG, nanoseconds, 0, b"".join(map(signed24, microvolt)))


def since_2000(now: datetime) -> int:
    """Nanoseconds on a sensor's clock."""
    return int((now - _EPOCH).total_seconds()) * 1_000_000_000


class PolarStrap(Peripheral):
    """An H10 on a chest whose heart is a recording.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        heart: the recording, at 130 samples a second; it is replayed over and over.
        every: seconds between heart rate notifications.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"probe-off", "clock"}

    def __init__(self, place: Place, air: Air, heart: Recording, *, every: float = 1.0) -> None:
        identity = DeviceIdentity(
            system_id=f"A09E1AFFFE{place.seed:06X}",
            serial=f"H10{place.seed:05d}",
            manufacturer="Polar Electro Oy",
            model="H10",
            firmware="5.0.0",
        )
        badge = Badge(
            spec=SPEC,
            name=f"Polar H10 {place.seed:08d}",
            address=f"F0:00:00:00:10:{place.seed:02X}",
            services=("180D",),
            identity=identity,
        )
        rate = HeartRate("heart-rate", place, heart.beat_times(), every)
        self._data = Outlet(notifying(part(SPEC, "data").characteristic))
        uuid = part(SPEC, "control").characteristic
        self._control = Outlet(control_point(uuid, self._written, value=pmd.features(OFFERS)))
        sending = [self._control.characteristic, self._data.characteristic]
        service = Service(ble_service(SPEC), sending)
        outlets = (rate.outlet, self._control, self._data)
        super().__init__(place, badge, air, [rate.service, service], outlets)
        rate.attach(self.notify)
        rate.contact = self.contact.made
        self._samples = heart.samples()
        self._title = heart.name

    async def _written(self, connection: Connection, octets: bytes) -> None:
        streaming = frozenset((pmd.ECG,) if self._data.busy else ())
        said = pmd.command(octets, OFFERS, streaming=streaming, mtu=int(connection.att_mtu))
        if said.streaming and not streaming:
            self._data.run(self._stream())
        elif not said.streaming:
            self._data.halt()
        self._control.run(self.indicate(self._control, said.octets))

    async def _stream(self) -> None:
        """Frames in their time, for ever."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        first = since_2000(self.clock.now())
        for number in itertools.count(1):
            samples = number * PER_FRAME
            await asyncio.sleep(max(0.0, begin + samples / RATE - loop.time()))
            last = first + (samples - 1) * 1_000_000_000 // RATE
            await self._notify_frame(last)

    async def _notify_frame(self, last: int) -> None:
        samples = list(itertools.islice(self._samples, PER_FRAME))
        if not self.contact.made():
            samples = [0] * PER_FRAME
        value = f"{PER_FRAME} samples of {self._title}"
        entry = Entry("data", "live", resident=self.place.resident, value=value)
        await self.notify(self._data, frame(last, samples), entry)
