"""Fields of a part: octets with a name, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from edge_agent.model.observations import AbsentReason
from firmware_specs.spec.table import Condition, Name, Table

FieldType = Literal[
    "u8", "u16", "u24", "u32", "u48", "u64",
    "s8", "s16", "s24", "s32", "s64",
    "medfloat16", "medfloat32",
    "datetime", "epoch1900", "epoch1970", "epoch2000",
    "eui64", "text", "octets", "joined", "computed", "decoded",
]  # fmt: skip
Check = Literal[
    "", "sum8", "sum8-from-1", "sum16", "xor8", "xor8-from-5", "crc8-07",
    "crc16-mcrf4xx", "crc16-modbus", "crc16-ccitt-false", "inverse",
]  # fmt: skip
WordOrder = Literal["AB", "BA", "ABCD", "CDAB", "BADC", "DCBA"]


class ByFlag(Table, frozen=True, kw_only=True):
    """A text that depends on a flag, such as a unit."""

    flag: Name
    set: str
    clear: str


class NumberByFlag(Table, frozen=True, kw_only=True):
    """A number that depends on a flag, such as a scale."""

    flag: Name
    set: Decimal
    clear: Decimal


class Sentinel(Table, frozen=True, kw_only=True):
    """A raw value that means "no value"."""

    raw: int
    reason: AbsentReason


class Field(Table, frozen=True, kw_only=True):
    """Octets with a name.

    Attributes:
        name: unique in its part; two fields may share it when their `when` exclude each other.
        type: how many octets and what they are. `medfloat16/32` are IEEE 11073-20601 SFLOAT and
            FLOAT; `datetime` is GATT Date Time (7 octets); `epoch2000` and its like are seconds
            since that year began (4 octets); `eui64` 8 octets read as 16 hex digits; `text` (UTF-8)
            and `octets` take `length`, or the rest. The others take no octets: `joined` joins the
            bit ranges named in `join`, `computed` is the `check`, `decoded` is a field of the
            part's `decoder`, to say what it means.
        when: the field is there only then.
        bits: named bit ranges of an unsigned field: `"3"` or `"3-4"`, 0 is the least significant.
            Each name is then a field too.
        expect_bits: the only value allowed of a bit range; any other is malformed.
        join: for `joined`: names of bit ranges, the most significant first.
        repeat: how often: a number, `rest` (all that later fields leave), or the field before that
            says it. The value is then a list.
        at_least: the least length of a repeated field that is present.
        length: octets, of `text` and `octets`: a number, or the field before that says it; 0 takes
            what later fields leave.
        word_order: of a field of several Modbus registers, A being the most significant octet.
        scale: physical value = raw * scale + offset, exact decimals. The scale's own digits count
            as precision: `1e5` shifts the point, `100000` claims six digits.
        offset: see `scale`; in physical units.
        unit: UCUM of the physical value.
        raw_unit: UCUM of the raw value, where the scale turns it into another unit.
        names: text for each raw value, of a coded field.
        sentinels: raw values that mean "no value".
        plausible: least and greatest physical value; beyond it a value is *questionable*.
        allowed: least and greatest raw value that the standard defines; beyond it is malformed.
        expect: the only raw value allowed; any other is malformed.
        check: the value is this check of all octets before it; any other is a checksum error.
        private: blanked in the octets and masked among the fields, before anything is stored,
            logged or captured (law 7); no rule may use it.
        source: the clause that says so, when it is not the part's.
    """

    name: Name
    type: FieldType
    when: Condition = ""
    bits: Mapping[Name, str] = {}
    expect_bits: Mapping[Name, int] = {}
    join: tuple[Name, ...] = ()
    repeat: int | Name = "once"
    at_least: int = 0
    length: int | Name = 0
    word_order: WordOrder | None = None
    scale: Decimal | NumberByFlag = Decimal(1)
    offset: Decimal = Decimal(0)
    unit: str | ByFlag = ""
    raw_unit: str | ByFlag = ""
    names: Mapping[str, str] = {}
    sentinels: tuple[Sentinel, ...] = ()
    plausible: tuple[Decimal, Decimal] | None = None
    allowed: tuple[int, int] | None = None
    expect: int | None = None
    check: Check = ""
    private: bool = False
    source: str = ""
