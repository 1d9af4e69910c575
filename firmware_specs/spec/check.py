"""What types cannot say about a spec: the checks of its parts as a whole, and of its link."""

from __future__ import annotations

import re
from collections.abc import Iterator

from firmware_specs.spec.check_fields import check_fields
from firmware_specs.spec.check_registers import check_registers
from firmware_specs.spec.check_rules import check_rules, names_of
from firmware_specs.spec.problems import Problem, did_you_mean
from firmware_specs.spec.types import (
    BleLink,
    DelimitedFraming,
    ModbusLink,
    Part,
    SerialLink,
    Spec,
    SyncBitFraming,
    Write,
)

_UUID = re.compile(r"[0-9A-F]{4}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE)
_USB = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_HEX_REMEDY = "write pairs of hex digits"
_OF_READING = frozenset({"sequence", "device_time", "slot"})


def check_spec(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with a spec, in about the order of the file."""
    if not spec.sources:
        yield Problem("sources", "names no source", "add the documents that the clauses are from")
    if not spec.parts:
        yield Problem("parts", "there is none", "add `[parts.…]`, one for each octet string")
    yield from _link(spec)
    yield from _identify(spec)
    for name, part in spec.parts.items():
        yield from _part(spec, f"parts.{name}", part)
    if isinstance(spec.link, ModbusLink):
        yield from check_registers(spec)
    yield from _references(spec)
    yield from _same_characteristic(spec)
    yield from _synonyms(spec)


def _link(spec: Spec) -> Iterator[Problem]:
    match spec.link:
        case BleLink(service=service) if not _UUID.fullmatch(service):
            yield _bad_uuid("link.service", service)
        case SerialLink(framing=framing):
            yield from _framing(spec, framing)
        case _:
            pass


def _framing(spec: Spec, framing: SyncBitFraming | DelimitedFraming) -> Iterator[Problem]:
    yield from _known_part(spec, "link.framing.part", framing.part)
    match framing:
        case SyncBitFraming(mask=mask) if not 0 < mask <= 0xFF:
            yield Problem("link.framing.mask", f"is {mask}", "give bits of one octet, 1 to 255")
        case DelimitedFraming(end=end) if not _octets(end):
            yield Problem("link.framing.end", f"is {end!r}, which is no hex", _HEX_REMEDY)
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


def _part(spec: Spec, key: str, part: Part) -> Iterator[Problem]:
    yield from _place_on_wire(spec, key, part)
    yield from _source(spec, f"{key}.source", part.source)
    for place, field in enumerate(part.fields):
        if field.source:
            yield from _source(spec, f"{key}.fields[{place}].source", field.source)
    if bool(part.fields) == bool(part.decoder):
        remedy = "give one of `fields` and `decoder`"
        yield Problem(key, "has both" if part.fields else "has neither", remedy)
    if not (part.observations or part.waveforms or part.event):
        remedy = "add `observations`, `waveforms` or `event`"
        yield Problem(key, "does not say what it means", remedy)
    yield from check_fields(key, part, modbus=isinstance(spec.link, ModbusLink))
    yield from check_rules(key, part)


def _place_on_wire(spec: Spec, key: str, part: Part) -> Iterator[Problem]:
    if part.within:
        yield from _known_part(spec, f"{key}.within", part.within)
        return
    for uuid in ("service", "characteristic"):
        value: str = getattr(part, uuid)
        if value and not _UUID.fullmatch(value):
            yield _bad_uuid(f"{key}.{uuid}", value)
    if isinstance(spec.link, BleLink):
        yield from _on_ble(key, part)
    elif isinstance(spec.link, ModbusLink):
        if part.registers is None:
            yield Problem(f"{key}.registers", "is missing", "say which registers, on a Modbus link")
    elif part.registers is not None:
        yield Problem(f"{key}.registers", "belongs to a Modbus link only", "leave it out")


def _on_ble(key: str, part: Part) -> Iterator[Problem]:
    if not part.characteristic:
        yield Problem(f"{key}.characteristic", "is missing", "give the UUID, or `within`")
    if not part.access:
        yield Problem(f"{key}.access", "is missing", "say how the characteristic moves")
    if part.registers is not None:
        yield Problem(f"{key}.registers", "belongs to a Modbus link only", "leave it out")


def _source(spec: Spec, key: str, source: str) -> Iterator[Problem]:
    document = source.partition(" ")[0]
    if document not in spec.sources:
        reason = f"begins with {document!r}, which `sources` does not name"
        yield Problem(key, reason, did_you_mean(document, spec.sources))


def _references(spec: Spec) -> Iterator[Problem]:
    if spec.records is not None:
        yield from _known_part(spec, "records.control", spec.records.control)
        yield from _known_part(spec, "records.measurement", spec.records.measurement)
        for place, name in enumerate(spec.records.also):
            yield from _known_part(spec, f"records.also[{place}]", name)
    if spec.clock is not None:
        yield from _known_part(spec, "clock.read", spec.clock.read)
    for key, writes in (("start", spec.start), ("stop", spec.stop)):
        for place, write in enumerate(writes):
            yield from _write(spec, f"{key}[{place}]", write)


def _write(spec: Spec, key: str, write: Write) -> Iterator[Problem]:
    if not _octets(write.octets):
        yield Problem(f"{key}.octets", f"is {write.octets!r}, which is no hex", _HEX_REMEDY)
    yield from _known_part(spec, f"{key}.part", write.part)
    if write.part in spec.parts:
        known = names_of(spec.parts[write.part])
        for name in write.answer:
            if name not in known:
                reason = f"is no field of {write.part}"
                yield Problem(f"{key}.answer.{name}", reason, did_you_mean(name, known))


def _same_characteristic(spec: Spec) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for name, part in spec.parts.items():
        place = (part.service.upper(), part.characteristic.upper())
        if part.characteristic and seen.setdefault(place, name) != name:
            reason = f"is the characteristic of {seen[place]} too"
            remedy = "join the two parts, with conditions"
            yield Problem(f"parts.{name}.characteristic", reason, remedy)


def _synonyms(spec: Spec) -> Iterator[Problem]:
    known = _OF_READING.union(*(names_of(part) for part in spec.parts.values()))
    for name, meant in spec.synonyms.items():
        for path in (meant,) if isinstance(meant, str) else meant:
            base = path.partition(".")[0]
            if base not in known:
                reason = f"leads to {base!r}, which is no field"
                yield Problem(f"synonyms.{name}", reason, did_you_mean(base, known))


def _known_part(spec: Spec, key: str, name: str) -> Iterator[Problem]:
    if name not in spec.parts:
        yield Problem(key, f"there is no part {name!r}", did_you_mean(name, spec.parts))


def _bad_uuid(key: str, found: str) -> Problem:
    return Problem(key, f"is {found!r}, which is no UUID", "write 4 or 36 characters, as `2A35`")


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
