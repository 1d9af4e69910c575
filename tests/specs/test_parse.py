"""Every refusal of a spec names file, key, reason and remedy; several are told at once."""

import pytest

from edge_agent.model.errors import SpecError
from firmware_specs.spec.parse import parse
from firmware_specs.spec.types import Spec

HEAD = """\
format = 1
device = "thing"
title = { en = "Thing", zh = "物" }
sources = { doc = "A document" }
"""
BLE = (
    HEAD
    + """
[link]
type = "ble"
service = "1810"

[parts.measurement]
title = "What it says"
source = "doc 3.1"
characteristic = "2A35"
access = "notify"
event = "said"
"""
)
FIELD = (
    BLE
    + """\
fields = [
  { name = "flags", type = "u8", bits = { wide = "0" } },
  %s
]
"""
)
RULE = (
    BLE
    + """\
fields = [
  { name = "flags", type = "u8", bits = { wide = "0", odd = "1" } },
  { name = "rate", type = "u8", unit = "/min" },
  { name = "secret", type = "u8", private = true },
]
"""
)
MODBUS = (
    HEAD
    + """
[link]
type = "modbus"

[parts.one]
title = "Block one"
source = "doc 1"
registers = { function = 4, address = 0, count = 2 }
event = "one"
fields = [{ name = "a", type = "s16" }, { name = "b", type = "u16" }]
"""
)
SERIAL = (
    HEAD
    + """
[link]
type = "serial"
baud = 9600
framing = { type = "delimited", end = "0d" }

[parts.live]
title = "x"
source = "doc"
packet = true
event = "x"
fields = [{ name = "x", type = "u8" }]
"""
)
F = "parts.measurement.fields[1]"
O = "parts.measurement.observations[0]"  # noqa: E741


def field(text: str) -> str:
    return FIELD % f"{{ {text} }},"


def rule(text: str) -> str:
    return f"{RULE}\n[[parts.measurement.observations]]\n{text}\n"


