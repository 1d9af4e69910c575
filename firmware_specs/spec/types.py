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

from firmware_specs.spec.dispensing import Dispensing
from firmware_specs.spec.fields import Field
from firmware_specs.spec.kinds import Kind
from firmware_specs.spec.rules import ObservationRule, WaveformRule
from firmware_specs.spec.table import Condition, Name, Slug, Table
from firmware_specs.spec.wires import (
    BleWire,
    Framing,
    ModbusWire,
    Registers,
    SerialWire,
    SharedWire,
)

Kept = Literal["stored", "acknowledged", "live"]


class Title(Table, frozen=True, kw_only=True):
    """What a person reads."""

    en: str
    zh: str


class Identify(Table, frozen=True, kw_only=True):
    """By what a device is recognised when it shows up.

    Attributes:
        services: advertised service UUIDs.
        names: advertised names, `*` for any rest.
        usb: USB `vendor:product`, hex.
    """

    services: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    usb: tuple[str, ...] = ()


class Part(Table, frozen=True, kw_only=True):
    """One octet string of one meaning.

    Attributes:
        title: what it is.
        aliases: other names under which a technician may know it.
        source: document and clause (a key of `Spec.sources` and a place in it).
        within: the part whose octets carry this one; it has no place of its own on the wire.
        when: of a part `within` another: it is the other's field `payload` then, and is decoded
            with it. Without it the part is only for people to decode.
        service: UUID of the service, where it is not the link's (BLE).
        characteristic: UUID, 4 or 36 characters (BLE).
        access: how it moves (BLE).
        instead_of: the part that a device need not send beside this one, which says the same and
            more: who has both is listened to for this one only (BLE).
        every: seconds between reads of what is read from a device that stays connected, the first
            at once; 0 for what is read only when somebody asks (BLE).
        framing: how packets are found, where one is spread over several notifications (BLE).
        packet: whether a packet of the line is this part (serial).
        registers: which registers (Modbus).
        kept: whether the device keeps it until told (`stored`: can be read again;
            `acknowledged`: sent again until we say it is durable; `live`: gone once sent).
        unfetched: why what the device keeps is not fetched, where `[records]` does not do it.
        byte_order: of fields of several octets, `little` unless said; registers are always big.
        fields: in the order of the octets.
        split: the first field, when it says the length of a record, itself included, and several
            records may follow one another in one octet string.
        record: octets of a record, where several of them follow one another in one octet string.
        extra: octets after the last field: `refuse`, or `ignore` (the spec says "reserved").
        decoder: reads the octets instead of `fields`, where those cannot say it; the rest of the
            part speaks of the fields that it gives (`firmware_specs.spec.vocabulary`).
        sequence, time, time_offset, slot: fields that name and date the reading; the offset is
            in minutes and is added to `time`.
        facing: the field with the time that the user saw, where it is another than `time`: it dates
            the reading, and `time` names it.
        since: instead of `time`: the part, read before the records, that tells from when
            `time_offset` counts; it names the record too.
        segment: seconds of a stream stored as one frame, with the last observation of each kind
            and channel in it; 0 stores each octet string alone.
        observations, waveforms: what it means.
        event: its name when it is (also) something else, such as `racp-response`.
    """

    title: str
    source: str
    aliases: tuple[str, ...] = ()
    within: str = ""
    when: Condition = ""
    service: str = ""
    characteristic: str = ""
    access: Literal["", "notify", "indicate", "read", "write", "write-indicate"] = ""
    instead_of: str = ""
    every: Decimal = Decimal(0)
    framing: Framing | None = None
    packet: bool = False
    registers: Registers | None = None
    kept: Kept = "live"
    unfetched: str = ""
    byte_order: Literal["", "little", "big"] = ""
    fields: tuple[Field, ...] = ()
    split: str = ""
    record: Annotated[int, msgspec.Meta(ge=0)] = 0
    extra: Literal["refuse", "ignore"] = "refuse"
    decoder: str = ""
    sequence: str = ""
    time: str = ""
    time_offset: str = ""
    facing: str = ""
    since: str = ""
    slot: str = ""
    segment: Decimal = Decimal(0)
    observations: tuple[ObservationRule, ...] = ()
    waveforms: tuple[WaveformRule, ...] = ()
    event: str = ""

    @property
    def order(self) -> Literal["little", "big"]:
        """The byte order of fields of several octets."""
        return "big" if self.registers else self.byte_order or "little"


