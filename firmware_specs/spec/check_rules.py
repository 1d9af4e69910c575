"""Checks of what a part means: kinds, units, conditions, and that no two values share a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations

from edge_agent.model.codes import Code
from firmware_specs.spec.check_fields import check_condition, units_of
from firmware_specs.spec.conditions import exclude_each_other
from firmware_specs.spec.fields import Field
from firmware_specs.spec.problems import Problem, did_you_mean
from firmware_specs.spec.rules import KindByField, ObservationRule, WaveformRule
from firmware_specs.spec.types import Part
from firmware_specs.spec.vocabulary import DECODER_FIELDS


def check_rules(key: str, part: Part, kinds: Mapping[str, Code]) -> Iterator[Problem]:
    """Everything wrong with the rules of a part; `kinds` are those that they may speak of."""
    yield from _part_fields(key, part)
    for place, rule in enumerate(part.observations):
        yield from _observation(f"{key}.observations[{place}]", rule, part, kinds)
    for place, waveform in enumerate(part.waveforms):
        yield from _waveform(f"{key}.waveforms[{place}]", waveform, part, kinds)
    yield from _same_name(key, part)
    yield from _private(key, part)


def names_of(part: Part) -> frozenset[str]:
    """The names of all fields and bit ranges of a part."""
    named = {name for field in part.fields for name in (field.name, *field.bits)}
    return frozenset(named) | DECODER_FIELDS.get(part.decoder, frozenset())


def _part_fields(key: str, part: Part) -> Iterator[Problem]:
    for attribute, types in (
        ("sequence", ("u8", "u16", "u32", "joined", "decoded")),
        ("time", ("datetime", "epoch1900", "epoch1970", "epoch2000", "decoded")),
        ("time_offset", ("s16", "s32", "u16")),
        ("facing", ("datetime", "epoch1900", "epoch1970", "epoch2000", "decoded")),
        ("slot", ("u8", "u16", "u32", "text", "joined")),
    ):
        name: str = getattr(part, attribute)
        if not name:
            continue
        yield from _known(f"{key}.{attribute}", name, names_of(part))
        found = [field.type for field in part.fields if field.name == name]
        if found and found[0] not in types:
            reason = f"{name!r} is {found[0]}, not one of {', '.join(types)}"
            yield Problem(f"{key}.{attribute}", reason, "name a field of that type")
    if part.since and (part.time or not part.time_offset):
        remedy = "name minutes as `time_offset`, and no `time`"
        yield Problem(f"{key}.since", "does not go with the other names", remedy)
    if part.facing and not part.time:
        yield Problem(f"{key}.facing", "is said without `time`", "name it as `time` alone")
    if part.split and part.record:
        yield Problem(f"{key}.record", "is said by `split` already", "leave one of them out")
    if part.split and (part.split != part.fields[0].name or part.fields[0].type != "u8"):
        yield Problem(f"{key}.split", "is not the first field, a u8", "name the length octet")


def _observation(
    key: str, rule: ObservationRule, part: Part, kinds: Mapping[str, Code]
) -> Iterator[Problem]:
    known = names_of(part)
    if rule.value and rule.components:
        yield Problem(key, "has both `value` and `components`", "leave one of them out")
    if not rule.value and not rule.components:
        yield Problem(key, "has neither `value` nor `components`", "name the field that it is")
    yield from _kinds(key, rule, known, kinds)
    if rule.value:
        for kind in kinds_of(rule):
            yield from _measures(f"{key}.value", kind, rule.value, part, kinds)
    for place, component in enumerate(rule.components):
        where = f"{key}.components[{place}]"
        yield from _known_kind(f"{where}.kind", component.kind, kinds)
        yield from _measures(f"{where}.value", component.kind, component.value, part, kinds)
    yield from _conditions(key, rule, known)
    for attribute in ("flags", "ascending"):
        for name in getattr(rule, attribute):
            yield from _known(f"{key}.{attribute}", name, known)


def kinds_of(rule: ObservationRule) -> tuple[str, ...]:
    """The kinds that an observation may be of."""
    return tuple(rule.kind.values.values()) if isinstance(rule.kind, KindByField) else (rule.kind,)


def _kinds(
    key: str, rule: ObservationRule, known: frozenset[str], kinds: Mapping[str, Code]
) -> Iterator[Problem]:
    if not isinstance(rule.kind, KindByField):
        yield from _known_kind(f"{key}.kind", rule.kind, kinds)
        return
    yield from _known(f"{key}.kind.field", rule.kind.field, known)
    for raw, kind in rule.kind.values.items():
        yield from _known_kind(f"{key}.kind.values.{raw}", kind, kinds)


def _known_kind(key: str, kind: str, kinds: Mapping[str, Code]) -> Iterator[Problem]:
    if kind not in kinds:
        remedy = did_you_mean(kind, kinds, f"declare it in `[kinds.{kind}]`")
        yield Problem(key, f"{kind!r} is no kind of value known here", remedy)


def _known(key: str, name: str, known: frozenset[str]) -> Iterator[Problem]:
    if name not in known:
        yield Problem(key, f"{name!r} is no field of the part", did_you_mean(name, known))


def _measures(
    key: str, kind: str, name: str, part: Part, kinds: Mapping[str, Code]
) -> Iterator[Problem]:
    """Whether the field is there and its unit is one that the kind may have."""
    yield from _known(key, name, names_of(part))
    field = _field(part, name)
    if kind not in kinds or field is None:
        return
    allowed = kinds[kind].units
    if not allowed and not field.names:
        yield Problem(key, f"{kind} is coded, {name!r} has no names", "give the field `names`")
    for unit in units_of(field.unit) or ("",):
        if allowed and unit not in allowed:
            reason = f"{name!r} is in {unit or 'no unit'}, {kind} is in {' or '.join(allowed)}"
            yield Problem(key, reason, "correct the unit of the field, or the kind")


def _field(part: Part, name: str) -> Field | None:
    return next((field for field in part.fields if field.name == name), None)


def _conditions(key: str, rule: ObservationRule, known: frozenset[str]) -> Iterator[Problem]:
    yield from check_condition(f"{key}.when", rule.when, known)
    for place, text in enumerate(rule.drop_when):
        yield from check_condition(f"{key}.drop_when[{place}]", text, known)
    for attribute in ("absent_when", "status_when"):
        for text in getattr(rule, attribute):
            yield from check_condition(f"{key}.{attribute}", text, known)


def _waveform(
    key: str, rule: WaveformRule, part: Part, kinds: Mapping[str, Code]
) -> Iterator[Problem]:
    known = names_of(part)
    yield from check_condition(f"{key}.when", rule.when, known)
    yield from _channels(key, rule, part, kinds)
    if rule.counter:
        yield from _known(f"{key}.counter.field", rule.counter.field, known)
    if rule.clock and rule.counter:
        yield Problem(f"{key}.counter", "is said beside `clock`", "leave one of them out")
    if rule.clock:
        yield from _known(f"{key}.clock", rule.clock, known)
        field = _field(part, rule.clock)
        for unit in units_of(field.unit) if field else ():
            if unit not in ("s", "ms", "us", "ns"):
                reason = f"{rule.clock!r} is in {unit}"
                yield Problem(f"{key}.clock", reason, "name a field in s, ms, us or ns")
    if not _positive(rule.rate):
        reason = f"{rule.rate!r} is no rate"
        yield Problem(f"{key}.rate", reason, "give samples a second, as `130` or `2500/3`")
    for place, text in enumerate(rule.gap_when):
        yield from check_condition(f"{key}.gap_when[{place}]", text, known)


def _channels(
    key: str, rule: WaveformRule, part: Part, kinds: Mapping[str, Code]
) -> Iterator[Problem]:
    if bool(rule.kind) == bool(rule.channels):
        yield Problem(key, "has not one of `kind` and `channels`", "say one of them")
    if rule.channels and any(bool(one.value) == bool(rule.value) for one in rule.channels):
        reason = "names no field, or two, for a channel"
        yield Problem(f"{key}.channels", reason, "give `value` here, or one to each channel")
    signals = [(key, rule.kind, rule.value)] if rule.kind else []
    for place, one in enumerate(rule.channels):
        signals.append((f"{key}.channels[{place}]", one.kind, one.value or rule.value))
    for where, kind, value in signals:
        yield from _known_kind(f"{where}.kind", kind, kinds)
        if kind in kinds and rule.unit not in kinds[kind].units:
            reason = f"{rule.unit!r} is no unit of {kind}"
            yield Problem(f"{key}.unit", reason, f"use {' or '.join(kinds[kind].units)}")
        yield from _known(f"{where}.value", value, names_of(part))
        field = _field(part, value)
        if field is not None and field.type[0] not in "usjd":
            yield Problem(f"{where}.value", f"{field.type} is no whole number", "name another")


def _positive(rate: str) -> bool:
    try:
        return Fraction(rate) > 0
    except (ValueError, ZeroDivisionError):
        return False


def _same_name(key: str, part: Part) -> Iterator[Problem]:
    """Two observations of one kind and channel would have one id (law 2)."""
    rules = list(enumerate(part.observations))
    for (_, one), (place, other) in combinations(rules, 2):
        shared = set(kinds_of(one)) & set(kinds_of(other))
        if shared and one.channel == other.channel and not _exclusive(one.when, other.when):
            reason = f"may give a second {min(shared)} beside another rule"
            remedy = "give it a `channel`, or conditions that exclude each other"
            yield Problem(f"{key}.observations[{place}]", reason, remedy)


def _exclusive(one: str, other: str) -> bool:
    try:
        return exclude_each_other(one, other)
    except ValueError:
        return True  # what is no condition is told where it stands


def _private(key: str, part: Part) -> Iterator[Problem]:
    private = {n for f in part.fields if f.private for n in (f.name, *f.bits)}
    used = {part.sequence, part.time, part.time_offset, part.facing, part.slot}
    for rule in part.observations:
        used |= {rule.value, *rule.flags, *(component.value for component in rule.components)}
    for waveform in part.waveforms:
        used |= {waveform.value, *(channel.value for channel in waveform.channels)}
    for name in sorted(used & private):
        yield Problem(key, f"{name!r} is private and used by a rule", "take it out of the rule")