# What is bad: the text, and key, reason and remedy of the refusal.
BAD: dict[str, tuple[str, str, str, str]] = {
    "no TOML": ("format = ", "", "is no TOML", "mend the line"),
    "no format": ("device = 'x'", "format", "is missing, not 1", "write `format = 1`"),
    "format 2": (BLE.replace("format = 1", "format = 2"), "format", "is 2, not 1", "write"),
    "a key of the whole": (f"colour = 1\n{BLE}", "colour", "unknown key", "known are: aliases"),
    "a key nearly right": (
        BLE.replace("characteristic", "characterstic"),
        "parts.measurement.characterstic",
        "unknown key",
        "did you mean `characteristic`?",
    ),
    "a key of a field": (field('nam = "x"'), f"{F}.nam", "unknown key", "did you mean `name`?"),
    "a key missing": (field('name = "x"'), f"{F}.type", "is missing", "add `type = …`"),
    "a type of field": (
        field('name = "x", type = "u9"'),
        f"{F}.type",
        "'u9' is not known here",
        "known are: computed, datetime, decoded, epoch1900",
    ),
    "a text for a number": (
        field('name = "x", type = "u8", scale = "0.01"'),
        f"{F}.scale",
        "is '0.01'",
        "write a number, without quotes or a table",
    ),
    "a text among numbers": (
        field('name = "x", type = "u8", plausible = [1, "9"]'),
        f"{F}.plausible[1]",
        "is '9'",
        "write a number, without quotes",
    ),
    "one limit of two": (
        field('name = "x", type = "u8", plausible = [1]'),
        f"{F}.plausible",
        "has 1 items, not 2",
        "write 2",
    ),
    "a text for a whole number": (
        field('name = "x", type = "u8", length = "2"'),
        f"{F}.length",
        "is '2'",
        "write a whole number",
    ),
    "a list for a text": (
        field('name = "x", type = "u8", source = ["doc 1"]'),
        f"{F}.source",
        "is a list",
        "write a text in quotes",
    ),
    "a name with capitals": (
        field('name = "X", type = "u8"'),
        f"{F}.name",
        "is 'X'",
        "write a text in quotes, a small letter, then small letters, digits and `_`",
    ),
    "no link": (f"{HEAD}\nparts = {{ a = 1 }}", "link", "is missing", "add `link = …`"),
    "a part that is no table": (
        f"{HEAD}\nparts = {{ a = 1 }}",
        "parts.a",
        "is 1",
        "write a table",
    ),
    "a part's name": (
        BLE.replace("parts.measurement", "parts.Measure_ment"),
        "parts.Measure_ment",
        "is 'Measure_ment'",
        "small letters and digits, joined by `-`",
    ),
    "no parts": (
        f"{HEAD}parts = {{}}\n[link]\ntype = 'shared'",
        "parts",
        "there is none",
        "add `[parts.…]`",
    ),
    "no sources": (
        RULE.replace('{ doc = "A document" }', "{}"),
        "sources",
        "names no source",
        "add the documents",
    ),
    "a source not named": (
        RULE.replace("doc 3.1", "dock 3.1"),
        "parts.measurement.source",
        "begins with 'dock', which `sources` does not name",
        "did you mean `doc`?",
    ),
    "an unknown decoder": (
        f'{BLE}decoder = "polar"',
        "parts.measurement.decoder",
        "'polar' is no decoder known here",
        "did you mean `polar_pmd`?",
    ),
    "neither fields nor decoder": (
        BLE,
        "parts.measurement",
        "has neither `fields` nor `decoder`",
        "say what its octets are",
    ),
    "fields and decoder": (
        RULE.replace("fields = [", 'decoder = "polar_pmd"\nfields = ['),
        f"{F}.type",
        "is read by the `decoder`",
        'write `type = "decoded"`',
    ),
    "no meaning": (
        RULE.replace('event = "said"\n', ""),
        "parts.measurement",
        "does not say what it means",
        "add `observations`",
    ),
    "no characteristic": (
        RULE.replace('characteristic = "2A35"\n', ""),
        "parts.measurement.characteristic",
        "is missing",
        "give the UUID",
    ),
    "no access": (
        RULE.replace('access = "notify"\n', ""),
        "parts.measurement.access",
        "is missing",
        "say how",
    ),
    "no UUID": (
        RULE.replace("2A35", "2A3"),
        "parts.measurement.characteristic",
        "is '2A3', which is no UUID",
        "write 4 or 36 characters",
    ),
    "registers over the air": (
        RULE.replace(
            'access = "notify"\n',
            'access = "notify"\nregisters = { function = 3, address = 0, count = 1 }\n',
        ),
        "parts.measurement.registers",
        "belongs to a Modbus link only",
        "leave it out",
    ),
    "a name twice": (
        field('name = "flags", type = "u8"'),
        f"{F}.name",
        "'flags' is named before, and both may be there",
        "choose another name",
    ),
    "a bit's name twice": (
        field('name = "wide", type = "u8"'),
        f"{F}.name",
        "is named before",
        "choose another name",
    ),
    "forms that do not exclude each other": (
        field('name = "x", type = "u8", when = "wide" }, { name = "x", type = "u16"'),
        "parts.measurement.fields[2].name",
        "both may be there",
        "conditions that exclude",
    ),
    "forms in two units": (
        field(
            'name = "x", type = "u8", unit = "%", when = "wide" },'
            '{ name = "x", type = "u16", unit = "kg", when = "not wide"'
        ),
        "parts.measurement.fields[2].unit",
        "differs from the first form of 'x'",
        "say it the same",
    ),
    "a condition on nothing": (
        field('name = "x", type = "u8", when = "wyde"'),
        f"{F}.when",
        "speaks of 'wyde', which is no field before it",
        "did you mean `wide`?",
    ),
    "no condition": (
        field('name = "x", type = "u8", when = "wide or not wide"'),
        f"{F}.when",
        "'wide or not wide' is no condition",
        "write `flag`",
    ),
    "the reserved name": (
        field('name = "remaining", type = "u8"'),
        f"{F}.name",
        "is the number of octets not yet read",
        "choose another",
    ),
    "bits that overlap": (
        field('name = "x", type = "u8", bits = { a = "0-3", b = "3" }'),
        f"{F}.bits.b",
        "'3' overlaps a",
        "give each bit to one name",
    ),
    "bits out of range": (
        field('name = "x", type = "u8", bits = { a = "8" }'),
        f"{F}.bits.a",
        "'8' is beyond the 8 bits of u8",
        "correct the range",
    ),
    "no bits": (
        field('name = "x", type = "u8", bits = { a = "low" }'),
        f"{F}.bits.a",
        "'low' is no bit range",
        "give the bits",
    ),
    "bits of a date": (
        field('name = "x", type = "datetime", bits = { a = "0" }'),
        f"{F}.bits",
        "datetime has no bits to name",
        "use an unsigned type",
    ),
    "an expected bit that is none": (
        field('name = "x", type = "u8", bits = { a = "0" }, expect_bits = { b = 1 }'),
        f"{F}.expect_bits.b",
        "is no bit range of the field",
        "known are: a",
    ),
    "joined from nothing": (
        field('name = "x", type = "joined", join = ["wise"]'),
        f"{F}.join",
        "'wise' is no bit range before it",
        "did you mean `wide`?",
    ),
    "join without joined": (
        field('name = "x", type = "u8", join = ["wide"]'),
        f"{F}.join",
        "goes with type `joined`, the field is u8",
        "leave it out",
    ),
    "joined without join": (
        field('name = "x", type = "joined"'),
        f"{F}.join",
        "is missing",
        "name the bit ranges",
    ),
    "repeat never": (
        field('name = "x", type = "u8", repeat = 0'),
        f"{F}.repeat",
        "is 0",
        "give 1 or more",
    ),
    "at least once only": (
        field('name = "x", type = "u8", at_least = 1'),
        f"{F}.at_least",
        "goes with",
        "leave it out",
    ),
    "a length of what has one": (
        field('name = "x", type = "u8", length = 2'),
        f"{F}.length",
        "u8 has a length already",
        "leave it out",
    ),
    "the rest in the middle": (
        field('name = "x", type = "octets" }, { name = "y", type = "u8", when = "wide"'),
        f"{F}",
        "'x' takes the rest",
        "put it last",
    ),
    "computed from nothing": (
        field('name = "x", type = "computed"'),
        f"{F}.check",
        "is missing",
        "say which check",
    ),
    "a check in a date": (
        field('name = "x", type = "datetime", check = "sum8"'),
        f"{F}.check",
        "datetime holds no check value",
        "use u8 or u16",
    ),
    "scale 0": (field('name = "x", type = "u8", scale = 0'), f"{F}.scale", "is 0", "give"),
    "scale by an unknown flag": (
        field('name = "x", type = "u8", scale = { flag = "wild", set = 1, clear = 2 }'),
        f"{F}.scale.flag",
        "speaks of 'wild'",
        "did you mean `wide`?",
    ),
    "plausible upside down": (
        field('name = "x", type = "u8", plausible = [9, 1]'),
        f"{F}.plausible",
        "the least, 9, is greater than the greatest, 1",
        "write the least first",
    ),
    "a sentinel out of range": (
        field('name = "x", type = "u8", sentinels = [{ raw = 256, reason = "error" }]'),
        f"{F}.sentinels[0].raw",
        "256 is beyond u8, 0 to 255",
        "correct the value",
    ),
    "a reason that is none": (
        field('name = "x", type = "u8", sentinels = [{ raw = 2, reason = "lazy" }]'),
        f"{F}.sentinels[0].reason",
        "'lazy' is not known here",
        "known are: as-text",
    ),
    "a name for no number": (
        field('name = "x", type = "u8", names = { one = "1" }'),
        f"{F}.names.one",
        "is no raw value",
        "give whole numbers",
    ),
    "an unknown unit": (
        field('name = "x", type = "u8", unit = "mmHg"'),
        f"{F}.unit",
        "'mmHg' is no unit of UCUM",
        "did you mean `mm[Hg]`?",
    ),
    "a unit as people write it": (
        field('name = "x", type = "u8", unit = "°C"'),
        f"{F}.unit",
        "'°C' is no unit of UCUM",
        "did you mean `Cel`?",
    ),
    "a unit like a word": (
        field('name = "x", type = "u8", unit = "C"'),
        f"{F}.unit",
        "'C' is no unit of UCUM",
        "did you mean `Cel`?",
    ),
    "a word order over the air": (
        field('name = "x", type = "u32", word_order = "CDAB"'),
        f"{F}.word_order",
        "is of Modbus registers only",
        "leave it out",
    ),
    "private and joined": (
        field('name = "x", type = "joined", join = ["wide"], private = true'),
        f"{F}.private",
        "joined has no octets to blank",
        "mark the field",
    ),
    "an unknown kind": (
        rule('kind = "hart-rate"\nvalue = "rate"'),
        f"{O}.kind",
        "'hart-rate' is no kind of value known here",
        "did you mean `heart-rate`?",
    ),
    "a value of no field": (
        rule('kind = "heart-rate"\nvalue = "rat"'),
        f"{O}.value",
        "'rat' is no field of the part",
        "did you mean `rate`?",
    ),
    "a unit that the kind has not": (
        rule('kind = "body-weight"\nvalue = "rate"'),
        f"{O}.value",
        "'rate' is in /min, body-weight is in kg or [lb_av]",
        "correct the unit",
    ),
    "value and components": (
        rule(
            'kind = "heart-rate"\nvalue = "rate"\ncomponents = [{ kind = "spo2", value = "rate" }]'
        ),
        O,
        "has both `value` and `components`",
        "leave one of them out",
    ),
    "neither value nor components": (
        rule('kind = "heart-rate"'),
        O,
        "has neither `value` nor `components`",
        "name the field",
    ),
    "a flag that is none": (
        rule('kind = "heart-rate"\nvalue = "rate"\nflags = ["loose"]'),
        f"{O}.flags",
        "'loose' is no field of the part",
        "known are",
    ),
    "a status that is none": (
        rule('kind = "heart-rate"\nvalue = "rate"\nstatus_when = { wide = "doubtful" }'),
        f"{O}.status_when.wide",
        "'doubtful' is not known here",
        "known are: calibration-ongoing",
    ),
    "a drop on nothing": (
        rule('kind = "heart-rate"\nvalue = "rate"\ndrop_when = ["demo"]'),
        f"{O}.drop_when[0]",
        "speaks of 'demo'",
        "known are",
    ),
    "the same observation twice": (
        rule(
            'kind = "heart-rate"\nvalue = "rate"\n\n[[parts.measurement.observations]]\n'
            'kind = "heart-rate"\nvalue = "rate"'
        ),
        "parts.measurement.observations[1]",
        "may give a second heart-rate beside another rule",
        "give it a `channel`",
    ),
    "a private value used": (
        rule('kind = "heart-rate"\nvalue = "secret"'),
        f"{O}.value",
        "'secret' is in no unit",
        "correct",
    ),
    "a time that is none": (
        RULE.replace('event = "said"', 'event = "said"\ntime = "rate"'),
        "parts.measurement.time",
        "'rate' is u8, not one of datetime",
        "name a field of that type",
    ),
    "a split that is none": (
        RULE.replace('event = "said"', 'event = "said"\nsplit = "rate"'),
        "parts.measurement.split",
        "is not the first field",
        "name the length octet",
    ),
    "records of no part": (
        f'{RULE}\n[records]\ntype = "racp"\ncontrol = "control"\nmeasurement = "measurement"',
        "records.control",
        "there is no part 'control'",
        "known are: measurement",
    ),
    "a write that is no hex": (
        f'{RULE}\n[[start]]\npart = "measurement"\noctets = "0g"',
        "start[0].octets",
        "is '0g', which is no hex",
        "write pairs of hex digits",
    ),
    "a write to nowhere": (
        f'{RULE}\n[[start]]\npart = "measure"\noctets = "00"',
        "start[0].part",
        "there is no part 'measure'",
        "did you mean `measurement`?",
    ),
    "an answer of no field": (
        f'{RULE}\n[[start]]\npart = "measurement"\noctets = "00"\nanswer = {{ rat = 1 }}',
        "start[0].answer.rat",
        "is no field of measurement",
        "did you mean `rate`?",
    ),
    "registers missing": (
        MODBUS.replace("registers = { function = 4, address = 0, count = 2 }\n", ""),
        "parts.one.registers",
        "is missing",
        "say which registers",
    ),
    "fields that do not fill": (
        MODBUS.replace("count = 2", "count = 3"),
        "parts.one.fields",
        "fill 4 octets, 3 registers have 6",
        "correct `count`",
    ),
    "registers that overlap": (
        MODBUS + MODBUS[MODBUS.index("[parts.one]") :].replace("parts.one", "parts.two"),
        "parts.two.registers",
        "overlaps the block at address 0",
        "give each register to one part",
    ),
    "the order of registers": (
        MODBUS.replace('event = "one"', 'event = "one"\nbyte_order = "big"'),
        "parts.one.byte_order",
        "is not for registers, which are big-endian",
        "leave it out",
    ),
    "registers too many": (
        MODBUS.replace("count = 2", "count = 126"),
        "parts.one.registers.count",
        "is 126, a request of function 4 reads 125",
        "make it several parts",
    ),
    "coils too many": (
        MODBUS.replace(
            "function = 4, address = 0, count = 2", "function = 1, address = 0, count = 2001"
        ),
        "parts.one.registers.count",
        "is 2001",
        "write a whole number, 1 to 2000",
    ),
    "nothing polled": (
        MODBUS.replace("count = 2", "count = 2, every = 0"),
        "parts",
        "nothing is ever read from the device",
        "give a part `every = 1`",
    ),
    "a packet of registers": (
        MODBUS.replace('event = "one"', 'event = "one"\npacket = true'),
        "parts.one.packet",
        "belongs to a serial link only",
        "leave it out",
    ),
    "stored and not fetched": (
        RULE.replace('event = "said"', 'event = "said"\nkept = "stored"'),
        "parts.measurement.kept",
        "is stored, and nothing fetches it",
        "name it in `[records]`",
    ),
    "unfetched and not stored": (
        RULE.replace('event = "said"', 'event = "said"\nunfetched = "no command"'),
        "parts.measurement.unfetched",
        "is for what the device keeps",
        "leave it out",
    ),
    "beyond the last address": (
        MODBUS.replace("address = 0", "address = 65535"),
        "parts.one.registers.count",
        "goes beyond address 65535",
        "correct",
    ),
    "a write to what is only read": (
        MODBUS.replace("count = 2", "count = 2, write = 16"),
        "parts.one.registers.write",
        "is 16, which does not write what 4 reads",
        "use one of",
    ),
    "a word order too long": (
        MODBUS.replace('type = "s16"', 'type = "s16", word_order = "CDAB"'),
        "parts.one.fields[0].word_order",
        "CDAB does not fit s16",
        "use AB or BA",
    ),
    "a characteristic on a line": (
        SERIAL.replace("packet = true", 'packet = true\ncharacteristic = "2A35"'),
        "parts.live.characteristic",
        "belongs to a Bluetooth link only",
        "leave it out",
    ),
    "a part that is nowhere": (
        SERIAL.replace("packet = true\n", ""),
        "parts.live.packet",
        "is missing",
        "write `packet = true`",
    ),
    "two packets": (
        SERIAL + SERIAL[SERIAL.index("[parts.live]") :].replace("parts.live", "parts.other"),
        "parts.other.packet",
        "is said of live too",
        "join the two parts",
    ),
    "segments on a line": (
        SERIAL.replace(
            'framing = { type = "delimited", end = "0d" }',
            'framing = { type = "segmented", head = 5 }',
        ),
        "link.framing",
        "is of notifications, a line has none",
        "use sync-bit, delimited, length or astm",
    ),
    "instead of nothing": (
        RULE.replace('access = "notify"', 'access = "notify"\ninstead_of = "measurment"'),
        "parts.measurement.instead_of",
        "there is no part 'measurment'",
        "did you mean `measurement`?",
    ),
    "a time that is seen and no other": (
        rule('kind = "heart-rate"\nvalue = "rate"').replace(
            'access = "notify"', 'access = "notify"\nfacing = "rate"'
        ),
        "parts.measurement.facing",
        "is said without `time`",
        "name it as `time` alone",
    ),
    "framing of no kind": (
        SERIAL.replace('type = "delimited"', 'type = "magic"'),
        "link.framing.type",
        "'magic' is not known here",
        "known are: astm, delimited, length, segmented, sync-bit",
    ),
    "a link of no kind": (
        RULE.replace('type = "ble"', 'type = "bluetooth"'),
        "link.type",
        "'bluetooth' is not known here",
        "known are: ble, modbus, serial, shared",
    ),
    "a link of no type": (
        RULE.replace('type = "ble"\n', ""),
        "link.type",
        "is missing",
        "write one of: ble, serial, modbus, shared",
    ),
    "a known kind declared": (
        RULE + '\n[kinds.heart-rate]\nen = "x"\nzh = "x"\nunits = ["/min"]',
        "kinds.heart-rate",
        "is known already: Heart rate, in /min",
        "give what you mean another name",
    ),
    "a declared kind's unit": (
        RULE + '\n[kinds.air]\nen = "x"\nzh = "x"\nunits = ["ppm"]',
        "kinds.air.units[0]",
        "'ppm' is no unit of UCUM",
        "did you mean `[ppm]`?",
    ),
    "a declared kind's LOINC": (
        RULE + '\n[kinds.air]\nen = "x"\nzh = "x"\nunits = ["%"]\nloinc = { "[ppm]" = "1-1" }',
        "kinds.air.loinc",
        "'[ppm]' is none of the units of air",
        "name it in `units` too",
    ),
}