class RacpRecords(Table, frozen=True, kw_only=True, tag="racp", tag_field="type"):
    """Stored records are read over the Record Access Control Point.

    Attributes:
        control: the part that is the control point.
        measurement: the part that carries the records.
        also: further parts that come with them, such as a context.
        optional: whether a device may be without: then one that refuses has no records.
    """

    control: Slug
    measurement: Slug
    also: tuple[Slug, ...] = ()
    optional: bool = False


class AskedRecords(Table, frozen=True, kw_only=True, tag="asked", tag_field="type"):
    """Stored records of a device on a serial line that gives them when it is asked.

    Attributes:
        talk: what is said to it and understood (`firmware_specs.spec.vocabulary`).
        measurement: the part that a record is.
    """

    talk: str
    measurement: Slug


class Write(Table, frozen=True, kw_only=True):
    """Octets written to a part, and the field values that its answer must have.

    Attributes:
        part: the part.
        octets: hex.
        answer: field name to raw value; empty when no answer is expected.
        answered: the part in which the answer comes, where it is another.
        every: of what is written after connecting: seconds until it is written again, 0 for once.
    """

    part: Slug
    octets: str
    answer: Mapping[Name, int] = {}
    answered: str = ""
    every: Decimal = Decimal(0)


class ClockSetting(Table, frozen=True, kw_only=True):
    """One way to set the device's clock.

    Attributes:
        part: the part that is written.
        form: the octets: a Date Time of 7, or a Current Time of 10 (GSS).
        before: hex of the octets that stand before it.
    """

    part: Slug
    form: Literal["date-time", "current-time"]
    before: str = ""


class Users(Table, frozen=True, kw_only=True):
    """A device that tells a user's measurements only to who has the user's consent (UDS 1.1).

    Attributes:
        control: the part that is the User Control Point.
    """

    control: Slug


class DeviceClock(Table, frozen=True, kw_only=True):
    """How the device's clock is read and set.

    It is set only after it was read and what the device had stored was fetched, and only by a
    gateway that knows the time itself.

    Attributes:
        read: the part that tells it.
        tolerance: seconds that it may be wrong without being set.
        settings: the ways to set it, tried in this order until one is not refused; none where it
            must not be set.
    """

    read: Slug
    tolerance: Decimal = Decimal(60)
    settings: tuple[ClockSetting, ...] = ()


class Spec(Table, frozen=True, kw_only=True):
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
        kinds: kinds of value that the code table lacks, by name.
        records: how stored records are read.
        clock: how its clock is read.
        users: how its users' consent is told.
        dispensing: how orders are given to a dispenser.
        start, stop: what is written after connecting, and before letting go.
        quirks: what a technician must know, each with its source.
    """

    format: Literal[1]
    device: Slug
    title: Title
    sources: Mapping[str, str]
    link: BleWire | SerialWire | ModbusWire | SharedWire
    parts: Mapping[Slug, Part]
    kinds: Mapping[Slug, Kind] = {}
    aliases: tuple[str, ...] = ()
    identify: Identify = Identify()
    records: RacpRecords | AskedRecords | None = None
    clock: DeviceClock | None = None
    users: Users | None = None
    dispensing: Dispensing | None = None
    start: tuple[Write, ...] = ()
    stop: tuple[Write, ...] = ()
    quirks: tuple[str, ...] = ()

    @property
    def packet(self) -> str:
        """The part that a packet of the serial line is; "" on other wires."""
        return next((name for name, part in self.parts.items() if part.packet), "")


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
