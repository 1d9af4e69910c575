"""The configuration as values: these types are the file's format; its JSON Schema is made here.

A key is one attribute; what an attribute's default does is said beside it. Secrets are only named
(`…_file`), and the devices' identities are not here: they are in the store's registry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Alias = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=32,
        description="small letters, digits and -, like cuff-1",
    ),
]
TopicLevel = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="letters, digits, - and _ in quotes, first a letter or digit, at most 63",
    ),
]
TwoDigits = Annotated[str, Meta(pattern="^[0-9]{2}$", description="two digits in quotes")]
ThreeDigits = Annotated[str, Meta(pattern="^[0-9]{3}$", description="three digits in quotes")]
BrokerUrl = Annotated[
    str,
    Meta(
        pattern=r"^mqtts?://[^/@:\s]+(:[0-9]{1,5})?$",
        description="mqtt://HOST[:PORT] or mqtts://HOST[:PORT]",
    ),
]
HostPort = Annotated[
    str, Meta(pattern=r"^[^/@:\s]+:[0-9]{1,5}$", description="HOST:PORT, such as 10.0.0.7:502")
]
Address = Annotated[
    str,
    Meta(
        pattern="^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$",
        description="a Bluetooth address, like A4:C1:38:00:00:01",
    ),
]
AdapterName = Annotated[
    str,
    Meta(
        pattern=r"^(hci[0-9]+|virtual:tcp:[^:\s]+:[0-9]{1,5})$",
        description="hci0 or virtual:tcp:HOST:PORT",
    ),
]
Baud = Annotated[int, Meta(ge=300, le=4_000_000, description="bits a second, 300-4000000")]
NotNegative = Annotated[float, Meta(ge=0, description="a number, not below 0")]
Hour = Annotated[int, Meta(ge=0, le=24, description="an hour, 0-24")]
Megabytes = Annotated[int, Meta(ge=1, le=1_000_000, description="megabytes, 1-1000000")]
Days = Annotated[float, Meta(gt=0, le=3_650, description="days, at most 3650")]
PastDays = Annotated[float, Meta(ge=0, le=366, description="days, 0-366")]
UnitAddress = Annotated[int, Meta(ge=1, le=247, description="a Modbus unit, 1-247")]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are refused."""


class Gateway(Section, frozen=True, kw_only=True):
    """[gateway]: this box.

    Attributes:
        name: of this gateway, a level of its topics; names nobody.
        zone: IANA time zone in which devices' naive clocks are read.
        state_dir: folder of the buffer, the lock and the control socket.
        specs_dir: folder of further firmware specs; "" for none.
        mains: frequency of the mains in hertz, which is taken out of an ECG before it is judged.
        control_group: Unix group that may use the control socket beside the agent's own user and
            root; "" for none.
    """

    name: TopicLevel
    zone: str
    state_dir: str = "/var/lib/edge-agent"
    specs_dir: str = ""
    mains: Literal[50, 60] = 50
    control_group: str = ""


class Region(Section, frozen=True, kw_only=True):
    """[region]: where its records belong, and in what form they go there.

    Attributes:
        province, city, county: two digits each of GB/T 2260; zeros where there is none.
        township: three digits of GB/T 10114.
        village: three digits of the statistics bureau.
        site: the clinic or home, a level of the topics; names nobody.
        root: first level of the topics.
        unbound: what is measured while nobody is bound to the device is sent without a
            subject, or held until there is one.
        form: of the records: the model's compact JSON, or FHIR R4.
        release: a row leaves the buffer on the region's receipt, or, where the region gives
            none, on the broker's PUBACK.
        command_keys_file: public keys (lines `NAME BASE64`) of those whose commands are taken; "":
            nobody's are.
        carry_key_file: the region's public key (a line `NAME BASE64`) to which `edge-agent export`
            seals what it writes on a stick; "" for none.
    """

    site: TopicLevel
    province: TwoDigits = "00"
    city: TwoDigits = "00"
    county: TwoDigits = "00"
    township: ThreeDigits = "000"
    village: ThreeDigits = "000"
    root: TopicLevel = "edge"
    unbound: Literal["send", "hold"] = "send"
    form: Literal["compact", "fhir"] = "compact"
    release: Literal["receipt", "puback"] = "receipt"
    command_keys_file: str = ""
    carry_key_file: str = ""


class Broker(Section, frozen=True, kw_only=True):
    """[broker]: how the region's broker is reached.

    Attributes:
        url: mqtts:// is TLS; without a port, 8883 and 1883.
        ca_file: PEM of the authorities to trust; "" for the system's.
        cert_file, key_file: the gateway's own certificate and key, PEM.
        username: "" for none.
        password_file: file that holds the password and nothing else.
        compress: what has waited, or all messages that gain by it: a quarter to a half of the
            octets, but live messages are no plain JSON any more.
        megabytes_a_day: that the link may carry, both ways, counted by the kernel; 0 for any
            number. History waits when four fifths are gone, all but alarms and results at the end.
        cost_a_day, cost_per_megabyte: the same in money; the lesser of the two budgets holds.
        history_hours: from which hour to which (exclusive) of the day what has waited may be
            sent, such as [22, 6]; all day when left out.
    """

    url: BrokerUrl
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username: str = ""
    password_file: str = ""
    compress: Literal["history", "all"] = "history"
    megabytes_a_day: NotNegative = 0.0
    cost_a_day: NotNegative = 0.0
    cost_per_megabyte: NotNegative = 0.0
    history_hours: tuple[Hour, Hour] | None = None


