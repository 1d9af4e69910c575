"""A Bluetooth instrument that measures now and then and sends what it measured.

Rule of this file: what is indicated is kept until it is confirmed, and sent again; what is notified
is gone. Either is made once (see `journal`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import Octets, indicating, notifying
from edge_simulators.journal import Entry
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral


@dataclass(frozen=True, slots=True)
class Value:
    """One measurement.

    Attributes:
        octets: as they are sent.
        text: for people.
        name: how the device names it, where it does (`ids.reported_name`).
    """

    octets: bytes
    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A characteristic that sends by itself.

    Attributes:
        part: of the firmware spec.
        uuid: of the characteristic.
        how: whether it notifies or indicates.
        every: seconds between measurements.
        make: measurement of a number, at a time of the device's clock.
    """

    part: str
    uuid: str
    how: Literal["notify", "indicate"]
    every: float
    make: Callable[[int, datetime], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What an instrument is.

    Attributes:
        spec: the firmware spec that describes it.
        name: advertised, before the seed.
        service: the 16-bit service that it advertises and serves.
        code: two digits of its address.
        reads: characteristics that are only read.
        says: those that send.
    """

    spec: str
    name: str
    service: str
    code: str
    reads: Sequence[Octets]
    says: Sequence[Say]

    def badge(self, seed: int) -> Badge:
        """What one of them shows of itself."""
        identity = DeviceIdentity(
            system_id=f"5EED{self.service}FE{seed:06X}",
            serial=f"{self.code}{seed:06d}",
            manufacturer="Village Instruments",
            model=self.name,
            firmware="1.0",
        )
        return Badge(
            spec=self.spec,
            name=f"{self.name} {seed}",
            address=f"F0:00:00:{self.service[:2]}:{self.service[2:]}:{seed:02X}",
            services=(self.service,),
            identity=identity,
        )


class Instrument(Peripheral):
    """An instrument of a model.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        model: what it is.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}
    tells_time = True

    def __init__(self, place: Place, air: Air, model: Model) -> None:
        outlets = [self._outlet(say) for say in model.says]
        sending = [outlet.characteristic for outlet in outlets]
        service = Service(model.service, [*sending, *model.reads])
        super().__init__(place, model.badge(place.seed), air, [service], outlets)

    def _outlet(self, say: Say) -> Outlet:
        make = indicating if say.how == "indicate" else notifying
        waiting: list[tuple[Value, Entry]] = []
        numbers = itertools.count()

        async def serve() -> None:
            while True:
                if not waiting:
                    await asyncio.sleep(say.every)
                    waiting.append(self._measured(say, next(numbers)))
                value, entry = waiting[0]
                if say.how == "notify":
                    waiting.clear()
                await self.emit(outlet, value.octets, entry)
                waiting.clear()

        outlet = Outlet(make(say.uuid), serve)
        return outlet

    def _measured(self, say: Say, number: int) -> tuple[Value, Entry]:
        value = say.make(number, self.clock.now())
        return value, Entry(say.part, "live", value.name, self.place.resident, value.text)
