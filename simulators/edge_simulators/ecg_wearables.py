"""ECG wearables of other makes: Movesense with the GATT SensorData Protocol, HealthyPi Move.

Movesense: `01 reference path` subscribes and is answered `01 reference status`; data are `02
reference`, milliseconds of the first sample (u32), then samples (s32) of 1/20/2^17 V. HealthyPi
Move: eight samples (s32) a notification, 128 a second, as soon as somebody listens. From
EvanKat/movesense_bleak and Protocentral/healthypi-move-fw.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator, Iterator

from bumble.device import Connection
from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import notifying, writable
from edge_simulators.heart_rate import HeartRate
from edge_simulators.journal import Entry
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.recordings import Recording, resampled
from edge_simulators.specdata import ble_service, part

MOVESENSE, HEALTHYPI = "movesense", "healthypi-move"
MOVESENSE_RATE, MOVESENSE_BATCH = 125, 16
HEALTHYPI_RATE, HEALTHYPI_BATCH = 128, 8
_SUBSCRIBE, _UNSUBSCRIBE, _RESPONSE, _DATA = 1, 2, 1, 2
_OK = 200
_ECG = b"/Meas/ECG/125"


async def batches(samples: Iterator[int], rate: int, size: int) -> AsyncIterator[list[int]]:
    """So many samples at a time, each batch when its last sample is there."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number in itertools.count(1):
        await asyncio.sleep(max(0.0, begin + number * size / rate - loop.time()))
        yield list(itertools.islice(samples, size))


def _badge(place: Place, spec: str, name: str, code: str, services: tuple[str, ...]) -> Badge:
    serial = f"{place.seed:012d}"
    return Badge(
        spec=spec,
        name=f"{name} {serial}",
        address=f"F0:00:00:EC:{code}:{place.seed:02X}",
        services=services,
        identity=DeviceIdentity(serial=serial, manufacturer=name, model=name, firmware="2.0"),
    )


class Movesense(Peripheral):
    """A sensor on a chest whose heart is a recording."""

    def __init__(self, place: Place, air: Air, heart: Recording) -> None:
        self._data = Outlet(notifying(part(MOVESENSE, "data").characteristic))
        command = writable(part(MOVESENSE, "command").characteristic, self._written)
        service = Service(ble_service(MOVESENSE), [self._data.characteristic, command])
        badge = _badge(place, MOVESENSE, "Movesense", "01", ())
        super().__init__(place, badge, air, [service], [self._data])
        self._samples = resampled(heart, MOVESENSE_RATE).samples()

    async def _written(self, _connection: Connection, octets: bytes) -> None:
        if octets[0] == _UNSUBSCRIBE:
            self._data.halt()
        elif octets[0] == _SUBSCRIBE and octets[2:] == _ECG:
            self._data.run(self._stream(octets[1]))

    async def _stream(self, reference: int) -> None:
        response = struct.pack("<BBH", _RESPONSE, reference, _OK)
        await self.notify(self._data, response, self._entry("200"))
        sent = 0
        async for batch in batches(self._samples, MOVESENSE_RATE, MOVESENSE_BATCH):
            milliseconds = 1000 + sent * 1000 // MOVESENSE_RATE
            counts = [round(uv / 1e6 * 20 * 2**17) for uv in batch]
            head = struct.pack("<BBI", _DATA, reference, milliseconds)
            octets = head + struct.pack(f"<{len(counts)}i", *counts)
            await self.notify(self._data, octets, self._entry(f"{len(counts)} samples"))
            sent += len(batch)

    def _entry(self, value: str) -> Entry:
        return Entry("data", "live", None, self.place.resident, value)


class HealthyPi(Peripheral):
    """A watch with an ECG and a heart rate."""

    def __init__(self, place: Place, air: Air, heart: Recording) -> None:
        self._ecg = Outlet(notifying(part(HEALTHYPI, "ecg").characteristic), self._stream)
        rate = HeartRate("heart-rate", place, heart.beat_times(), 1.0)
        service = Service(ble_service(HEALTHYPI), [self._ecg.characteristic])
        badge = _badge(place, HEALTHYPI, "healthypi move", "02", ("180D",))
        super().__init__(place, badge, air, [service, rate.service], [self._ecg, rate.outlet])
        rate.attach(self.notify)
        self._samples = resampled(heart, HEALTHYPI_RATE).samples()

    async def _stream(self) -> None:
        entry = Entry("ecg", "live", None, self.place.resident, f"{HEALTHYPI_BATCH} samples")
        async for batch in batches(self._samples, HEALTHYPI_RATE, HEALTHYPI_BATCH):
            await self.notify(self._ecg, struct.pack(f"<{len(batch)}i", *batch), entry)