def refusals(text: str) -> list[SpecError]:
    """All that is told of a text."""
    with pytest.raises(ExceptionGroup) as refused:
        parse(text, "thing.toml")
    assert refused.value.message == "thing.toml"
    return [error for error in refused.value.exceptions if isinstance(error, SpecError)]


@pytest.mark.parametrize("what", BAD)
def test_a_refusal_names_file_key_reason_and_remedy(what: str) -> None:
    text, key, reason, remedy = BAD[what]
    told = refusals(text)
    assert all(error.file == "thing.toml" for error in told)
    assert any(
        error.key == key and reason in error.reason and remedy in error.remedy for error in told
    ), [str(error) for error in told]
    assert all(error.reason and error.remedy for error in told)


@pytest.mark.parametrize(
    "text", [RULE, MODBUS, SERIAL, rule('kind = "heart-rate"\nvalue = "rate"')]
)
def test_what_the_table_spoils_is_good_before(text: str) -> None:
    assert isinstance(parse(text, "thing.toml"), Spec)


def test_all_problems_of_meaning_are_told_at_once() -> None:
    text = rule('kind = "hart-rate"\nvalue = "rat"').replace("doc 3.1", "dock")
    assert [error.key for error in refusals(text.replace("2A35", "2A3"))] == [
        "parts.measurement.characteristic",
        "parts.measurement.source",
        f"{O}.kind",
        f"{O}.value",
    ]


def test_all_problems_of_shape_are_told_at_once() -> None:
    text = field('nam = "x", type = "u9", scale = "0.01", length = "2"').replace(
        'access = "notify"', 'access = "shout"'
    )
    assert {error.key for error in refusals(f"colour = 1\n{text}")} == {
        "colour",
        f"{F}.nam",
        f"{F}.name",
        f"{F}.type",
        f"{F}.scale",
        f"{F}.length",
        "parts.measurement.access",
    }


def test_a_part_of_good_shape_is_checked_beside_one_of_bad_shape() -> None:
    bad = '\n[parts.other]\ntitle = "x"\nsource = 1\n'
    keys = [error.key for error in refusals(rule('kind = "hart-rate"\nvalue = "rate"') + bad)]
    assert keys == ["parts.other.source", f"{O}.kind"]
