"""Modbus questions and answers as octets of a register block, by way of pymodbus's messages.

Pure: no line, no clock. What a reply says of itself is compared with what was asked.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from edge_agent.model.errors import (
    DecodeError,
    LinkRefusedError,
    LinkTimeoutError,
    MalformedError,
)
from edge_drivers.codec.modbus_adu import EXCEPTIONS, from_rtu
from firmware_specs.spec.wires import Registers

ILLEGAL_ADDRESS, ACKNOWLEDGE, BUSY, GATEWAY_TARGET_SILENT = 0x02, 0x05, 0x06, 0x0B
"""Exceptions (Modbus 1.1b3, 7): no such registers; later, for it takes long; later, for it is busy;
behind a gateway nobody is there."""

_READS: dict[int, type[ModbusPDU]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
_WRITES: dict[int, type[ModbusPDU]] = {
    5: WriteSingleCoilRequest,
    6: WriteSingleRegisterRequest,
    15: WriteMultipleCoilsRequest,
    16: WriteMultipleRegistersRequest,
}
_SINGLE = (5, 6)
_COILS = (5, 15)
_ENVELOPE = 4
"""Octets of an RTU frame around its data: unit, function, CRC."""


class ExceptionReplyError(LinkRefusedError):
    """The unit answered with an exception.

    Args:
        function: that was asked.
        code: of the exception.
    """

    def __init__(self, function: int, code: int) -> None:
        name = EXCEPTIONS.get(code, "unknown")
        super().__init__(f"function {function}: exception {code} ({name})")
        self.code = code


def question(unit: int, block: Registers) -> ModbusPDU:
    """The request that reads a block."""
    return _READS[block.function](dev_id=unit, address=block.address, count=block.count)


def octets(reply: ModbusPDU, block: Registers) -> bytes:
    """The block's content: registers big-endian, bits packed, the first in bit 0.

    Raises:
        MalformedError: another number of registers came than was asked.
    """
    if block.function > 2:
        _expect(len(reply.registers) == block.count, f"{len(reply.registers)} registers came")
        return struct.pack(f">{block.count}H", *reply.registers)
    _expect(0 <= len(reply.bits) - block.count < 8, f"{len(reply.bits)} bits came")
    return _packed(reply.bits[: block.count])


def order(unit: int, block: Registers, content: bytes) -> ModbusPDU:
    """The request that writes a block, or its beginning.

    Raises:
        LinkRefusedError: the spec does not let the block be written, or not with so many octets.
    """
    function = block.write
    if not function:
        raise LinkRefusedError(f"registers at {block.address} are not to be written")
    bits = _unpacked(content, block.count) if function in _COILS else []
    words = [] if function in _COILS else _words(content, block.count)
    count = len(bits) or len(words)
    if not count or (function in _SINGLE and count != 1):
        raise LinkRefusedError(f"function {function} cannot write {len(content)} octets")
    return _WRITES[function](
        dev_id=unit, address=block.address, count=count, bits=bits, registers=words
    )


def check(reply: ModbusPDU, request: ModbusPDU) -> None:
    """Compare an answer with its question.

    Raises:
        LinkTimeoutError: a gateway says that the unit is silent.
        ExceptionReplyError: an exception.
        MalformedError: it answers something else.
    """
    if isinstance(reply, ExceptionResponse):
        if reply.exception_code == GATEWAY_TARGET_SILENT:
            raise LinkTimeoutError(f"the gateway cannot reach unit {request.dev_id}")
        raise ExceptionReplyError(request.function_code, reply.exception_code)
    _expect(reply.function_code == request.function_code, f"function {reply.function_code}")
    _expect(reply.dev_id == request.dev_id, f"unit {reply.dev_id}")


def answers(reply: ModbusPDU, request: ModbusPDU) -> bool:
    """Whether the reply can be that of the request, by function, unit and number of values."""
    if isinstance(reply, ExceptionResponse):
        return reply.function_code & 0x7F == request.function_code
    return (reply.function_code, reply.dev_id) == (request.function_code, request.dev_id) and (
        len(reply.registers) == request.count if request.function_code in (3, 4) else True
    )


def answer_size(request: ModbusPDU) -> int:
    """Octets of the RTU frame that answers a request (Modbus 1.1b3, 6)."""
    match request.function_code:
        case 1 | 2:
            return _ENVELOPE + 1 + (request.count + 7) // 8
        case 3 | 4:
            return _ENVELOPE + 1 + 2 * request.count
        case _:
            return _ENVELOPE + 4


def damage(heard: bytes, unit: int) -> DecodeError:
    """What is wrong with octets that were no answer."""
    try:
        from_rtu(heard)
    except DecodeError as error:
        return type(error)(f"unit {unit} answered what cannot be read: {error}")
    return MalformedError(f"unit {unit} answered what cannot be read")


def check_echo(reply: ModbusPDU, request: ModbusPDU) -> None:
    """Compare the echo of a write with what was written; pymodbus does not.

    Raises:
        MalformedError: it is another: whether the write was carried out is *unknown*.
    """
    _expect(reply.address == request.address, f"address {reply.address} echoed")
    if request.function_code == 6:
        _expect(list(reply.registers) == list(request.registers), f"{reply.registers} echoed")
    elif request.function_code == 5:
        _expect(list(reply.bits[:1]) == list(request.bits[:1]), f"{reply.bits} echoed")
    else:
        _expect(reply.count == request.count, f"count {reply.count} echoed")


def _expect(holds: bool, found: str) -> None:
    if not holds:
        raise MalformedError(f"the answer is not that of the question: {found}")


def _words(content: bytes, most: int) -> list[int]:
    if len(content) % 2 or len(content) > 2 * most:
        raise LinkRefusedError(f"{len(content)} octets are no registers of this block")
    return list(struct.unpack(f">{len(content) // 2}H", content))


def _packed(bits: Sequence[bool]) -> bytes:
    number = sum(1 << place for place, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def _unpacked(content: bytes, count: int) -> list[bool]:
    number = int.from_bytes(content, "little")
    return [bool(number >> place & 1) for place in range(count)]
