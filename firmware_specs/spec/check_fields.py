"""Checks of the fields of a part: names, conditions, bits, lengths, units, ranges."""

from __future__ import annotations

from collections.abc import Iterator

from firmware_specs.spec.bits import bit_range
from firmware_specs.spec.check_kinds import check_unit
from firmware_specs.spec.conditions import REMAINING, exclude_each_other, parse_condition
from firmware_specs.spec.fields import ByFlag, Field, NumberByFlag
from firmware_specs.spec.problems import Problem, did_you_mean
from firmware_specs.spec.types import Part
from firmware_specs.spec.vocabulary import SIZES

_WORDS = {"u16": 2, "s16": 2, "u32": 4, "s32": 4}
"""Types that may have a word order, and the letters it has."""


def check_fields(key: str, part: Part, *, modbus: bool) -> Iterator[Problem]:
    """Everything wrong with the fields of a part.

    Args:
        key: where the part is.
        part: the part.
        modbus: whether its octets are registers.
    """
    known: set[str] = set()
    private: set[str] = set()
    for place, field in enumerate(part.fields):
        where = f"{key}.fields[{place}]"
        yield from _said_by(where, field, known)
        before = part.fields[:place]
        yield from _name(where, field, before)
        yield from check_condition(f"{where}.when", field.when, known | {REMAINING})
        yield from _flags(where, field, known)
        yield from _bits(where, field)
        yield from _join(where, field, before, private)
        yield from _shape(where, field, part.fields[place + 1 :])
        yield from _value(where, field)
        yield from _units(where, field)
        yield from _words(where, field, modbus=modbus)
        known |= {field.name, *field.bits}
        private |= {field.name, *field.bits} if field.private else set()


def check_condition(key: str, text: str, known: set[str] | frozenset[str]) -> Iterator[Problem]:
    """Whether a text is a condition and speaks of known fields."""
    try:
        terms = parse_condition(text)
    except ValueError as error:
        remedy = "write `flag`, `not flag` or `field == 5`, joined by ` and `"
        yield Problem(key, str(error), remedy)
        return
    for term in terms:
        if term.name not in known:
            reason = f"speaks of {term.name!r}, which is no field before it"
            yield Problem(key, reason, did_you_mean(term.name, known))


def _name(key: str, field: Field, before: tuple[Field, ...]) -> Iterator[Problem]:
    if field.name == REMAINING:
        reason = "is the number of octets not yet read, and no name of a field"
        yield Problem(f"{key}.name", reason, "choose another")
    for earlier in before:
        yield from _form(key, field, earlier)
        for name in {field.name, *field.bits} & {earlier.name, *earlier.bits} - {field.name}:
            if not _exclusive(field, earlier):
                yield Problem(f"{key}.bits.{name}", "is named before", "choose another name")


def _form(key: str, field: Field, earlier: Field) -> Iterator[Problem]:
    """Two fields of one name: never together, and the same but for their octets."""
    if earlier.name != field.name:
        if earlier.name in field.bits or field.name in earlier.bits:
            yield Problem(f"{key}.name", "is named before", "choose another name")
        return
    if not _exclusive(field, earlier):
        reason = f"{field.name!r} is named before, and both may be there"
        yield Problem(f"{key}.name", reason, "choose another name, or conditions that exclude")
    for attribute in ("scale", "offset", "unit", "raw_unit", "names"):
        mine, default = getattr(field, attribute), getattr(_PLAIN, attribute)
        if mine not in (default, getattr(earlier, attribute)):
            reason = f"differs from the first form of {field.name!r}"
            yield Problem(f"{key}.{attribute}", reason, "say it the same, or leave it out")


_PLAIN = Field(name="plain", type="u8")


def _exclusive(one: Field, other: Field) -> bool:
    try:
        return exclude_each_other(one.when, other.when)
    except ValueError:
        return True  # what is no condition is told where it stands


def _flags(key: str, field: Field, known: set[str]) -> Iterator[Problem]:
    choices = {"scale": field.scale, "unit": field.unit, "raw_unit": field.raw_unit}
    for attribute, choice in choices.items():
        if isinstance(choice, ByFlag | NumberByFlag) and choice.flag not in known:
            reason = f"speaks of {choice.flag!r}, which is no field before it"
            yield Problem(f"{key}.{attribute}.flag", reason, did_you_mean(choice.flag, known))


def _bits(key: str, field: Field) -> Iterator[Problem]:
    if field.bits and field.type[0] != "u":
        reason = f"{field.type} has no bits to name"
        yield Problem(f"{key}.bits", reason, "use an unsigned type")
        return
    taken: dict[int, str] = {}
    for name, text in field.bits.items():
        try:
            low, high = bit_range(text)
        except ValueError as error:
            yield Problem(f"{key}.bits.{name}", str(error), "give the bits as `3` or `3-4`")
            continue
        if high >= SIZES[field.type] * 8:
            reason = f"{text!r} is beyond the {SIZES[field.type] * 8} bits of {field.type}"
            yield Problem(f"{key}.bits.{name}", reason, "correct the range or the type")
        shared = {taken[bit] for bit in range(low, high + 1) if bit in taken}
        if shared:
            reason = f"{text!r} overlaps {', '.join(sorted(shared))}"
            yield Problem(f"{key}.bits.{name}", reason, "give each bit to one name")
        taken |= dict.fromkeys(range(low, high + 1), name)
    for name in field.expect_bits:
        if name not in field.bits:
            remedy = did_you_mean(name, field.bits)
            yield Problem(f"{key}.expect_bits.{name}", "is no bit range of the field", remedy)


