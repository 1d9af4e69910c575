"""Whole Modbus frames as a technician captures them, read with the register map of a spec.

A reply does not say which registers were asked for. Where its length fits one block of the map, it
is that block; else the registers are shown as every field that they could be, and only when the
address is told (`register`) is there an observation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from edge_agent.model.errors import DecodeError
from edge_drivers import codec
from edge_drivers.codec.explain import Explained, explain
from edge_drivers.codec.modbus_adu import (
    EXCEPTIONS,
    READS,
    WRITES_ONE,
    Adu,
    from_ascii,
    from_rtu,
    from_tcp,
    reply_octets,
    request_from_rtu,
    request_range,
)
from edge_drivers.codec.readings import Event, FieldValue, Reading
from edge_drivers.codec.types import field_codec
from firmware_specs.spec.fields import Field
from firmware_specs.spec.types import Part, Spec

_FRAME = re.compile(r"\b(rtu|tcp|ascii)\b.*\b(frame|reply|response|request|query|adu)\b")
_VALUE = re.compile(r"\bregister values?\b")
_REQUEST = re.compile(r"\b(request|query|write)\b")
_REPLY = re.compile(r"\b(reply|response|answer)\b")

Result = tuple[Reading, dict[str, Explained]]


def is_frame(part: str) -> bool:
    """Whether PART names a Modbus frame, such as `Modbus RTU reply FC04`, or bare registers."""
    words = part.casefold()
    return bool(_FRAME.search(words) or _VALUE.search(words))


def decode_frame(spec: Spec, part: str, octets: bytes, register: int | None) -> list[Result]:
    """What a frame says.

    Raises:
        DecodeError: it is damaged, or not what PART says.
    """
    words = part.casefold()
    if _VALUE.search(words):
        return _registers(spec, None, octets, register)
    adu = _unwrap(words, octets)
    if adu.exception is not None:
        return [_exception(adu)]
    if _is_request(words, adu) or adu.function not in READS:
        return [_request(words, adu)]
    return _registers(spec, adu.function, reply_octets(adu), register)


def _unwrap(words: str, octets: bytes) -> Adu:
    if "ascii" in words:
        return from_ascii(octets)
    if "tcp" in words:
        return from_tcp(octets)
    return from_rtu(octets) if _REPLY.search(words) else _either_from_rtu(octets)


def _either_from_rtu(octets: bytes) -> Adu:
    """A request if it can be one, else a reply."""
    try:
        return request_from_rtu(octets)
    except DecodeError:
        return from_rtu(octets)


def _is_request(words: str, adu: Adu) -> bool:
    """By the words of PART; without any, by the length: requests to read have four octets."""
    if _REPLY.search(words):
        return False
    return bool(_REQUEST.search(words)) or len(adu.data) == 4


def _request(words: str, adu: Adu) -> Result:
    start, count = request_range(adu)
    about = {"unit": adu.unit, "fc": adu.function, "start": start, "count": count}
    if adu.function in WRITES_ONE:
        about["value"] = int.from_bytes(adu.data[2:4], "big")
    check = {} if adu.check is None else {"lrc" if "ascii" in words else "crc": adu.check}
    name = "modbus-reply" if _REPLY.search(words) else "modbus-request"
    return _event(name, **about, **check, consumed=adu.size)


def _exception(adu: Adu) -> Result:
    code = adu.exception or 0
    text = EXCEPTIONS.get(code, f"exception {code}")
    return _event("modbus-exception", unit=adu.unit, fc=adu.function & 0x7F, code=code, text=text)


def _event(name: str, **fields: FieldValue) -> Result:
    reading = Reading(part="frame", octets=b"", fields=fields, event=Event(name))
    return reading, {key: Explained(value) for key, value in fields.items()}


def _registers(
    spec: Spec, function: int | None, octets: bytes, register: int | None
) -> list[Result]:
    if register is None:
        blocks = [
            name for name, part in _blocks(spec, function) if _block_octets(part) == len(octets)
        ]
        if len(blocks) == 1:
            return _decoded(spec, blocks[0], octets)
    narrowed = list(_narrowed(spec, function, len(octets), register))
    if register is not None and len(narrowed) == 1:
        return _decoded(narrowed[0], "registers", octets)
    return [_open(narrowed, octets)]


def _open(specs: list[Spec], octets: bytes) -> Result:
    """Registers whose address is not known: an event with every field that they could be."""
    words = tuple(int.from_bytes(octets[at : at + 2], "big") for at in range(0, len(octets), 2))
    reading, fields = _event("modbus-registers", registers=words)
    for spec in specs:
        for _, explained in _decoded(spec, "registers", octets):
            fields |= explained
    return reading, fields


def _decoded(spec: Spec, part: str, octets: bytes) -> list[Result]:
    decoder = codec.compile(spec)
    return [(reading, explain(decoder, reading)) for reading in decoder.decode(part, octets)]


def _blocks(spec: Spec, function: int | None) -> Iterator[tuple[str, Part]]:
    for name, part in spec.parts.items():
        if part.registers and function in (None, part.registers.function):
            yield name, part


def _block_octets(part: Part) -> int:
    if part.registers is None:
        return 0
    coils = part.registers.function in (1, 2)
    return (part.registers.count + 7) // 8 if coils else part.registers.count * 2


def _narrowed(spec: Spec, function: int | None, size: int, register: int | None) -> Iterator[Spec]:
    """Specs of one field each: the fields of that size, at that address where it is known."""
    for _, part in _blocks(spec, function):
        at = part.registers.address if part.registers else 0
        for field in part.fields:
            octets = _octets(field, part)
            if octets == size and register in (None, at):
                yield _only(spec, part, field)
            at += octets // 2


def _octets(field: Field, part: Part) -> int:
    found = field_codec(field, part.order)
    times = field.repeat if isinstance(field.repeat, int) else 1
    return found.size * times if found else 0


def _only(spec: Spec, part: Part, field: Field) -> Spec:
    rules = tuple(rule for rule in part.observations if rule.value == field.name)
    event = "" if rules else part.event or "registers"
    narrow = msgspec.structs.replace(part, fields=(field,), observations=rules, event=event)
    return msgspec.structs.replace(spec, parts={"registers": narrow})
