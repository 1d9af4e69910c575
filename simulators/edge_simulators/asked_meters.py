"""Glucose meters on a serial line that answer when they are asked: what each says, octet by octet.

Written from glucometer-protocols (taidoc/td42xx.md), glucometerutils (drivers/otultraeasy.py,
drivers/otultra2.py) and tidepool-org/uploader (oneTouchUltra2.js, oneTouchUltraMini.js). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading.

    Attributes:
        when: by the meter's clock.
        value: mg/dL.
    """

    when: datetime
    value: int


class Tongue(Protocol):
    """How a meter speaks; one for each time that its line is opened."""

    spec: str
    part: str

    def hear(self, octets: bytes, memory: Sequence[Reading]) -> list[bytes]:
        """What it answers to octets as they come; `memory` has the newest first."""
        ...

    def record(self, reading: Reading) -> bytes:
        """The octets of a reading, as the spec's part has them."""
        ...

    def name(self, reading: Reading) -> str:
        """How the meter dates it."""
        ...


class Taidoc:
    """51, command, four octets, A3 asked or A5 answered, sum."""

    spec, part = "taidoc-td42xx", "reading"

    def __init__(self) -> None:
        self._begun = b""

    def hear(self, octets: bytes, memory: Sequence[Reading]) -> list[bytes]:
        """See `Tongue`."""
        self._begun += octets
        said: list[bytes] = []
        while len(self._begun) >= 8:
            packet, rest = self._begun[:8], self._begun[8:]
            if packet[0] != 0x51 or sum(packet[:7]) % 256 != packet[7]:
                self._begun = self._begun[1:]
                continue
            self._begun = rest
            said += self._answer(packet[1], int.from_bytes(packet[2:4], "little"), memory)
        return said

    def record(self, reading: Reading) -> bytes:
        """See `Tongue`."""
        return self._packet(0x25, _packed(reading.when)) + self._packet(
            0x26, reading.value.to_bytes(2, "little") + b"\0\0"
        )

    def name(self, reading: Reading) -> str:
        """See `Tongue`."""
        return f"time:{reading.when.replace(second=0).isoformat()}"

    def _answer(self, command: int, number: int, memory: Sequence[Reading]) -> list[bytes]:
        match command:
            case 0x22:
                return [self._packet(0x54, b"\0\0\0\0")]
            case 0x2B:
                return [self._packet(0x2B, len(memory).to_bytes(2, "little") + b"\0\0")]
            case 0x25 | 0x26 if number < len(memory):
                both = self.record(memory[number])
                return [both[:8] if command == 0x25 else both[8:]]
            case _:
                return []

    @staticmethod
    def _packet(command: int, message: bytes) -> bytes:
        body = bytes((0x51, command)) + message + b"\xa5"
        return body + bytes((sum(body) % 256,))


def _packed(when: datetime) -> bytes:
    day = (when.year - 2000) * 512 + when.month * 32 + when.day
    return bytes((day % 256, day // 256, when.minute, when.hour))


class UltraEasy:
    """02, length, link control, message, 03, CRC; messages are acknowledged and numbered 0, 1."""

    spec, part = "onetouch-ultraeasy", "record"

    def __init__(self) -> None:
        self._begun: bytes = b""
        self._sent = self._expected = 0

    def hear(self, octets: bytes, memory: Sequence[Reading]) -> list[bytes]:
        """See `Tongue`."""
        self._begun += octets
        said: list[bytes] = []
        while len(self._begun) >= 6:
            size = self._begun[1]
            if self._begun[0] != 0x02 or not 6 <= size <= 64:
                self._begun = self._begun[1:]
                continue
            if len(self._begun) < size:
                break
            packet, self._begun = self._begun[:size], self._begun[size:]
            if _crc(packet[:-2]) == packet[-2:]:
                said += self._answer(packet[2], packet[3:-3], memory)
        return said

    def record(self, reading: Reading) -> bytes:
        """See `Tongue`."""
        seconds = int(reading.when.replace(tzinfo=UTC).timestamp())
        return b"\x05\x06" + seconds.to_bytes(4, "little") + reading.value.to_bytes(4, "little")

    def name(self, reading: Reading) -> str:
        """See `Tongue`."""
        return f"time:{reading.when.isoformat()}"

    def _answer(self, link: int, message: bytes, memory: Sequence[Reading]) -> list[bytes]:
        if link & 8:
            self._sent = self._expected = 0
            return [self._packet(12, b"")]
        if link & 4 or link & 1 != self._expected:
            return []
        self._expected ^= 1
        answer = self._packet(0, self._said(message, memory))
        acknowledged = self._packet(4, b"")
        self._sent ^= 1
        return [acknowledged, answer]

    def _said(self, message: bytes, memory: Sequence[Reading]) -> bytes:
        number = int.from_bytes(message[2:4], "little")
        if message[:2] == b"\x05\x1f" and number == 501:
            return b"\x05\x0f" + len(memory).to_bytes(2, "little")
        if message[:2] == b"\x05\x1f" and number < len(memory):
            return self.record(memory[number])
        return b"\x05\x09"

    def _packet(self, flags: int, message: bytes) -> bytes:
        link = flags | self._sent | self._expected << 1
        body = bytes((2, len(message) + 6, link)) + message + b"\x03"
        return body + _crc(body)


def _crc(octets: bytes) -> bytes:
    """CRC-16/CCITT, initial value FFFF."""
    crc = 0xFFFF
    for octet in octets:
        crc = (crc >> 8 | crc << 8) & 0xFFFF
        crc ^= octet
        crc ^= (crc & 0xFF) >> 4
        crc ^= crc << 12 & 0xFFFF
        crc ^= (crc & 0xFF) << 5
    return crc.to_bytes(2, "little")


class Ultra2:
    """Lines of text, each with the sum of its octets; everything at once."""

    spec, part = "onetouch-ultra2", "line"

    def __init__(self) -> None:
        self._begun = b""

    def hear(self, octets: bytes, memory: Sequence[Reading]) -> list[bytes]:
        """See `Tongue`."""
        *lines, self._begun = (self._begun + octets).split(b"\r")
        if b"DMP" not in lines:
            return []
        head = self._line(f'P {len(memory):03d},"GMF600DCY","MG/DL "')
        return [one + b"\n" for one in (head, *map(self.record, memory))]

    def record(self, reading: Reading) -> bytes:
        """See `Tongue`."""
        when = reading.when
        day = f'"{when:%a}","{when:%m/%d/%y}","{when:%H:%M:%S}   "'.upper()
        return self._line(f'P {day},"  {reading.value:03d} ","N","00", 00')

    def name(self, reading: Reading) -> str:
        """See `Tongue`."""
        return f"time:{reading.when.isoformat()}"

    @staticmethod
    def _line(text: str) -> bytes:
        return f"{text} {sum(text.encode()) % 65536:04X}\r".encode()
