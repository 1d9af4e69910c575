"""A Modbus device's side of the protocol, pure: a request's octets in, an answer's octets out.

From the MODBUS Application Protocol 1.1b3 (function codes 3, 4, 6, 16 and exceptions), MODBUS
Messaging on TCP/IP 1.0b (MBAP header) and MODBUS over Serial Line 1.02 (CRC). Nothing of pymodbus
is used: it is the gateway's, and the other side must be somebody else's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY, NO_ANSWER = 1, 2, 3, 6, 11
_MOST_READ, _MOST_WRITTEN = 125, 123


class RefusalError(Exception):
    """The device answers with an exception of this code (6.1, clause 7)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        function: code.
        address: of the first register, from 0.
        count: of registers.
        values: to be written; none when read.
    """

    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()


class Unit(Protocol):
    """A device behind an address."""

    def read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        """Values of registers.

        Raises:
            RefusalError: there are none, or not now.
        """
        ...

    def write(self, address: int, values: tuple[int, ...]) -> None:
        """Write holding registers.

        Raises:
            RefusalError: they cannot be written, or not now, or not with that.
        """
        ...

    def sent(self, request: Request, registers: bytes, fault: str | None) -> None:
        """The answer with these register octets is on its way."""
        ...


def parse(pdu: bytes) -> Request:
    """What a request PDU asks.

    Raises:
        RefusalError: with the exception code of clause 6 for what is wrong with it.
    """
    function = pdu[0] if pdu else 0
    if function in (READ_HOLDING, READ_INPUT):
        return _parse_read(function, pdu)
    if function == WRITE_ONE:
        _require(len(pdu) == 5)
        address, value = struct.unpack(">HH", pdu[1:])
        return Request(function, address, 1, (value,))
    if function == WRITE_MANY:
        return _parse_write(pdu)
    raise RefusalError(ILLEGAL_FUNCTION)


def _parse_read(function: int, pdu: bytes) -> Request:
    _require(len(pdu) == 5)
    address, count = struct.unpack(">HH", pdu[1:])
    _require(1 <= count <= _MOST_READ)
    return Request(function, address, count)


def _parse_write(pdu: bytes) -> Request:
    _require(len(pdu) >= 6)
    address, count, octets = struct.unpack(">HHB", pdu[1:6])
    _require(1 <= count <= _MOST_WRITTEN and octets == 2 * count == len(pdu) - 6)
    return Request(WRITE_MANY, address, count, struct.unpack(f">{count}H", pdu[6:]))


def _require(condition: bool) -> None:
    if not condition:
        raise RefusalError(ILLEGAL_VALUE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered.

    Attributes:
        pdu: the octets.
        request: what was asked, when it was understood and done.
        registers: register octets in it.
    """

    pdu: bytes
    request: Request | None = None
    registers: bytes = b""


def answer(unit: Unit, pdu: bytes) -> Answer:
    """Do what a request PDU asks, and say so."""
    try:
        request = parse(pdu)
        if request.values:
            unit.write(request.address, request.values)
            return Answer(_written(request, pdu), request)
        values = unit.read(request.function, request.address, request.count)
    except RefusalError as refusal:
        return Answer(bytes([0x80 | (pdu[0] if pdu else 0), refusal.code]))
    registers = struct.pack(f">{len(values)}H", *values)
    return Answer(bytes([request.function, len(registers)]) + registers, request, registers)


def is_write(pdu: bytes) -> bool:
    """Whether a request PDU writes."""
    return pdu[:1] in (bytes([WRITE_ONE]), bytes([WRITE_MANY]))


def misechoed(pdu: bytes) -> bytes:
    """An answer to a write that echoes another last octet."""
    return pdu[:-1] + bytes([pdu[-1] ^ 1])


def _written(request: Request, pdu: bytes) -> bytes:
    """The echo of a write (6.6, 6.12)."""
    return pdu if request.function == WRITE_ONE else pdu[:5]


def crc16(octets: bytes) -> bytes:
    """CRC of a serial line frame (Serial Line 1.02, 6.2.2), low octet first."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return struct.pack("<H", crc)
