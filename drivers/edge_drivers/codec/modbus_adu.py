"""Whole Modbus frames as captured: RTU, TCP and ASCII, with their checks. Nothing is asked or sent.

    RTU    unit | function | data | CRC-16 (low octet first)
    TCP    transaction u16 | 0 u16 | length u16 | unit | function | data
    ASCII  ':' hex(unit | function | data | LRC) CR LF

Sources: MODBUS Application Protocol 1.1b3, sections 4 and 6; MODBUS over Serial Line 1.02,
sections 2.5.1 and 2.5.2.
"""

from __future__ import annotations

import msgspec

from edge_agent.model.errors import ChecksumError, MalformedError, OverlongError, TruncatedError
from edge_drivers.codec.checks import CHECKS

READS = frozenset({1, 2, 3, 4})
WRITES_ONE = frozenset({5, 6})
WRITES_MANY = frozenset({15, 16})
EXCEPTION = 0x80
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
_CRC_OCTETS, _MBAP_OCTETS, _REQUEST_OCTETS = 2, 7, 8


class Adu(msgspec.Struct, frozen=True):
    """A frame without its envelope.

    Attributes:
        unit: the device's address.
        function: the function code, with bit 7 set in an exception.
        data: what follows it.
        check: the CRC or LRC that was found right; None over TCP.
        size: octets of the whole frame.
    """

    unit: int
    function: int
    data: bytes
    check: int | None
    size: int

    @property
    def exception(self) -> int | None:
        """The exception code; None in any other frame."""
        return self.data[0] if self.function & EXCEPTION and self.data else None


def from_rtu(octets: bytes) -> Adu:
    """A frame of a serial line.

    Raises:
        TruncatedError, ChecksumError: it is none.
    """
    if len(octets) < 2 + _CRC_OCTETS:
        raise TruncatedError(f"an RTU frame has at least 4 octets, there are {len(octets)}")
    body, found = octets[:-_CRC_OCTETS], int.from_bytes(octets[-_CRC_OCTETS:], "little")
    right = CHECKS["crc16-modbus"](body)
    if found != right:
        raise ChecksumError(f"the CRC is {found:#06x}, the octets give {right:#06x}")
    return Adu(body[0], body[1], body[2:], found, len(octets))


def request_from_rtu(octets: bytes) -> Adu:
    """A request on a serial line that has one length, without zero octets that came after it.

    A zero after a right CRC leaves the CRC right, so a check of the whole does not notice it.

    Raises:
        TruncatedError, ChecksumError, OverlongError: it is none.
    """
    if len(octets) > _REQUEST_OCTETS and octets[1] in READS | WRITES_ONE:
        if any(octets[_REQUEST_OCTETS:]):
            raise OverlongError(f"{len(octets) - _REQUEST_OCTETS} octets come after the request")
        found = from_rtu(octets[:_REQUEST_OCTETS])
        return msgspec.structs.replace(found, size=len(octets))
    return from_rtu(octets)


def from_tcp(octets: bytes) -> Adu:
    """A frame of a TCP connection.

    Raises:
        TruncatedError, OverlongError, MalformedError: it is none.
    """
    if len(octets) < _MBAP_OCTETS + 1:
        raise TruncatedError(f"a TCP frame has at least 8 octets, there are {len(octets)}")
    if octets[2:4] != b"\0\0":
        raise MalformedError(f"the protocol identifier is {octets[2:4].hex()}, not 0000")
    length = int.from_bytes(octets[4:6], "big")
    _same(len(octets) - 6, length)
    return Adu(octets[6], octets[7], octets[8:], None, len(octets))


def from_ascii(octets: bytes) -> Adu:
    """A frame of a serial line in ASCII mode.

    Raises:
        TruncatedError, ChecksumError, MalformedError: it is none.
    """
    text = octets.strip(b"\r\n")
    try:
        body = bytes.fromhex(text.removeprefix(b":").decode("ascii"))
    except ValueError as error:
        raise MalformedError(f"the frame is no hex: {error}") from error
    if len(body) < 3 or not text.startswith(b":"):
        raise TruncatedError("an ASCII frame begins with a colon and holds at least 3 octets")
    if sum(body) & 0xFF:
        raise ChecksumError(f"the LRC is {body[-1]:#04x}, the sum of all octets is not 0")
    return Adu(body[0], body[1], body[2:-1], body[-1], len(octets))


def request_range(adu: Adu) -> tuple[int, int]:
    """Start address and count of a request that reads or writes; a single write counts 1.

    Raises:
        TruncatedError, OverlongError, MalformedError: it is no such request.
    """
    if adu.function in READS or adu.function in WRITES_ONE:
        _same(len(adu.data), 4)
    elif adu.function not in WRITES_MANY:
        raise MalformedError(f"function {adu.function} is not read here")
    elif len(adu.data) < 4:
        raise TruncatedError("a request needs start and count")
    start, second = (int.from_bytes(adu.data[at : at + 2], "big") for at in (0, 2))
    return start, 1 if adu.function in WRITES_ONE else second


def reply_octets(adu: Adu) -> bytes:
    """The registers or coils that a reply carries.

    Raises:
        TruncatedError, OverlongError, MalformedError: it is no reply to a read.
    """
    if adu.function not in READS:
        raise MalformedError(f"function {adu.function} reads nothing")
    if not adu.data:
        raise TruncatedError("the octet count is missing")
    _same(len(adu.data) - 1, adu.data[0])
    return adu.data[1:]


def _same(found: int, told: int) -> None:
    if found < told:
        raise TruncatedError(f"{told} octets are announced, {found} are there")
    if found > told:
        raise OverlongError(f"{told} octets are announced, {found} are there")
