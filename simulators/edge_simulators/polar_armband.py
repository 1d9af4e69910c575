"""Polar Verity Sense and OH1: pulse waves, acceleration and pulse intervals over PMD (`pmd`).

Verity Sense sends pulse waves and acceleration as packed differences, OH1 as they are; either has
three channels of light and one of the ambient light, and intervals without a time stamp. From
Polar's online_measurement.pdf and the SDK's tests and pages of the products.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from edge_simulators.physiology import pulse_wave, rhythm
from edge_simulators.polar import since_2000
from edge_simulators.specdata import ble_service, part

_CONTACT = 0x06
"""Flags of an interval: contact, and that contact is known."""
_ERROR_MS = 10
Sample = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """A make of armband.

    Attributes:
        spec: the firmware spec that describes it.
        name, model, code: advertised name before the seed; model; two digits of its address.
        offers: its streams.
        packed: whether samples go as differences.
    """

    spec: str
    name: str
    model: str
    code: str
    offers: Mapping[int, pmd.Offer]
    packed: bool


VERITY = Make(
    spec="polar-verity",
    name="Polar Sense",
    model="Polar Sense",
    code="05",
    offers={
        pmd.PPG: pmd.Offer(settings={pmd.RATE: 55, pmd.RESOLUTION: 22, pmd.CHANNELS: 4}),
        pmd.ACC: pmd.Offer(
            settings={pmd.RATE: 52, pmd.RESOLUTION: 16, pmd.RANGE: 8, pmd.CHANNELS: 3}
        ),
        pmd.PPI: pmd.Offer(),
    },
    packed=True,
)
OH1 = Make(
    spec="polar-oh1",
    name="Polar OH1",
    model="OH1",
    code="01",
    offers={
        pmd.PPG: pmd.Offer(settings={pmd.RATE: 130, pmd.RESOLUTION: 22}),
        pmd.ACC: pmd.Offer(settings={pmd.RATE: 50, pmd.RESOLUTION: 16, pmd.RANGE: 8}),
        pmd.PPI: pmd.Offer(),
    },
    packed=False,
)


def light(seconds: float, rate: float) -> Sample:
    """Three channels of reflected light and the ambient light, in counts."""
    wave = pulse_wave(seconds * rate / 60 % 1.0)
    return (*(round(base - 9000 * wave) for base in (410_000, 402_000, 398_000)), 21_000)


def acceleration(seconds: float) -> Sample:
    """Three axes in thousandths of g: an arm that rests and breathes."""
    swing = round(12 * math.sin(2 * math.pi * seconds / 4))
    return swing, -swing, 1000


def interval(milliseconds: int, rate: int) -> bytes:
    """A pulse interval: rate, interval, its error, flags."""
    return struct.pack("<BHHB", rate, milliseconds, _ERROR_MS, _CONTACT)


class Armband(Peripheral):
    """An armband on a rhythm of its seed.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        make: which.
        batch: seconds of samples in a frame.
        every: seconds between frames of intervals.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}

    def __init__(
        self, place: Place, air: Air, make: Make = VERITY, *, batch: float = 0.3, every: float = 5.0
    ) -> None:
        identity = DeviceIdentity(
            system_id=f"A09E1AFFFE{int(make.code, 16) << 16 | place.seed:06X}",
            serial=f"{make.code}{place.seed:06d}",
            manufacturer="Polar Electro Oy",
            model=make.model,
            firmware="2.2.6",
        )
        badge = Badge(
            spec=make.spec,
            name=f"{make.name} {place.seed:08d}",
            address=f"F0:00:00:50:{make.code}:{place.seed:02X}",
            services=("180D",),
            identity=identity,
        )
        self._heart = rhythm(place.seed)
        rate = HeartRate("heart-rate", place, self._heart.beats(), 1.0)
        data = notifying(part(make.spec, "data").characteristic)
        self._data = {kind: Outlet(data) for kind in make.offers}
        uuid = part(make.spec, "control").characteristic
        told = pmd.features(make.offers)
        self._control = Outlet(control_point(uuid, self._written, value=told))
        service = Service(ble_service(make.spec), [self._control.characteristic, data])
        outlets = (rate.outlet, self._control, *self._data.values())
        super().__init__(place, badge, air, [rate.service, service], outlets)
        rate.attach(self.notify)
        self._make, self._batch, self._every = make, batch, every

    async def _written(self, connection: Connection, octets: bytes) -> None:
        streaming = frozenset(kind for kind, outlet in self._data.items() if outlet.busy)
        mtu = int(connection.att_mtu)
        said = pmd.command(octets, self._make.offers, streaming=streaming, mtu=mtu)
        for kind in streaming - said.streaming:
            self._data[kind].halt()
        for kind in said.streaming - streaming:
            self._data[kind].run(self._stream(kind))
        self._control.run(self.indicate(self._control, said.octets))

    async def _stream(self, kind: int) -> None:
        if kind == pmd.PPI:
            await self._tell_intervals()
        elif kind == pmd.PPG:
            rate = self._heart.rate
            await self._tell_samples(kind, lambda seconds: light(seconds, rate), 3)
        else:
            await self._tell_samples(kind, acceleration, 2)

    async def _tell_samples(self, kind: int, at: Callable[[float], Sample], octets: int) -> None:
        """Frames in their time, for ever."""
        rate = self._make.offers[kind].settings[pmd.RATE]
        size = max(2, round(self._batch * rate))
        first, begin = since_2000(self.clock.now()), asyncio.get_running_loop().time()
        for number in itertools.count(1):
            count = number * size
            await asyncio.sleep(max(0.0, begin + count / rate - asyncio.get_running_loop().time()))
            samples = [at(n / rate) for n in range(count - size, count)]
            last = first + (count - 1) * 1_000_000_000 // rate
            await self._notify(kind, last, samples, octets)

    async def _notify(self, kind: int, last: int, samples: Sequence[Sample], octets: int) -> None:
        form = {pmd.PPG: 0, pmd.ACC: 1}[kind] | (pmd.COMPRESSED if self._make.packed else 0)
        body = pmd.deltas(samples, octets) if self._make.packed else _plain(samples, octets)
        await self._say(kind, pmd.frame(kind, last, form, body), f"{len(samples)} samples")

    async def _tell_intervals(self) -> None:
        """What the heart did since, now and then; without a time stamp."""
        beats: Iterator[float] = self._heart.beats()
        before = next(beats)
        for number in itertools.count(1):
            await asyncio.sleep(self._every)
            body = b""
            while before < number * self._every:
                beat = next(beats)
                body += interval(round(1000 * (beat - before)), round(60 / (beat - before)))
                before = beat
            if body:
                await self._say(pmd.PPI, pmd.frame(pmd.PPI, 0, 0, body), f"{len(body) // 6} beats")

    async def _say(self, kind: int, octets: bytes, text: str) -> None:
        entry = Entry("data", "live", resident=self.place.resident, value=text)
        await self.notify(self._data[kind], octets, entry)


def _plain(samples: Sequence[Sample], octets: int) -> bytes:
    """Samples as they are, little-endian."""
    if octets == 3:
        return b"".join(signed24(value) for sample in samples for value in sample)
    return b"".join(struct.pack("<h", value) for sample in samples for value in sample)
