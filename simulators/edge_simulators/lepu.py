"""Lepu/Viatom wearables: ER1 (ECG), BP2 (cuff) and O2Ring, over their serial-like service.

A gateway writes framed requests; answers are framed too and come in notifications of 20 octets.
Frame of ER1 and BP2: `A5`, command, its inverse, 0 or 1 (request, answer), number, length (two
octets, low first), payload, CRC-8. Of the O2Ring: `AA` or `55`, command or result, its inverse,
block (two octets), length, payload, CRC-8. From viatomEcho/LepuBle and LP-BP2W_PROTOCOL.md.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from bumble.device import Connection
from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import notifying, writable
from edge_simulators.journal import Entry
from edge_simulators.octets import crc8
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.physiology import pressure
from edge_simulators.recordings import Recording, resampled
from edge_simulators.specdata import ble_service, part

CHUNK = 20
ER1_RATE = 125
_MICROVOLT = 1.0035 * 1800 / (4096 * 178.74) * 1000
"""Of one count of an ER1."""
_REAL_TIME, _BP_REAL_TIME = 0x03, 0x08
_LEAD_OFF, _RECORDING = 7, 2


def frame(command: int, payload: bytes, number: int = 0) -> bytes:
    """An answer of ER1 or BP2."""
    head = struct.pack("<BBBBBH", 0xA5, command, command ^ 0xFF, 1, number, len(payload))
    return head + payload + crc8(head + payload)


def ring_frame(payload: bytes) -> bytes:
    """An answer of the O2Ring."""
    head = struct.pack("<BBBHH", 0x55, 0, 0xFF, 0, len(payload))
    return head + payload + crc8(head + payload)


class Wearable(Peripheral, ABC):
    """What the three have in common: a characteristic that is written, one that notifies.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        spec: the firmware spec.
        name: advertised.
        code: two hex digits of its address.
    """

    def __init__(self, place: Place, air: Air, spec: str, name: str, code: str) -> None:
        identity = DeviceIdentity(
            serial=f"{name}-{place.seed:06d}", manufacturer="Viatom", model=name, firmware="1.1"
        )
        badge = Badge(
            spec=spec,
            name=f"{name} {place.seed:04d}",
            address=f"F0:00:00:14:{code}:{place.seed:02X}",
            services=(),
            identity=identity,
        )
        self._answers = Outlet(notifying(part(spec, "frame").characteristic))
        request = writable(part(spec, "request").characteristic, self._written)
        service = Service(ble_service(spec), [self._answers.characteristic, request])
        super().__init__(place, badge, air, [service], [self._answers])

    async def _written(self, _connection: Connection, octets: bytes) -> None:
        answer = self.answer(octets)
        if answer:
            await self.send(*answer)

    @abstractmethod
    def answer(self, request: bytes) -> tuple[bytes, str] | None:
        """The answer to a request, and what it says; None for silence."""

    async def send(self, octets: bytes, value: str) -> None:
        """Send a frame in as many notifications as it takes."""
        if self._answers.listener is None:
            return
        self.journal.made(Entry("frame", "live", None, self.place.resident, value), octets)
        for at in range(0, len(octets), CHUNK):
            await self.notify(self._answers, octets[at : at + CHUNK])


class Er1(Wearable):
    """An ECG patch on a chest whose heart is a recording."""

    possible: ClassVar[frozenset[str]] = Wearable.possible | {"probe-off"}

    def __init__(self, place: Place, air: Air, heart: Recording) -> None:
        super().__init__(place, air, "lepu-er1", "ER1", "E1")
        self._samples: Iterator[int] = resampled(heart, ER1_RATE).samples()
        self._sent_until: float | None = None

    def answer(self, request: bytes) -> tuple[bytes, str] | None:
        """To `03` what came since the request before."""
        if request[:2] != bytes([0xA5, _REAL_TIME]):
            return None
        counts = self._since()
        state = _RECORDING if self.contact.made() else _LEAD_OFF
        head = struct.pack("<HBBIB11x", 72, 0, self._battery.percent, 0, state)
        payload = head + struct.pack(f"<H{len(counts)}h", len(counts), *counts)
        return frame(_REAL_TIME, payload, request[4]), f"{len(counts)} samples"

    def _since(self) -> list[int]:
        now = asyncio.get_running_loop().time()
        if self._sent_until is None or now - self._sent_until > 2:
            self._sent_until = now
        count = int((now - self._sent_until) * ER1_RATE)
        self._sent_until += count / ER1_RATE
        return [round(uv / _MICROVOLT) for uv in itertools.islice(self._samples, count)]


class O2Ring(Wearable):
    """An oximeter on a finger."""

    possible: ClassVar[frozenset[str]] = Wearable.possible | {"probe-off"}

    def __init__(self, place: Place, air: Air) -> None:
        super().__init__(place, air, "o2ring", "O2Ring", "02")
        self._numbers = itertools.count()

    def answer(self, request: bytes) -> tuple[bytes, str] | None:
        """To `17` saturation, pulse rate, steps, battery, its state, motion, perfusion, worn."""
        if request[:2] != b"\xaa\x17":
            return None
        number, worn = next(self._numbers), self.contact.made()
        spo2, pulse = (96 + number % 3, 64 + number % 20) if worn else (0, 0)
        battery = self._battery.percent
        payload = struct.pack("<BHIBBBBBB", spo2, pulse, 0, battery, 0, 3, 45 * worn, worn, 0)
        return ring_frame(payload), f"{spo2} % {pulse} /min"


class Bp2(Wearable):
    """A cuff that tells of itself what it measures: the pressure as it fills, then the result."""

    def __init__(self, place: Place, air: Air, *, every: float = 5.0) -> None:
        super().__init__(place, air, "lepu-bp2", "BP2", "B2")
        self._every = every
        self._life: asyncio.Future[None] | None = None

    def answer(self, request: bytes) -> tuple[bytes, str] | None:
        """Nothing: it pushes."""
        return None

    async def start(self) -> None:
        """Switch on."""
        await super().start()
        self._life = asyncio.ensure_future(self._live())

    async def stop(self) -> None:
        """Switch off."""
        if self._life:
            self._life.cancel()
        await super().stop()

    async def _live(self) -> None:
        for number in itertools.count():
            await asyncio.sleep(self._every)
            await self._tell(struct.pack("<H27x", 140), 0, "140 mm[Hg] in the cuff")
            one = pressure(0, number, self.place.seed)
            result = struct.pack("<4H21x", one.systolic, one.diastolic, one.mean, one.pulse)
            await self._tell(result, 1, f"{one.systolic}/{one.diastolic} mm[Hg] {one.pulse}/min")

    async def _tell(self, data: bytes, kind: int, value: str) -> None:
        payload = bytes([kind, 0, self._battery.percent]) + data
        await self.send(frame(_BP_REAL_TIME, payload), value)
