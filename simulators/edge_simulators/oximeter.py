"""CMS50D+ finger oximeter on a serial line: five octets, sixty times a second, finger or not.

From atbrask/CMS50Dplus: only the first octet has bit 7. Octet 0: signal strength, finger out 10,
saturation falling 20, beep 40; 1: wave; 2: bar, probe error 10, searching 20, bit 7 of the
pulse 40; 3: low bits of the pulse; 4: saturation in per cent.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from dataclasses import dataclass, replace
from pathlib import Path

from edge_simulators.device import Contact, Place, cannot
from edge_simulators.faults import Fault, Passage
from edge_simulators.journal import Entry
from edge_simulators.physiology import Rhythm, pulse_wave, rhythm, saturation
from edge_simulators.serial_device import SerialDevice

SPEC = "cms50d-plus"
PART = "live"
RATE = 60
SETTLING = 0.25
"""Seconds between the far end opening the line and the first packet, as its adapter powers up."""

_FINGER_OUT, _FALLING, _BEEP = 0x10, 0x20, 0x40
_PROBE_ERROR, _SEARCHING = 0x10, 0x20


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What one packet says.

    Attributes:
        signal: strength, 0 to 15.
        wave: plethysmogram, 0 to 127.
        bar: 0 to 15.
        pulse: beats a minute, 0 to 255; 0 is none.
        spo2: per cent; 0 is none.
        beep: the heart has just beaten.
        finger_out, falling, probe_error, searching: status.
    """

    signal: int = 0
    wave: int = 0
    bar: int = 0
    pulse: int = 0
    spo2: int = 0
    beep: bool = False
    finger_out: bool = False
    falling: bool = False
    probe_error: bool = False
    searching: bool = False

    @property
    def octets(self) -> bytes:
        """The packet as it is sent."""
        first = 0x80 | self.signal | _FINGER_OUT * self.finger_out | _FALLING * self.falling
        third = self.bar | _PROBE_ERROR * self.probe_error | _SEARCHING * self.searching
        return bytes(
            [
                first | _BEEP * self.beep,
                self.wave & 0x7F,
                third | (self.pulse & 0x80) >> 1,
                self.pulse & 0x7F,
                self.spo2 & 0x7F,
            ]
        )


def packet(number: int, heart: Rhythm, seed: int) -> Packet:
    """The packet of that number of a finger, from 0."""
    seconds = number / RATE
    pulse = heart.at(seconds)
    phase = math.fmod(seconds * heart.rate / 60.0, 1.0)
    wave = round(100 * pulse_wave(phase))
    return Packet(
        signal=7,
        wave=wave,
        bar=wave * 15 // 100,
        pulse=round(pulse),
        spo2=saturation(seconds, seed),
        beep=phase < heart.rate / 60.0 / RATE,
    )


class Oximeter(SerialDevice):
    """An oximeter on a line.

    Args:
        place: where it is in the clinic.
        path: of its line.
        asset_tag: what a person wrote on it.
    """

    def __init__(self, place: Place, path: Path, asset_tag: str) -> None:
        super().__init__(place, path, asset_tag, SPEC)
        self.contact = Contact()
        self.overruns = 0
        self._heart = rhythm(place.seed)

    def _suffer(self, fault: Fault) -> None:
        """Take the finger out."""
        if fault.kind != "probe-off":
            raise cannot(self.place, fault)
        self.contact.lose(fault.amount)

    async def _talk(self) -> None:
        """Send packets in their time while the far end is open."""
        loop = asyncio.get_running_loop()
        while True:
            await self._line.opened()
            await asyncio.sleep(SETTLING)
            begin = loop.time()
            for number in itertools.count():
                await asyncio.sleep(max(0.0, begin + number / RATE - loop.time()))
                if not self._line.open_at_far_end:
                    break
                if not self._silent:
                    await self._send(self._packet(number))

    def _packet(self, number: int) -> Packet:
        live = packet(number, self._heart, self.place.seed)
        if self.contact.made():
            return live
        return replace(live, finger_out=True, wave=0, bar=0, pulse=0, spo2=0, beep=False)

    async def _send(self, packet: Packet) -> None:
        passage = self.tampering.passage(packet.octets)
        await asyncio.sleep(passage.delay)
        for _ in range(passage.copies):
            self._write(packet, passage)

    def _write(self, packet: Packet, passage: Passage) -> None:
        """Journal what the line took, and count what it did not."""
        if not self._line.write(passage.octets):
            self.overruns += 1
            return
        value = "finger out" if packet.finger_out else f"{packet.spo2} % {packet.pulse} /min"
        entry = Entry(PART, "live", resident=self.place.resident, value=value)
        self._journal.made(entry, passage.octets, passage.fault)
