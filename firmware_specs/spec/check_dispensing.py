"""Checks of `[dispensing]`: what it names is there, and its style can be carried out safely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firmware_specs.spec.dispensing import Dispensing, OrderWrite
from firmware_specs.spec.fields import Field
from firmware_specs.spec.problems import Problem, did_you_mean
from firmware_specs.spec.types import Part, Spec
from firmware_specs.spec.wires import ModbusWire

_WORDS = ("u16", "u32")
_ORDER = ("channel", "amount")
_NAMED = ("sequence", "tag")
_SEQUENCED = ("reserve", "withdraw")


def check_dispensing(spec: Spec) -> Iterator[Problem]:
    """Everything wrong with how orders are given."""
    dispensing = spec.dispensing
    if dispensing is None:
        return
    if not isinstance(spec.link, ModbusWire):
        yield Problem("dispensing", "is for a Modbus link only", "leave it out")
        return
    yield from _style(dispensing)
    for activity in ("idle", "moving"):
        if not dispensing.states.get(activity):
            remedy = "list the raw values of the state that mean so"
            yield Problem(f"dispensing.states.{activity}", "is missing", remedy)
    if dispensing.patience <= 0:
        yield Problem("dispensing.patience", f"is {dispensing.patience}", "give seconds above 0")
    if dispensing.tell not in spec.parts:
        yield _unknown("dispensing.tell", "part", dispensing.tell, spec.parts)
    else:
        yield from _told(dispensing, spec.parts[dispensing.tell])
    for name, write in _writes(dispensing).items():
        yield from _write(spec, f"dispensing.{name}", write)


def _style(dispensing: Dispensing) -> Iterator[Problem]:
    writes = _writes(dispensing)
    for name in _SEQUENCED:
        if (name in writes) != (dispensing.sequence is not None):
            reason = "and `[dispensing.sequence]` need each other"
            yield Problem(f"dispensing.{name}", reason, "give both, or neither")
    if dispensing.sequence is None:
        if dispensing.settle <= 0:
            reason = f"is {dispensing.settle}: without a sequence register only time tells that"
            remedy = "give the seconds after which a start can no longer take effect"
            yield Problem("dispensing.settle", f"{reason} nothing moved", remedy)
        yield from _says(writes, "start", _ORDER)
        return
    for ending in ("none", "done", "partial", "nothing"):
        if ending not in dispensing.sequence.results:
            key = f"dispensing.sequence.results.{ending}"
            yield Problem(key, "is missing", "give the raw value of the result that means so")
    if not dispensing.life:
        remedy = "give the seconds after which the device forgets what it reserved"
        yield Problem("dispensing.life", "is 0", remedy)
    yield from _says(writes, "reserve", (*_NAMED, *_ORDER))
    for name in ("start", "withdraw"):
        yield from _says(writes, name, _NAMED)


def _writes(dispensing: Dispensing) -> Mapping[str, OrderWrite]:
    named = {
        "start": dispensing.start,
        "reserve": dispensing.reserve,
        "withdraw": dispensing.withdraw,
    }
    return {name: write for name, write in named.items() if write is not None}


def _says(writes: Mapping[str, OrderWrite], name: str, words: tuple[str, ...]) -> Iterator[Problem]:
    if name not in writes:
        return
    for word in words:
        if word not in writes[name].values.values():
            remedy = f'give the field that takes it, as `field = "{word}"`'
            yield Problem(f"dispensing.{name}.values", f"does not say the {word}", remedy)


def _told(dispensing: Dispensing, part: Part) -> Iterator[Problem]:
    known = {name: field for field in part.fields for name in (field.name, *field.bits)}
    named = {"state": dispensing.state, "count": dispensing.count}
    if dispensing.stock:
        named["stock"] = dispensing.stock
    named |= {f"interlocks[{at}]": name for at, name in enumerate(dispensing.interlocks)}
    if dispensing.sequence is not None:
        fields = ("last", "tag", "channel", "amount", "result", "moved")
        named |= {f"sequence.{key}": getattr(dispensing.sequence, key) for key in fields}
    for key, name in named.items():
        if name not in known:
            yield _unknown(f"dispensing.{key}", f"field of {dispensing.tell}", name, known)
    for key in ("count", "stock"):
        found = known.get(named.get(key, ""))
        if found is not None and found.repeat != dispensing.channels:
            reason = f"is not told of each of {dispensing.channels} channels"
            remedy = f"give the field `repeat = {dispensing.channels}`"
            yield Problem(f"dispensing.{key}", reason, remedy)


def _write(spec: Spec, key: str, write: OrderWrite) -> Iterator[Problem]:
    part = spec.parts.get(write.part)
    if part is None:
        yield _unknown(f"{key}.part", "part", write.part, spec.parts)
        return
    if part.registers is None or not part.registers.write:
        reason = f"{write.part} cannot be written"
        yield Problem(f"{key}.part", reason, "give its registers `write = 16` or `write = 6`")
    fields = {field.name: field for field in part.fields}
    for name in write.values:
        if name not in fields:
            yield _unknown(f"{key}.values.{name}", f"field of {write.part}", name, fields)
    for name, field in fields.items():
        if name not in write.values:
            remedy = "give every field of the part a value"
            yield Problem(f"{key}.values.{name}", "is missing", remedy)
        elif not _is_word(field):
            remedy = "write plain u16 and u32 only, high word first"
            yield Problem(f"{key}.values.{name}", f"is of type {field.type}", remedy)


def _is_word(field: Field) -> bool:
    plain = not field.when and field.repeat == "once" and field.word_order in (None, "AB", "ABCD")
    return field.type in _WORDS and plain


def _unknown(key: str, what: str, name: str, known: Mapping[str, object]) -> Problem:
    return Problem(key, f"{name!r} is no {what}", did_you_mean(name, known))
