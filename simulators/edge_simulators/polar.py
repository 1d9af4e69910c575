"""Polar H10: the Polar Measurement Data service (PMD) with its ECG stream, and heart rate.

From Polar's online_measurement.pdf and H10_ECG_Explained.docx. The gateway asks on the control
point for settings, starts and stops the stream; answers are indicated: `F0`, op code, type, status,
"more", parameters. A data frame of type 0: measurement type, time stamp of the last sample in
nanoseconds since 2000-01-01, frame type, then samples of 24 bits in microvolt.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bumble.device import Connection
from bumble.gatt import Service

from edge_agent.model.devices import DeviceIdentity
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
_ECG = 0
_FRAME_OCTETS = 10 + 3 * PER_FRAME
_ATT_HEADER = 3
_FEATURES = bytes([0x0F, 0x01]) + bytes(15)
_GET_SETTINGS, _START, _STOP = 1, 2, 3
_RESPONSE = 0xF0
_SETTINGS = struct.pack("<BBHBBH", 0, 1, RATE, 1, 1, 14)
"""Setting 0, rate: one value, 130; setting 1, resolution: one value, 14."""

SUCCESS, INVALID_OP, INVALID_TYPE, INVALID_LENGTH, INVALID_PARAMETER = 0, 1, 2, 4, 5
IN_STATE, INVALID_RESOLUTION, INVALID_RATE, INVALID_MTU = 6, 7, 8, 10


def frame(nanoseconds: int, microvolt: Sequence[int]) -> bytes:
    """An ECG frame of type 0; the time is that of the last sample."""
    return struct.pack("<BQB", _ECG, nanoseconds, 0) + b"".join(map(signed24, microvolt))


@dataclass(frozen=True, slots=True)
class Said:
    """What the control point answers, and whether the ECG streams afterwards."""

    octets: bytes
    streaming: bool


def command(octets: bytes, *, streaming: bool, mtu: int) -> Said:
    """What a write to the control point does.

    Args:
        octets: op code, measurement type, settings.
        streaming: whether the ECG streams.
        mtu: of the connection (ATT_MTU).
    """
    op, kind = (*octets[:2], 0, 0)[:2]
    if op not in (_GET_SETTINGS, _START, _STOP):
        return Said(bytes([_RESPONSE, op, kind, INVALID_OP]), streaming)
    if len(octets) < 2:
        return Said(bytes([_RESPONSE, op, kind, INVALID_LENGTH]), streaming)
    if kind != _ECG:
        return Said(bytes([_RESPONSE, op, kind, INVALID_TYPE]), streaming)
    status = _status(op, octets[2:], streaming=streaming, mtu=mtu)
    parameters = _SETTINGS if op == _GET_SETTINGS else b""
    if status != SUCCESS:
        return Said(bytes([_RESPONSE, op, kind, status]), streaming)
    after = streaming if op == _GET_SETTINGS else op == _START
    return Said(bytes([_RESPONSE, op, kind, SUCCESS, 0]) + parameters, after)


def _status(op: int, settings: bytes, *, streaming: bool, mtu: int) -> int:
    if op == _GET_SETTINGS:
        return INVALID_LENGTH if settings else SUCCESS
    if streaming == (op == _START):
        return IN_STATE
    if op == _STOP:
        return SUCCESS
    return _settings_status(settings) or (
        INVALID_MTU if mtu < _FRAME_OCTETS + _ATT_HEADER else SUCCESS
    )


def _settings_status(settings: bytes) -> int:
    """Each setting is an id, a count of one, and a 16-bit value."""
    if len(settings) % 4:
        return INVALID_LENGTH
    allowed = {0: (RATE, INVALID_RATE), 1: (14, INVALID_RESOLUTION)}
    for setting, count, value in struct.iter_unpack("<BBH", settings):
        if setting not in allowed or count != 1:
            return INVALID_PARAMETER
        if value != allowed[setting][0]:
            return allowed[setting][1]
    return SUCCESS


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
        self._control = Outlet(control_point(uuid, self._written, value=_FEATURES))
        pmd = Service(ble_service(SPEC), [self._control.characteristic, self._data.characteristic])
        outlets = (rate.outlet, self._control, self._data)
        super().__init__(place, badge, air, [rate.service, pmd], outlets)
        rate.attach(self.notify)
        rate.contact = self.contact.made
        self._samples = heart.samples()
        self._title = heart.name

    async def _written(self, connection: Connection, octets: bytes) -> None:
        said = command(octets, streaming=self._data.busy, mtu=int(connection.att_mtu))
        if said.streaming and not self._data.busy:
            self._data.run(self._stream())
        elif not said.streaming:
            self._data.halt()
        self._control.run(self.indicate(self._control, said.octets))

    async def _stream(self) -> None:
        """Frames in their time, for ever."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        since_epoch = self.clock.now() - _EPOCH
        first = int(since_epoch.total_seconds()) * 1_000_000_000
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
