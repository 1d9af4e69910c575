"""The firmware spec format 1: one language for what a device says over any wire.

A spec has *parts*: one octet string of one meaning each (a characteristic's value, a serial packet,
a block of Modbus registers). A part lists its *fields* in the order of the octets, and then what
the fields mean: *observations*, *waveforms*, or an *event*. These types are the format: the loader
converts TOML into them and refuses whatever does not fit, and the JSON Schema is made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from edge_agent.model.observations import AbsentReason, MeasurementStatus

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Condition = str
"""Terms joined by ` and `: `flag`, `not flag`, `field == 5`, `not field == 5`.

A bare name is true when its field is there and not 0. The name `remaining` is the number of octets
not yet read, so `remaining == 2` says "if two octets are left, they are this".
"""

FieldType = Literal[
    "u8", "u16", "u24", "u32", "u48", "u64",
    "s8", "s16", "s24", "s32", "s64",
    "medfloat16", "medfloat32",
    "datetime", "eui64", "text", "octets", "joined", "computed",
]  # fmt: skip
Check = Literal["", "sum8", "xor8", "crc8-07", "crc16-mcrf4xx", "crc16-modbus", "crc16-ccitt-false"]
DecoderName = Literal["", "polar_pmd", "polar_pmd_settings", "polar_pmd_delta"]
WordOrder = Literal["AB", "BA", "ABCD", "CDAB", "BADC", "DCBA"]
Kept = Literal["stored", "acknowledged", "live"]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a spec: unknown keys are refused."""


class Title(_Table, frozen=True, kw_only=True):
    """What a person reads."""

    en: str
    zh: str


class ByFlag(_Table, frozen=True, kw_only=True):
    """A text that depends on a flag, such as a unit."""

    flag: Name
    set: str
    clear: str


class NumberByFlag(_Table, frozen=True, kw_only=True):
    """A number that depends on a flag, such as a scale."""

    flag: Name
    set: Decimal
    clear: Decimal


class Sentinel(_Table, frozen=True, kw_only=True):
    """A raw value that means "no value"."""

    raw: int
    reason: AbsentReason


