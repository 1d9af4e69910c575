"""What may be asked of a running agent over its control socket, and what it answers.

One JSON object a line each way: `{"command": "bind", "alias": "cuff", "subject": "s-17"}` and
`{"ok": {…}}` or `{"error": "…"}`. The answers' types are what `--json` prints.
"""

from __future__ import annotations

import msgspec

from edge_agent.model.bindings import Binding


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="command"):
    """A request; the command's name says which."""


class Status(_Asked, frozen=True, tag="status"):
    """How is the agent?"""


class Devices(_Asked, frozen=True, tag="devices"):
    """How is each configured device?"""


class Scan(_Asked, frozen=True, tag="scan"):
    """Who is on the air? The agent's own radio listens for `seconds`."""

    seconds: float = 5.0


class Buffer(_Asked, frozen=True, tag="buffer"):
    """What waits in the buffer?"""


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


Request = Status | Devices | Scan | Buffer | Bindings | VerifyAudit | Bind | Unbind


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
    """

    alias: str
    spec: str
    device: str
    link: str = ""
    detail: str = ""
    frames: int = 0
    malformed: int = 0
    last: str = ""


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
        alias: of the configured device that it is; "" for none.
        fits: specs that know it.
    """

    address: str
    name: str
    rssi: int
    alias: str
    fits: tuple[Fit, ...]


class ScanReply(msgspec.Struct, frozen=True):
    """All that was heard, the strongest first."""

    seen: tuple[Seen, ...]


class LaneReply(msgspec.Struct, frozen=True):
    """A lane of the buffer.

    Attributes:
        lane: which.
        rows, octets: that wait.
        last: the last sequence ever given.
        oldest: wall time of what waits longest, ISO 8601; "" for nothing, or when it is not known.
    """

    lane: str
    rows: int
    octets: int
    last: int
    oldest: str = ""


class BufferReply(msgspec.Struct, frozen=True):
    """The buffer: its lanes, and the size of its file in octets."""

    lanes: tuple[LaneReply, ...]
    octets: int


class BindingsReply(msgspec.Struct, frozen=True):
    """The bindings that hold, or those that a request made or ended.

    Attributes:
        released: how many frames that were held back are on their way now.
    """

    bindings: tuple[Binding, ...]
    released: int = 0


class AuditReply(msgspec.Struct, frozen=True):
    """The audit chain is whole.

    Attributes:
        entries: how many it has.
        digest: of the last, 64 hex digits: who wrote it down notices when entries are cut off.
    """

    entries: int
    digest: str


Reply = StatusReply | DevicesReply | ScanReply | BufferReply | BindingsReply | AuditReply