def _join(
    key: str, field: Field, before: tuple[Field, ...], private: set[str]
) -> Iterator[Problem]:
    if field.join and field.type != "joined":
        reason = f"goes with type `joined`, the field is {field.type}"
        yield Problem(f"{key}.join", reason, "leave it out, or correct the type")
    if field.type == "joined" and not field.join:
        yield Problem(f"{key}.join", "is missing", "name the bit ranges that are joined")
    known = {name for other in before for name in other.bits}
    for name in field.join:
        if name not in known:
            reason = f"{name!r} is no bit range before it"
            yield Problem(f"{key}.join", reason, did_you_mean(name, known))
        if name in private:
            yield Problem(f"{key}.join", f"{name!r} is private", "leave it out")


def _said_by(key: str, field: Field, known: set[str]) -> Iterator[Problem]:
    """Whether a length or a number of times is said by a field before."""
    for attribute in ("length", "repeat"):
        name = getattr(field, attribute)
        if isinstance(name, str) and name not in (*known, "rest", "once"):
            reason = f"speaks of {name!r}, which is no field before it"
            yield Problem(f"{key}.{attribute}", reason, did_you_mean(name, known))


def _shape(key: str, field: Field, later: tuple[Field, ...]) -> Iterator[Problem]:
    if isinstance(field.repeat, int) and field.repeat < 1:
        yield Problem(f"{key}.repeat", f"is {field.repeat}", "give 1 or more, or `rest`")
    if field.repeat != "once" and (field.bits or field.type in ("text", "octets", "joined")):
        yield Problem(f"{key}.repeat", f"{field.type} with bits or of any length", "leave it out")
    if field.at_least and field.repeat != "rest":
        yield Problem(f"{key}.at_least", 'goes with `repeat = "rest"` only', "leave it out")
    if field.length and field.type not in ("text", "octets"):
        yield Problem(f"{key}.length", f"{field.type} has a length already", "leave it out")
    takes_rest = field.repeat == "rest" or (field.type in ("text", "octets") and not field.length)
    if takes_rest and any(_uncertain(other) for other in later):
        reason = f"{field.name!r} takes the rest, and what follows has no certain size"
        yield Problem(key, reason, "put it last, or before fields that are always there")
    if (field.type == "computed") and not field.check:
        yield Problem(f"{key}.check", "is missing", "say which check is computed")
    if field.check and field.type not in ("u8", "u16", "computed"):
        yield Problem(f"{key}.check", f"{field.type} holds no check value", "use u8 or u16")
    if field.private and field.type in ("joined", "computed"):
        remedy = "mark the field that has the octets"
        yield Problem(f"{key}.private", f"{field.type} has no octets to blank", remedy)


def _uncertain(field: Field) -> bool:
    """Whether a field takes octets, and nobody knows before how many."""
    if field.type in ("joined", "computed", "decoded"):
        return False
    unsized = field.type in ("text", "octets") and (
        isinstance(field.length, str) or not field.length
    )
    several = isinstance(field.repeat, str) and field.repeat != "once"
    return bool(field.when) or several or unsized


def _value(key: str, field: Field) -> Iterator[Problem]:
    if field.scale == 0:
        yield Problem(f"{key}.scale", "is 0", "give the physical value of one count")
    for attribute in ("plausible", "allowed"):
        limits = getattr(field, attribute)
        if limits is not None and limits[0] > limits[1]:
            reason = f"the least, {limits[0]}, is greater than the greatest, {limits[1]}"
            yield Problem(f"{key}.{attribute}", reason, "write the least first")
    if field.expect is not None and field.allowed is not None:
        yield Problem(f"{key}.allowed", "is said by `expect` already", "leave one of them out")
    raws = {f"sentinels[{i}].raw": s.raw for i, s in enumerate(field.sentinels)}
    if field.expect is not None:
        raws["expect"] = field.expect
    for name in field.names:
        if name.removeprefix("-").isdigit():
            raws[f"names.{name}"] = int(name)
        else:
            yield Problem(f"{key}.names.{name}", "is no raw value", "give whole numbers as keys")
    for where, raw in raws.items():
        yield from _in_range(f"{key}.{where}", raw, field)


def _in_range(key: str, raw: int, field: Field) -> Iterator[Problem]:
    bits = SIZES.get(field.type, 0) * 8
    if not bits or field.type[0] not in "us":
        return
    least = -(1 << (bits - 1)) if field.type[0] == "s" else 0
    greatest = least + (1 << bits) - 1
    if not least <= raw <= greatest:
        reason = f"{raw} is beyond {field.type}, {least} to {greatest}"
        yield Problem(key, reason, "correct the value or the type")


def _units(key: str, field: Field) -> Iterator[Problem]:
    for attribute in ("unit", "raw_unit"):
        for unit in units_of(getattr(field, attribute)):
            yield from check_unit(f"{key}.{attribute}", unit)


def units_of(choice: str | ByFlag) -> tuple[str, ...]:
    """The units that a field may have; none when it has none."""
    if isinstance(choice, ByFlag):
        return choice.set, choice.clear
    return (choice,) if choice else ()


def _words(key: str, field: Field, *, modbus: bool) -> Iterator[Problem]:
    if field.word_order is None:
        return
    if not modbus:
        yield Problem(f"{key}.word_order", "is of Modbus registers only", "leave it out")
    elif _WORDS.get(field.type) != len(field.word_order):
        reason = f"{field.word_order} does not fit {field.type}"
        yield Problem(f"{key}.word_order", reason, "use AB or BA for 16 bits, four letters for 32")