class Field(_Table, frozen=True, kw_only=True):
    """Octets with a name.

    Attributes:
        name: unique in its part; two fields may share it when their `when` exclude each other.
        type: how many octets and what they are. `medfloat16/32` are IEEE 11073-20601 SFLOAT and
            FLOAT; `datetime` is GATT Date Time (7 octets); `eui64` 8 octets read as 16 hex digits;
            `text` (UTF-8) and `octets` take `length`, or the rest. `joined` and `computed` take no
            octets: the first joins the bit ranges named in `join`, the second is the `check`.
        when: the field is there only then.
        bits: named bit ranges of an unsigned field: `"3"` or `"3-4"`, 0 is the least significant.
            Each name is then a field too.
        expect_bits: the only value allowed of a bit range; any other is malformed.
        join: for `joined`: names of bit ranges, the most significant first.
        repeat: how often; `rest` fills what later fields leave. The value is then a list.
        at_least: the least length of a repeated field that is present.
        length: octets, of `text` and `octets`; 0 takes what later fields leave.
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
    repeat: int | Literal["rest", "once"] = "once"
    at_least: int = 0
    length: int = 0
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


class KindByField(_Table, frozen=True, kw_only=True):
    """A kind that depends on a coded field, such as the sample of a glucose reading.

    Attributes:
        field: the coded field.
        values: raw value to kind; a raw value that is not listed is malformed.
    """

    field: Name
    values: Mapping[str, Slug]


class ComponentRule(_Table, frozen=True, kw_only=True):
    """A component of an observation: which field it is; left out when the field is not there."""

    kind: Slug
    value: Name


class ObservationRule(_Table, frozen=True, kw_only=True):
    """What is measured: fields made into an observation.

    Attributes:
        kind: a kind of `edge_agent.model.codes`, or one by a coded field.
        channel: which of several of one kind in a part.
        value: the field; without it in the octets there is no observation. A repeated field gives
            one observation a value, channels `1`, `2`, …; a field with `names` gives `text`.
        components: instead of `value`.
        when: only then is there an observation.
        drop_when: then it is no measurement (demo, test, invalid): dropped and counted.
        absent_when: flag to reason: there is no value, whatever the field says.
        status_when: flag to measurement status.
        flags: bit names reported as they are when set.
        ascending: fields that must not fall in this order, else *questionable*.
    """

    kind: Slug | KindByField
    channel: str = ""
    value: Name = ""
    components: tuple[ComponentRule, ...] = ()
    when: Condition = ""
    drop_when: tuple[Condition, ...] = ()
    absent_when: Mapping[Condition, AbsentReason] = {}
    status_when: Mapping[Condition, MeasurementStatus] = {}
    flags: tuple[Name, ...] = ()
    ascending: tuple[Name, ...] = ()


class WaveformRule(_Table, frozen=True, kw_only=True):
    """A signal: a field whose values are samples, one or many an octet string.

    Attributes:
        kind: a kind of `edge_agent.model.codes`.
        value: the field.
        rate: samples a second, as a fraction.
        unit, scale, origin: physical value = origin + scale * sample.
        clock: the field with the device's own clock at the last sample, in nanoseconds.
        gap_when: then the samples are no signal (lead or finger off).
    """

    kind: Slug
    value: Name
    rate: str
    unit: str
    scale: Decimal = Decimal(1)
    origin: Decimal = Decimal(0)
    clock: str = ""
    gap_when: tuple[Condition, ...] = ()


class Registers(_Table, frozen=True, kw_only=True):
    """A block of Modbus registers read in one request.

    Attributes:
        function: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers.
        address: of the first, from 0, as on the wire.
        count: how many registers; coils come packed, the first in bit 0 of the first octet.
        every: seconds between polls; 0 for what is read only when somebody asks.
        write: the function by which the block may be written, 0 for never.
    """

    function: Literal[1, 2, 3, 4]
    address: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    count: Annotated[int, msgspec.Meta(ge=1, le=125)]
    every: Decimal = Decimal(1)
    write: Literal[0, 5, 6, 15, 16] = 0


class Part(_Table, frozen=True, kw_only=True):
    """One octet string of one meaning.

    Attributes:
        title: what it is.
        aliases: other names under which a technician may know it.
        source: document and clause (a key of `Spec.sources` and a place in it).
        within: the part whose octets carry this one; it has no place of its own on the wire.
        service: UUID of the service, where it is not the link's (BLE).
        characteristic: UUID, 4 or 36 characters (BLE).
        access: how it moves (BLE).
        registers: which registers (Modbus).
        kept: whether the device keeps it until told (`stored`: can be read again;
            `acknowledged`: sent again until we say it is durable; `live`: gone once sent).
        byte_order: of fields of several octets.
        fields: in the order of the octets.
        split: the first field, when it says the length of a record, itself included, and several
            records may follow one another in one octet string.
        extra: octets after the last field: `refuse`, or `ignore` (the spec says "reserved").
        decoder: reads the octets instead of `fields`, where those cannot say it; the rest of the
            part speaks of the fields that it names (`edge_drivers.codec.special`).
        sequence, time, time_offset, slot: fields that name and date the reading; the offset is
            in minutes and is added to `time`.
        segment: seconds of a stream stored as one frame, with the last observation of each kind
            and channel in it; 0 stores each octet string alone.
        observations, waveforms: what it means.
        event: its name when it is (also) something else, such as `racp-response`.
    """

    title: str
    source: str
    aliases: tuple[str, ...] = ()
    within: str = ""
    service: str = ""
    characteristic: str = ""
    access: Literal["", "notify", "indicate", "read", "write", "write-indicate"] = ""
    registers: Registers | None = None
    kept: Kept = "live"
    byte_order: Literal["little", "big"] = "little"
    fields: tuple[Field, ...] = ()
    split: str = ""
    extra: Literal["refuse", "ignore"] = "refuse"
    decoder: DecoderName = ""
    sequence: str = ""
    time: str = ""
    time_offset: str = ""
    slot: str = ""
    segment: Decimal = Decimal(0)
    observations: tuple[ObservationRule, ...] = ()
    waveforms: tuple[WaveformRule, ...] = ()
    event: str = ""


class BleLink(_Table, frozen=True, kw_only=True, tag="ble", tag_field="type"):
    """Bluetooth LE: the service, and whether the device talks only to a bonded peer."""

    service: str
    pairing: Literal["none", "bond"] = "none"


class SyncBitFraming(_Table, frozen=True, kw_only=True, tag="sync-bit", tag_field="type"):
    """Packets of one length; only the first octet has the bits of `mask` set."""

    part: Slug
    length: Annotated[int, msgspec.Meta(ge=1, le=255)]
    mask: int = 0x80


class DelimitedFraming(_Table, frozen=True, kw_only=True, tag="delimited", tag_field="type"):
    """Packets that end in the octets `end` (hex), which are not part of them."""

    part: Slug
    end: str
    longest: Annotated[int, msgspec.Meta(ge=1, le=65536)] = 4096


class SerialLink(_Table, frozen=True, kw_only=True, tag="serial", tag_field="type"):
    """A serial line: its settings and how packets are found in it.

    Attributes:
        silence: seconds without a packet after which the device counts as gone.
    """

    baud: int
    framing: SyncBitFraming | DelimitedFraming
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    silence: Decimal = Decimal(5)


class ModbusLink(_Table, frozen=True, kw_only=True, tag="modbus", tag_field="type"):
    """Modbus over RTU or TCP; which of them, and where, the configuration says.

    Attributes:
        unit: the device's default address, 1-247.
        timeout: seconds to wait for an answer.
        quiet: seconds of silence on an RTU line after a time-out.
    """

    unit: Annotated[int, msgspec.Meta(ge=1, le=247)] = 1
    baud: int = 9600
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    timeout: Decimal = Decimal(1)
    quiet: Decimal = Decimal("0.2")


class SharedLink(_Table, frozen=True, kw_only=True, tag="shared", tag_field="type"):
    """No device of its own: values that many devices have, such as the battery level."""


class Identify(_Table, frozen=True, kw_only=True):
    """By what a device is recognised when it shows up.

    Attributes:
        services: advertised service UUIDs.
        names: advertised names, `*` for any rest.
        usb: USB `vendor:product`, hex.
    """

    services: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    usb: tuple[str, ...] = ()


class RacpRecords(_Table, frozen=True, kw_only=True, tag="racp", tag_field="type"):
    """Stored records are read over the Record Access Control Point.

    Attributes:
        control: the part that is the control point.
        measurement: the part that carries the records.
        also: further parts that come with them, such as a context.
    """

    control: Slug
    measurement: Slug
    also: tuple[Slug, ...] = ()


class Write(_Table, frozen=True, kw_only=True):
    """Octets written to a part, and the field values that its answer must have.

    Attributes:
        part: the part.
        octets: hex.
        answer: field name to raw value; empty when no answer is expected.
    """

    part: Slug
    octets: str
    answer: Mapping[Name, int] = {}


class DeviceClock(_Table, frozen=True, kw_only=True):
    """How the device's clock is read.

    Attributes:
        read: the part that tells it.
    """

    read: Slug


class Spec(_Table, frozen=True, kw_only=True):
    """One kind of device.

    Attributes:
        format: of this language.
        device: the spec's name, the file's name without `.toml`.
        title: what a person reads.
        aliases: other names under which a technician may know the device or its profile.
        sources: key to document; parts and fields refer to it.
        link: the wire.
        identify: how it is recognised.
        parts: by name.
        records: how stored records are read.
        clock: how its clock is read.
        start, stop: what is written after connecting, and before letting go.
        quirks: what a technician must know, each with its source.
        synonyms: names that vectors from outside use, to ours: `field`, `field.raw`, `field.unit`,
            `field.raw_unit`, `field.text`, `field.0` (the first of a list), `field.year` (of a
            date; also `month`, `day`, `h`, `m`, `s`), or `device_time`, `sequence`, `slot`; of
            several the first that is there.
    """

    format: Literal[1]
    device: Slug
    title: Title
    sources: Mapping[str, str]
    link: BleLink | SerialLink | ModbusLink | SharedLink
    parts: Mapping[Slug, Part]
    aliases: tuple[str, ...] = ()
    identify: Identify = Identify()
    records: RacpRecords | None = None
    clock: DeviceClock | None = None
    start: tuple[Write, ...] = ()
    stop: tuple[Write, ...] = ()
    quirks: tuple[str, ...] = ()
    synonyms: Mapping[str, str | tuple[str, ...]] = {}


class LoadedSpec(msgspec.Struct, frozen=True):
    """A checked spec and the digest of the text it came from.

    Attributes:
        spec: the spec.
        digest: SHA-256 of the file's octets, 64 hex digits.
        origin: where it was found, for messages.
    """

    spec: Spec
    digest: str
    origin: str

    @property
    def ref(self) -> str:
        """How frames name it: device and the digest's first 12 digits."""
        return f"{self.spec.device}@{self.digest[:12]}"
