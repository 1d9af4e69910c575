"""What types cannot say about a spec: the checks of its parts as a whole, and of what it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edge_agent.model.codes import Code
from firmware_specs.spec.check_dispensing import check_dispensing
from firmware_specs.spec.check_fields import check_condition, check_fields
from firmware_specs.spec.check_kinds import check_kinds
from firmware_specs.spec.check_rules import check_rules, names_of
from firmware_specs.spec.check_wires import HEX_REMEDY, check_wire, known_part, octets
from firmware_specs.spec.kinds import known_kinds
from firmware_specs.spec.problems import Problem, did_you_mean
from firmware_specs.spec.types import AskedRecords, Part, RacpRecords, Spec, Write
from firmware_specs.spec.vocabulary import DECODER_FIELDS, TALKS
from firmware_specs.spec.wires import ModbusWire, SerialWire


def check_spec(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with a spec, in about the order of the file."""
    if not spec.sources:
        yield Problem("sources", "names no source", "add the documents that the clauses are from")
    if not spec.parts:
        yield Problem("parts", "there is none", "add `[parts.…]`, one for each octet string")
    yield from check_wire(spec)
    yield from check_kinds(spec)
    yield from check_parts(spec)
    yield from _references(spec)
    yield from _kept(spec)
    if spec.dispensing is not None:
        yield from _source(spec, "dispensing.source", spec.dispensing.source)
        yield from check_dispensing(spec)


def check_parts(spec: Spec) -> Iterator[Problem]:
    """Everything wrong within single parts."""
    kinds = known_kinds(spec.kinds)
    for name, part in spec.parts.items():
        yield from _part(spec, f"parts.{name}", part, kinds)


def _part(spec: Spec, key: str, part: Part, kinds: Mapping[str, Code]) -> Iterator[Problem]:
    yield from _source(spec, f"{key}.source", part.source)
    for place, field in enumerate(part.fields):
        if field.source:
            yield from _source(spec, f"{key}.fields[{place}].source", field.source)
    yield from _read_by(key, part)
    yield from _carried(spec, key, part)
    if not (part.observations or part.waveforms or part.event):
        remedy = "add `observations`, `waveforms` or `event`"
        yield Problem(key, "does not say what it means", remedy)
    yield from check_fields(key, part, modbus=isinstance(spec.link, ModbusWire))
    yield from check_rules(key, part, kinds)


def _read_by(key: str, part: Part) -> Iterator[Problem]:
    for place, field in enumerate(part.fields):
        where = f"{key}.fields[{place}].type"
        if part.decoder and field.type != "decoded":
            reason = "is read by the `decoder`"
            yield Problem(where, reason, 'write `type = "decoded"`, or leave one of them out')
        elif not part.decoder and field.type == "decoded":
            yield Problem(where, "is a decoder's, and the part has none", "say what its octets are")
        elif part.decoder in DECODER_FIELDS and field.name not in DECODER_FIELDS[part.decoder]:
            reason = f"{field.name!r} is no field of {part.decoder}"
            remedy = did_you_mean(field.name, DECODER_FIELDS[part.decoder])
            yield Problem(f"{key}.fields[{place}].name", reason, remedy)
    if not part.fields and not part.decoder:
        yield Problem(key, "has neither `fields` nor `decoder`", "say what its octets are")
    if part.decoder and part.decoder not in DECODER_FIELDS:
        reason = f"{part.decoder!r} is no decoder known here"
        yield Problem(f"{key}.decoder", reason, did_you_mean(part.decoder, DECODER_FIELDS))


def _carried(spec: Spec, key: str, part: Part) -> Iterator[Problem]:
    """Whether what another part's payload may be can be told by that part's fields."""
    if not part.when:
        return
    outer = spec.parts.get(part.within)
    if outer is None:
        yield Problem(f"{key}.when", "goes with `within`", "name the part that carries it")
        return
    yield from check_condition(f"{key}.when", part.when, names_of(outer))
    if not any(field.name == "payload" and field.type == "octets" for field in outer.fields):
        reason = f"{part.within} has no `payload` of octets"
        yield Problem(f"{key}.within", reason, "name the field that carries this part `payload`")


def _kept(spec: Spec) -> Iterator[Problem]:
    """What a device keeps is fetched, or the spec says why not."""
    records = spec.records
    fetched = {records.measurement} if records else set[str]()
    if isinstance(records, RacpRecords):
        fetched.update(records.also)
    for name, part in spec.parts.items():
        if part.kept == "stored" and name not in fetched and not part.unfetched:
            remedy = "name it in `[records]`, or give the reason as `unfetched = …`"
            yield Problem(f"parts.{name}.kept", "is stored, and nothing fetches it", remedy)
        if part.unfetched and (part.kept != "stored" or name in fetched):
            reason = "is for what the device keeps and `[records]` does not fetch"
            yield Problem(f"parts.{name}.unfetched", reason, "leave it out")


def _source(spec: Spec, key: str, source: str) -> Iterator[Problem]:
    document = source.partition(" ")[0]
    if document not in spec.sources:
        reason = f"begins with {document!r}, which `sources` does not name"
        yield Problem(key, reason, did_you_mean(document, spec.sources))


def _references(spec: Spec) -> Iterator[Problem]:
    if spec.records is not None:
        yield from _records(spec, spec.records)
    for name, part in spec.parts.items():
        if part.since:
            yield from known_part(spec, f"parts.{name}.since", part.since)
    if spec.users is not None:
        yield from known_part(spec, "users.control", spec.users.control)
    if spec.clock is not None:
        yield from known_part(spec, "clock.read", spec.clock.read)
        for number, way in enumerate(spec.clock.settings):
            yield from known_part(spec, f"clock.settings[{number}].part", way.part)
    for key, writes in (("start", spec.start), ("stop", spec.stop)):
        for place, write in enumerate(writes):
            yield from _write(spec, f"{key}[{place}]", write)


def _records(spec: Spec, records: RacpRecords | AskedRecords) -> Iterator[Problem]:
    yield from known_part(spec, "records.measurement", records.measurement)
    if isinstance(records, RacpRecords):
        yield from known_part(spec, "records.control", records.control)
        for place, name in enumerate(records.also):
            yield from known_part(spec, f"records.also[{place}]", name)
    elif records.talk not in TALKS:
        remedy = did_you_mean(records.talk, TALKS)
        yield Problem("records.talk", f"is {records.talk!r}, which nobody speaks", remedy)
    elif not isinstance(spec.link, SerialWire):
        yield Problem("records.type", "is `asked`, which goes with a serial link", "use `racp`")


def _write(spec: Spec, key: str, write: Write) -> Iterator[Problem]:
    if not octets(write.octets):
        yield Problem(f"{key}.octets", f"is {write.octets!r}, which is no hex", HEX_REMEDY)
    yield from known_part(spec, f"{key}.part", write.part)
    answered = write.answered or write.part
    if write.answered:
        yield from known_part(spec, f"{key}.answered", write.answered)
    if answered in spec.parts:
        known = names_of(spec.parts[answered])
        for name in write.answer:
            if name not in known:
                reason = f"is no field of {answered}"
                yield Problem(f"{key}.answer.{name}", reason, did_you_mean(name, known))
