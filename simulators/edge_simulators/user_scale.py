"""Weight scale of several users: Weight Scale (181D) with User Data (181C).

It keeps each user's measurements and indicates them only while that user has consented in this
connection; consent to another user takes the place of it. User Control Point (2A9F, UDS 1.1, 3.4):
`01 code` registers a user, `02 user code` consents; answers are indicated: `20 request response`.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from bumble.device import Connection
from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.ids import reported_name
from edge_simulators.air import Air
from edge_simulators.device import Place
from edge_simulators.gatt import control_point, indicating, readable
from edge_simulators.journal import Entry
from edge_simulators.outlet import Outlet
from edge_simulators.peripheral import Badge, Peripheral
from edge_simulators.profiles import weight

SPEC = "weight-scale"
UNKNOWN_USER = 255
_REGISTER, _CONSENT, _RESPONSE = 0x01, 0x02, 0x20
_SUCCESS, _NOT_SUPPORTED, _INVALID, _NOT_AUTHORIZED = 1, 2, 3, 5


class UserScale(Peripheral):
    """A scale that knows its users by their consent codes.

    Args:
        place: where it is in the clinic.
        air: where its radio is.
        codes: consent code by user number.
        stored: measurements of each user that wait when it is switched on.
        every: seconds between further ones, the users by turns; 0 makes none.
    """

    possible: ClassVar[frozenset[str]] = Peripheral.possible | {"clock"}
    tells_time = True

    def __init__(
        self,
        place: Place,
        air: Air,
        codes: Mapping[int, int],
        *,
        stored: int = 2,
        every: float = 5.0,
    ) -> None:
        identity = DeviceIdentity(
            system_id=f"5EED181CFE{place.seed:06X}",
            serial=f"US{place.seed:06d}",
            manufacturer="Village Instruments",
            model="SIM USERS",
            firmware="1.0",
        )
        badge = Badge(
            spec=SPEC,
            name=f"SIM USERS {place.seed}",
            address=f"F0:00:00:18:1C:{place.seed:02X}",
            services=("181D", "181C"),
            identity=identity,
        )
        self._weights = Outlet(indicating("2A9D"))
        self._control = Outlet(control_point("2A9F", self._written))
        users = [readable("2A9A", lambda: bytes([self._user])), self._control.characteristic]
        feature = readable("2A9E", struct.pack("<I", 0x07))
        services = [
            Service("181D", [self._weights.characteristic, feature]),
            Service("181C", users),
        ]
        super().__init__(place, badge, air, services, [self._weights, self._control])
        self._codes = dict(codes)
        self._user = UNKNOWN_USER
        self._waiting = {user: deque[tuple[bytes, Entry]]() for user in codes}
        self._more = asyncio.Event()
        self._stored, self._every = stored, every
        self._numbers = itertools.count()
        self._life: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Switch on, with what was measured before."""
        await super().start()
        for user in list(self._codes) * self._stored:
            self.measure(user)
        if self._every:
            self._life = asyncio.ensure_future(self._live())

    async def stop(self) -> None:
        """Switch off."""
        if self._life:
            self._life.cancel()
        await super().stop()

    def measure(self, user: int) -> None:
        """A user steps on it; the time tells one measurement from the next."""
        number = next(self._numbers)
        kilograms, when = Decimal(60_000 + 50 * number).scaleb(-3), self.clock.now()
        when = when.replace(second=number % 60)
        name = reported_name(None, when.isoformat())
        entry = Entry("measurement", "live", name, self.place.resident, f"{kilograms} kg")
        self._waiting[user].append((weight(kilograms, when, user), entry))
        self._more.set()

    async def _live(self) -> None:
        for user in itertools.cycle(list(self._codes)):
            await asyncio.sleep(self._every)
            self.measure(user)

    async def _written(self, _connection: Connection, octets: bytes) -> None:
        response = self._response(octets)
        if response[1:3] == bytes([_CONSENT, _SUCCESS]):
            self._user = octets[1]
            self._weights.run(self._tell(octets[1]))
        self._control.run(self.indicate(self._control, response))

    def _response(self, octets: bytes) -> bytes:
        request = octets[0] if octets else 0
        match request, len(octets):
            case 0x01, 3:
                user = max(self._codes, default=0) + 1
                self._codes[user] = struct.unpack_from("<H", octets, 1)[0]
                self._waiting[user] = deque()
                return bytes([_RESPONSE, _REGISTER, _SUCCESS, user])
            case 0x02, 4:
                user, code = struct.unpack_from("<BH", octets, 1)
                right = self._codes.get(user) == code
                return bytes([_RESPONSE, _CONSENT, _SUCCESS if right else _NOT_AUTHORIZED])
            case 0x01 | 0x02, _:
                return bytes([_RESPONSE, request, _INVALID])
            case _:
                return bytes([_RESPONSE, request, _NOT_SUPPORTED])

    async def _tell(self, user: int) -> None:
        """Indicate what waits of a user, and what comes to wait; each until it is confirmed."""
        waiting = self._waiting[user]
        while True:
            while waiting:
                octets, entry = waiting[0]
                await self.indicate(self._weights, octets, entry)
                waiting.popleft()
            self._more.clear()
            await self._more.wait()