class Buffer(Section, frozen=True, kw_only=True):
    """[buffer]: how much the buffer may hold; the defaults suit a card of 16 GB.

    Alarms, results and observations are never evicted within the quota; waveforms are thinned
    before they go, and whatever is evicted is told upward as a gap.

    Attributes:
        quota_mb: size of the file, in megabytes (1,000,000 octets), like all that follow.
        floor_mb: of the disk, left to others: below it the file does not grow.
        reserve_mb: of a reserve file, given up on a full disk so that the buffer can be drained.
        waveform_mb, telemetry_mb: of waveforms and of telemetry that wait.
        held_mb: of what waits for its subject; only waveforms and telemetry of it yield.
        quarantine_mb: of records that could not be sent.
        waveform_days, telemetry_days: how long they may wait.
        past_days: how long a copy of each blood pressure and glucose reading stays on the box when
            the region has it, for `edge-agent trend`; 0 for none.
    """

    quota_mb: Megabytes = 4_000
    floor_mb: Megabytes = 200
    reserve_mb: Megabytes = 8
    waveform_mb: Megabytes = 2_500
    telemetry_mb: Megabytes = 100
    held_mb: Megabytes = 500
    quarantine_mb: Megabytes = 50
    waveform_days: Days = 30
    telemetry_days: Days = 7
    past_days: PastDays = 90


class Ble(Section, frozen=True, kw_only=True):
    """[ble]: the radio.

    Attributes:
        adapter: BlueZ's adapter, or a simulated clinic's radio.
        connections: how many devices it can hold at once; a radio's limit is nowhere written, so
            `edge-agent status` shows how many it holds.
    """

    adapter: AdapterName = "hci0"
    connections: Annotated[int, Meta(ge=1, le=64, description="a number, 1-64")] = 7


class Line(Section, frozen=True, kw_only=True):
    """[[line]]: an RS-485 line that several Modbus devices share, or a gateway to one.

    Attributes:
        name: as devices refer to it.
        port: serial port (RTU), best a name of /dev/serial/by-id; or
        host: HOST:PORT (TCP).
        baud, parity, stop_bits: of the line; as the devices' specs say when left out.
    """

    name: Alias
    port: str = ""
    host: HostPort | None = None
    baud: Baud | None = None
    parity: Literal["none", "even", "odd"] | None = None
    stop_bits: Literal[1, 2] | None = None


class Device(Section, frozen=True, kw_only=True):
    """[[device]]: one device and where it is.

    Attributes:
        alias: its name on screens and in logs; names nobody.
        spec: name of its firmware spec, or one of the spec's aliases.
        address: BLE: its identity address; or
        name: BLE: the name it advertises.
        port: serial and Modbus RTU: the port, best a name of /dev/serial/by-id; Modbus devices
            of one port share it, with the settings of their specs.
        line: Modbus: name of a [[line]]; or
        host: Modbus TCP: HOST:PORT of the device itself.
        unit: Modbus: its address; as the spec says when left out.
        replay: instead of any wire: a capture file that is played.
        record: a capture file to write, anew at each start and up to 16 MB, of all that comes;
            "" for none. Private fields are blanked in it.
        cold_chain: what is kept in it, a profile of the cold chain such as `vaccine`; its limits
            are watched, and every time out of them is on record; "" for nothing.
        consent_file: file with the consent codes of a scale's users, a line `NUMBER CODE` each;
            "" for none.
        asset_tag: what is written on it; Modbus, plain serial and replayed devices must have
            one, for it is their identity.
    """

    alias: Alias
    spec: str
    address: Address | None = None
    name: str = ""
    port: str = ""
    line: str = ""
    host: HostPort | None = None
    unit: UnitAddress | None = None
    replay: str = ""
    record: str = ""
    cold_chain: str = ""
    consent_file: str = ""
    asset_tag: str = ""


class Robot(Section, frozen=True, kw_only=True):
    """[[robot]]: a dispensing robot that speaks WWKS 2.0 over TCP.

    Attributes:
        alias: its name on screens and in logs; names nobody.
        host: HOST:PORT; robots listen on 6050, behind a router on 6053.
        asset_tag: what is written on it; orders name it so.
    """

    alias: Alias
    host: HostPort
    asset_tag: Annotated[str, Meta(min_length=1, description="a text in quotes")]


class Log(Section, frozen=True, kw_only=True):
    """[log]: what is told on standard error.

    Attributes:
        level: the least that is told.
        form: JSON lines, or text for people; `auto` is text on a terminal.
        libraries: tell the libraries' own words too; they may hold addresses and octets.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["auto", "json", "text"] = "auto"
    libraries: bool = False


_TABLES = {"lines": "line", "devices": "device", "robots": "robot", "limits": "buffer"}


class Config(Section, frozen=True, kw_only=True, rename=_TABLES):
    """The whole file; paths in it are absolute."""

    gateway: Gateway
    region: Region
    broker: Broker
    limits: Buffer = Buffer()
    ble: Ble = Ble()
    lines: tuple[Line, ...] = ()
    devices: tuple[Device, ...] = ()
    robots: tuple[Robot, ...] = ()
    log: Log = Log()

    @property
    def state_dir(self) -> Path:
        """The folder of all that is kept."""
        return Path(self.gateway.state_dir)

    @property
    def buffer(self) -> Path:
        """The store's file."""
        return self.state_dir / "buffer.sqlite"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the file, for editors."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return head | msgspec.json.schema(Config)
