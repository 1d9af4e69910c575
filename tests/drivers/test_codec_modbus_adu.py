"""Whole Modbus frames: other people's octets, damage, and pymodbus's own encoder as the peer."""

import pytest
from pymodbus import FramerType
from pymodbus.framer import FRAMER_NAME_TO_CLASS
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersRequest, ReadInputRegistersResponse

from edge_agent.model.errors import ChecksumError, MalformedError, OverlongError, TruncatedError
from edge_drivers.codec.modbus_adu import (
    from_ascii,
    from_rtu,
    from_tcp,
    reply_octets,
    request_from_rtu,
    request_range,
)

READERS = {
    FramerType.RTU: from_rtu,
    FramerType.SOCKET: from_tcp,
    FramerType.ASCII: from_ascii,
}


@pytest.mark.parametrize("framer", READERS)
def test_frames_that_pymodbus_builds(framer: FramerType) -> None:
    build = FRAMER_NAME_TO_CLASS[framer](DecodePDU(is_server=False)).buildFrame
    request = ReadInputRegistersRequest(address=1, count=2, dev_id=7, transaction_id=3)
    reply = ReadInputRegistersResponse(registers=[305, 546], dev_id=7, transaction_id=3)
    asked, answered = READERS[framer](build(request)), READERS[framer](build(reply))
    assert (asked.unit, asked.function, request_range(asked)) == (7, 4, (1, 2))
    assert reply_octets(answered) == bytes.fromhex("01310222")


def test_a_zero_after_a_request_does_not_move_it() -> None:
    """The trap in pymodbus's own test: the CRC of frame and zero together is right again."""
    adu = request_from_rtu(bytes.fromhex("FE0400030001D5C500"))
    assert (request_range(adu), adu.size) == ((3, 1), 9)
    with pytest.raises(OverlongError):
        request_from_rtu(bytes.fromhex("FE0400030001D5C501"))


@pytest.mark.parametrize(
    ("read", "octets", "error"),
    [
        (from_rtu, "0104", TruncatedError),
        (from_rtu, "01040201317975", ChecksumError),
        (from_tcp, "000000000003", TruncatedError),
        (from_tcp, "0000000100030104", MalformedError),
        (from_tcp, "000000000004010400", TruncatedError),
        (from_tcp, "00000000000201040000", OverlongError),
        (from_ascii, "3A46", MalformedError),
        (from_ascii, "3A463730330D0A", TruncatedError),
        (from_ascii, "3A463730333133383930303041363100", MalformedError),
    ],
)
def test_damage(read: object, octets: str, error: type[Exception]) -> None:
    assert callable(read)
    with pytest.raises(error):
        read(bytes.fromhex(octets))
