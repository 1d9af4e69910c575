"""What may be asked of a running agent over its control socket, and what it answers.

One JSON object a line each way: `{"command": "bind", "alias": "cuff", "subject": "s-17"}` and
`{"ok": {…}}` or `{"error": "…"}`. The answers' types are what `--json` prints.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge_agent.model.bindings import Binding
from edge_agent.model.buffer import Aside, Findings, Usage
from edge_agent.model.records import Lane


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="command"):
    """A request; the command's name says which."""


class Status(_Asked, frozen=True, tag="status"):
    """How is the agent?"""


class Devices(_Asked, frozen=True, tag="devices"):
    """How is each configured device?"""


class Scan(_Asked, frozen=True, tag="scan"):
    """Who is on the air? The agent's own radio listens for `seconds`."""

    seconds: float = 5.0


class Pair(_Asked, frozen=True, tag="pair"):
    """Bond with a device, and drive it from now on.

    Attributes:
        address: its Bluetooth address, as a scan tells it.
        spec: name of its spec; "" for the one that fits.
        alias: what it will be called; "" for the spec's name, with a number if that is taken.
    """

    address: str
    spec: str = ""
    alias: str = ""


class Passkey(_Asked, frozen=True, tag="passkey"):
    """The six digits that the device shows, which is being paired."""

    passkey: Annotated[int, msgspec.Meta(ge=0, le=999_999)]


class Unpair(_Asked, frozen=True, tag="unpair"):
    """Drive a paired device no more, and forget its bond."""

    alias: str


class Bonds(_Asked, frozen=True, tag="bonds"):
    """With which devices has the radio exchanged keys?"""


class Unbond(_Asked, frozen=True, tag="unbond"):
    """Forget the keys of a device that is none of the agent's."""

    address: str


class Buffer(_Asked, frozen=True, tag="buffer"):
    """What waits in the buffer?"""


class Fsck(_Asked, frozen=True, tag="fsck"):
    """Is all of the buffer what was written? It is read from end to end."""


class Quarantine(_Asked, frozen=True, tag="quarantine"):
    """What could not be sent?

    Attributes:
        row: number of the one that is wanted whole; 0 for a list of all of them.
        after: number after which the list goes on.
    """

    row: int = 0
    after: int = 0


class Requeue(_Asked, frozen=True, tag="requeue"):
    """Send what could not be sent once more.

    Attributes:
        rows: their numbers in quarantine.
    """

    rows: tuple[int, ...]


class LetGo(_Asked, frozen=True, tag="let-go"):
    """The region has these; its receipt was carried here and is verified.

    Attributes:
        epoch: of the buffer that they are of.
        lane: the lane.
        ranges: of sequences, both ends included, ascending.
    """

    epoch: str
    lane: Lane
    ranges: tuple[tuple[int, int], ...]


class Bindings(_Asked, frozen=True, tag="bindings"):
    """Whose is which device now?"""


class VerifyAudit(_Asked, frozen=True, tag="verify-audit"):
    """Is the audit chain whole?"""


class Bind(_Asked, frozen=True, tag="bind"):
    """From now on, or from `since`, a device's readings are a subject's.

    Attributes:
        alias: the device's.
        subject: opaque reference of the region.
        slot: only of this user number of the device.
        how: `pairing`, `health-code`, `card`, `staff`, `slot`.
        since: ISO 8601 with zone; "" for now.
    """

    alias: str
    subject: str
    slot: str = ""
    how: str = "staff"
    since: str = ""


class Unbind(_Asked, frozen=True, tag="unbind"):
    """From now on a device's readings are nobody's."""

    alias: str
    slot: str = ""


class Orders(_Asked, frozen=True, tag="orders"):
    """What is in the dispensers, and which orders must a person settle?"""


class SettleOrder(_Asked, frozen=True, tag="settle-order"):
    """A person says what became of an order that nobody could tell.

    Attributes:
        order: the command's id.
        outcome: `done`, `partial` or `not-done`.
        who: says so.
        count: packs that came out: of a part, or more than were ordered.
    """

    order: str
    outcome: str
    who: str
    count: int = 0


class LoadChannel(_Asked, frozen=True, tag="load-channel"):
    """Somebody put medicine into a channel of a dispenser.

    Attributes:
        alias: the dispenser's.
        channel: from 1.
        drug: code, as orders name it.
        batch: of the packs.
        expires: the last day on which they may be given, ISO 8601.
        who: put it in.
    """

    alias: str
    channel: int
    drug: str
    batch: str
    expires: str
    who: str


class TrustRegisters(_Asked, frozen=True, tag="trust-registers"):
    """A dispenser was repaired or reset: its counters are right as they are.

    Attributes:
        alias: the dispenser's.
        who: says so.
    """

    alias: str
    who: str


Request = (
    Status
    | Devices
    | Scan
    | Pair
    | Passkey
    | Unpair
    | Bonds
    | Unbond
    | Buffer
    | Fsck
    | Quarantine
    | Requeue
    | LetGo
    | Bindings
    | VerifyAudit
    | Bind
    | Unbind
    | Orders
    | SettleOrder
    | LoadChannel
    | TrustRegisters
)


class TaskState(msgspec.Struct, frozen=True):
    """A supervised task: how often it was started again, and the kind of its last failure."""

    name: str
    restarts: int
    failure: str


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


class BufferReply(msgspec.Struct, frozen=True):
    """The buffer.

    Attributes:
        lanes: the most important first.
        epoch: its name; sequences count within it.
        usage: of the file and the disk.
        in_flight: messages that the broker has not confirmed; None when no agent runs.
        unreceipted: rows that were sent and have no receipt; None when no agent runs.
    """

    lanes: tuple[LaneReply, ...]
    epoch: str
    usage: Usage
    in_flight: int | None = None
    unreceipted: int | None = None


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
    | OrdersReply
)
