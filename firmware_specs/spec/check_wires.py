"""Checks of a spec's wire, and of the place that each part has on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from firmware_specs.spec.check_registers import check_registers
from firmware_specs.spec.problems import Problem, did_you_mean
from firmware_specs.spec.types import Part, Spec
from firmware_specs.spec.wires import (
    AstmFraming,
    BleWire,
    DelimitedFraming,
    Framing,
    LengthFraming,
    ModbusWire,
    SegmentedFraming,
    SerialWire,
    SharedWire,
    SyncBitFraming,
)

Wire = BleWire | SerialWire | ModbusWire | SharedWire

HEX_REMEDY = "write pairs of hex digits"
_UUID = re.compile(r"[0-9A-F]{4}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE)
_USB = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")

_BLE = ("service", "characteristic", "access", "instead_of", "every", "framing")
_FOREIGN: Mapping[type[Wire], tuple[str, ...]] = {
    BleWire: ("packet", "registers"),
    SerialWire: (*_BLE, "registers"),
    ModbusWire: (*_BLE, "packet"),
    SharedWire: ("packet", "registers"),
}
"""The keys of a part that say its place on another wire."""
_OWNER = {**dict.fromkeys(_BLE, "a Bluetooth"), "packet": "a serial", "registers": "a Modbus"}


def check_wire(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with the wire, the identification, and where the parts are."""
    yield from _link(spec.link)
    yield from _identify(spec)
    for name, part in spec.parts.items():
        yield from _place(spec, f"parts.{name}", part)
    yield from _same_characteristic(spec)
    match spec.link:
        case SerialWire():
            yield from _one_packet(spec)
        case ModbusWire():
            yield from check_registers(spec)
            yield from _polled(spec)
        case _:
            pass


def _link(link: Wire) -> Iterator[Problem]:
    match link:
        case BleWire(service=service) if not _UUID.fullmatch(service):
            yield _bad_uuid("link.service", service)
        case SerialWire(framing=SegmentedFraming()):
            remedy = "use sync-bit, delimited, length or astm"
            yield Problem("link.framing", "is of notifications, a line has none", remedy)
        case SerialWire(framing=framing):
            yield from _framing("link.framing", framing)
        case _:
            pass


def _framing(key: str, framing: Framing) -> Iterator[Problem]:
    match framing:
        case SyncBitFraming(mask=mask) if not 0 < mask <= 0xFF:
            yield Problem(f"{key}.mask", f"is {mask}", "give bits of one octet, 1 to 255")
        case DelimitedFraming(end=end) if not octets(end):
            yield Problem(f"{key}.end", f"is {end!r}, which is no hex", HEX_REMEDY)
        case LengthFraming(start=start) if not octets(start):
            yield Problem(f"{key}.start", f"is {start!r}, which is no hex", HEX_REMEDY)
        case _:
            pass


def _identify(spec: Spec) -> Iterator[Problem]:
    for place, service in enumerate(spec.identify.services):
        if not _UUID.fullmatch(service):
            yield _bad_uuid(f"identify.services[{place}]", service)
    for place, usb in enumerate(spec.identify.usb):
        if not _USB.fullmatch(usb):
            remedy = "write vendor and product as `10c4:ea60`"
            yield Problem(f"identify.usb[{place}]", f"is {usb!r}", remedy)


def _place(spec: Spec, key: str, part: Part) -> Iterator[Problem]:
    for foreign in _FOREIGN[type(spec.link)]:
        if getattr(part, foreign):
            reason = f"belongs to {_OWNER[foreign]} link only"
            yield Problem(f"{key}.{foreign}", reason, "leave it out")
    for uuid in ("service", "characteristic"):
        value: str = getattr(part, uuid)
        if value and not _UUID.fullmatch(value):
            yield _bad_uuid(f"{key}.{uuid}", value)
    if part.every and part.access != "read":
        yield Problem(f"{key}.every", "is of what is read", 'write `access = "read"`')
    if isinstance(part.framing, AstmFraming):
        yield Problem(f"{key}.framing", "is of a serial line", "use one that nobody answers")
    elif part.framing:
        yield from _framing(f"{key}.framing", part.framing)
    if part.instead_of:
        yield from known_part(spec, f"{key}.instead_of", part.instead_of)
    if part.within:
        yield from known_part(spec, f"{key}.within", part.within)
    elif not part.unfetched:
        yield from _missing(spec.link, key, part)


def _missing(link: Wire, key: str, part: Part) -> Iterator[Problem]:
    match link:
        case BleWire():
            if not part.characteristic:
                yield Problem(f"{key}.characteristic", "is missing", "give the UUID, or `within`")
            if not part.access:
                yield Problem(f"{key}.access", "is missing", "say how the characteristic moves")
        case SerialWire() if not part.packet:
            remedy = "write `packet = true`, `within = …`, or `unfetched = …` with the reason"
            yield Problem(f"{key}.packet", "is missing, so the part is nowhere", remedy)
        case ModbusWire() if part.registers is None:
            yield Problem(f"{key}.registers", "is missing", "say which registers, on a Modbus link")
        case _:
            pass


def _one_packet(spec: Spec) -> Iterator[Problem]:
    packets = [name for name, part in spec.parts.items() if part.packet]
    for name in packets[1:]:
        reason = f"is said of {packets[0]} too, and a line has packets of one part"
        yield Problem(f"parts.{name}.packet", reason, "join the two parts, with conditions")
    if spec.parts and not packets:
        remedy = "write `packet = true` in the part that a packet is"
        yield Problem("parts", "no part is the packet of the line", remedy)


def _polled(spec: Spec) -> Iterator[Problem]:
    polled = any(part.registers and part.registers.every > 0 for part in spec.parts.values())
    if spec.parts and not polled and not spec.start:
        remedy = "give a part `every = 1` in its registers, or make the link `shared`"
        yield Problem("parts", "nothing is ever read from the device", remedy)


def _same_characteristic(spec: Spec) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for name, part in spec.parts.items():
        place = (part.service.upper(), part.characteristic.upper())
        if part.characteristic and seen.setdefault(place, name) != name:
            reason = f"is the characteristic of {seen[place]} too"
            remedy = "join the two parts, with conditions"
            yield Problem(f"parts.{name}.characteristic", reason, remedy)


def known_part(spec: Spec, key: str, name: str) -> Iterator[Problem]:
    """Whether there is a part of that name."""
    if name not in spec.parts:
        yield Problem(key, f"there is no part {name!r}", did_you_mean(name, spec.parts))


def octets(text: str) -> bytes:
    """The octets of a text in hex; none when it is no hex."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _bad_uuid(key: str, found: str) -> Problem:
    return Problem(key, f"is {found!r}, which is no UUID", "write 4 or 36 characters, as `2A35`")
