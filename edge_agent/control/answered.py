"""What a running agent answers over its control socket, one JSON object a line.

`{"ok": {…}}` or `{"error": "…"}`; what is within `ok` is also what `--json` prints.
"""

from __future__ import annotations

import msgspec

from edge_agent.control.readings import ReadingsReply
from edge_agent.model.bindings import Binding
from edge_agent.model.buffer import Aside, Findings, Usage


class TaskState(msgspec.Struct, frozen=True):
    """A supervised task: how often it was started again, and the kind of its last failure."""

    name: str
    restarts: int
    failure: str


class SignalAdvice(msgspec.Struct, frozen=True):
    """What a person can do about a lead whose latest window is poor.

    Attributes:
        alias: the device's.
        lead: as it is written on paper, such as `V1`.
        reasons: what is wrong, the worst first.
        en, zh: what to do about the worst.
    """

    alias: str
    lead: str
    reasons: tuple[str, ...]
    en: str
    zh: str

    def __str__(self) -> str:
        return f"{self.alias}, {self.lead}: {self.en} / {self.zh}"


class StatusReply(msgspec.Struct, frozen=True):
    """How the agent is.

    Attributes:
        gateway, site: its name and place.
        process: its process id.
        seconds: since it started.
        broker: `connected`, or why not.
        receipt: seconds since the region's last receipt, None before the first.
        waiting: rows in the buffer that the region has not got.
        clock: source of the wall time: `ntp`, `system`, ….
        clock_uncertainty: of the wall time, in seconds.
        devices: how many are configured.
        connected: how many of them are connected.
        tasks: all that is supervised.
        radio: None where no device needs one.
        warnings: what a person should look after, a sentence each.
        carried: octets that the link to the broker has carried today, both ways.
        advice: about signals that are poor now.
    """

    gateway: str
    site: str
    process: int
    seconds: float
    broker: str
    receipt: float | None
    waiting: int
    clock: str
    clock_uncertainty: float
    devices: int
    connected: int
    tasks: tuple[TaskState, ...]
    radio: RadioReply | None = None
    warnings: tuple[str, ...] = ()
    carried: int = 0
    advice: tuple[SignalAdvice, ...] = ()


class DeviceReply(msgspec.Struct, frozen=True):
    """A configured device.

    Attributes:
        alias, spec: as configured.
        device: its key, "" before it was ever met.
        link: `connecting`, `connected`, …; "" when no agent runs.
        detail: a sentence about the link.
        frames: how many frames it has given since the start.
        malformed: octet strings that could not be decoded since the start.
        last: wall time of the last frame, ISO 8601; "" for none since the start.
        age: seconds since then, None for none.
        connections: how often it was connected since the start.
        address: its Bluetooth address, "" for none.
        paired: whether it is here because it was paired, and not by the configuration.
        told: what goes on that a guard told a person of, such as `temperature-high`.
        advice: about its signals that are poor now.
    """

    alias: str
    spec: str
    device: str
    link: str = ""
    detail: str = ""
    frames: int = 0
    malformed: int = 0
    last: str = ""
    age: float | None = None
    connections: int = 0
    address: str = ""
    paired: bool = False
    told: tuple[str, ...] = ()
    advice: tuple[SignalAdvice, ...] = ()


class DevicesReply(msgspec.Struct, frozen=True):
    """All configured devices."""

    devices: tuple[DeviceReply, ...]


class Fit(msgspec.Struct, frozen=True):
    """A spec that fits a device on the air, and why."""

    spec: str
    why: str


class Seen(msgspec.Struct, frozen=True):
    """A device on the air.

    Attributes:
        address: its Bluetooth address.
        name: what it advertises.
        rssi: how strong, in dBm.
        alias: of the device of ours that it is; "" for none.
        fits: specs that know it.
        services: that it advertises, UUIDs of 4 or 36 characters.
    """

    address: str
    name: str
    rssi: int
    alias: str
    fits: tuple[Fit, ...]
    services: tuple[str, ...] = ()


class ScanReply(msgspec.Struct, frozen=True):
    """All that was heard, the strongest first."""

    seen: tuple[Seen, ...]


class PairReply(msgspec.Struct, frozen=True):
    """How pairing goes.

    Attributes:
        alias, spec: what it is called and described by.
        device: its key; "" while it shows a passkey that somebody has to type.
    """

    alias: str
    spec: str
    device: str = ""


class UnpairReply(msgspec.Struct, frozen=True):
    """It is driven no more; whether there was a bond to forget."""

    bond: bool


class BondReply(msgspec.Struct, frozen=True):
    """A bond: the device's address and name, and its alias if it is driven."""

    address: str
    name: str
    alias: str


class BondsReply(msgspec.Struct, frozen=True):
    """All bonds of the radio."""

    bonds: tuple[BondReply, ...]


class RadioReply(msgspec.Struct, frozen=True):
    """The radio: how many connections it has and may have, and how often it was helped.

    Attributes:
        name: `hci0`, ….
        connected, limit: connections.
        reconnect, restart_scan, power_cycle: how often a connection failed and was left to its
            device, the scan was started anew, the adapter was switched off and on.
    """

    name: str
    connected: int
    limit: int
    reconnect: int
    restart_scan: int
    power_cycle: int


class LaneReply(msgspec.Struct, frozen=True):
    """A lane of the buffer.

    Attributes:
        lane: which.
        rows, octets: that wait.
        first: the least sequence that waits, 0 for none.
        last: the last sequence ever given.
        oldest: wall time of what waits longest, ISO 8601; "" for nothing, or when it is not known.
    """

    lane: str
    rows: int
    octets: int
    last: int
    oldest: str = ""
    first: int = 0


class GapReply(msgspec.Struct, frozen=True):
    """Why there is nothing: of a device, or of rows that never come.

    Attributes:
        reason: a `GapReason`.
        since, until: wall times (ISO 8601); "" where they are not known, or there never was any.
        device: its key; "" where only rows of a lane are meant.
        part: of its spec; "" for all of them.
        lane: whose rows never come, "" for none.
        count: how many, None where that is not known.
    """

    reason: str
    since: str
    until: str
    device: str = ""
    part: str = ""
    lane: str = ""
    count: int | None = None


class BufferReply(msgspec.Struct, frozen=True):
    """The buffer.

    Attributes:
        lanes: the most important first.
        epoch: its name; sequences count within it.
        usage: of the file and the disk.
        in_flight: messages that the broker has not confirmed; None when no agent runs.
        unreceipted: rows that were sent and have no receipt; None when no agent runs.
        gaps: that wait to be sent, the latest first, a few; `usage` says how many there are.
    """

    lanes: tuple[LaneReply, ...]
    epoch: str
    usage: Usage
    in_flight: int | None = None
    unreceipted: int | None = None
    gaps: tuple[GapReply, ...] = ()


class FsckReply(msgspec.Struct, frozen=True):
    """What a look at all of the buffer found; all is well without problems."""

    findings: Findings


class QuarantineReply(msgspec.Struct, frozen=True):
    """Rows in quarantine, a page of them; or one, whole."""

    rows: tuple[Aside, ...]


class RequeueReply(msgspec.Struct, frozen=True):
    """What goes once more, and what stays as it is none of ours or cannot be read."""

    requeued: tuple[int, ...]
    refused: tuple[int, ...]


class BindingsReply(msgspec.Struct, frozen=True):
    """The bindings that hold, or those that a request made or ended.

    Attributes:
        released: how many frames that were held back are on their way now.
    """

    bindings: tuple[Binding, ...]
    released: int = 0


class LetGoReply(msgspec.Struct, frozen=True):
    """How many rows left the buffer."""

    rows: int


class AuditReply(msgspec.Struct, frozen=True):
    """The audit chain is whole.

    Attributes:
        entries: how many it has.
        digest: of the last, 64 hex digits: who wrote it down notices when entries are cut off.
    """

    entries: int
    digest: str


class ChannelReply(msgspec.Struct, frozen=True):
    """A channel of a dispenser.

    Attributes:
        alias: the dispenser's.
        channel: from 1.
        drug, batch, expires: as somebody said who loaded it; "" when nobody did.
        order: the order that is open on it, "" for none.
        amount: packs of that order.
        reason: what is not known of it.
    """

    alias: str
    channel: int
    drug: str
    batch: str
    expires: str
    order: str = ""
    amount: int = 0
    reason: str = ""


class OrdersReply(msgspec.Struct, frozen=True):
    """The channels of all dispensers that were ever loaded."""

    channels: tuple[ChannelReply, ...]


Reply = (
    StatusReply
    | DevicesReply
    | ScanReply
    | PairReply
    | UnpairReply
    | BondsReply
    | BufferReply
    | FsckReply
    | QuarantineReply
    | RequeueReply
    | LetGoReply
    | BindingsReply
    | AuditReply
    | ReadingsReply
    | OrdersReply
)
