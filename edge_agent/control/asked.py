"""What may be asked of a running agent over its control socket: one JSON object a line.

`{"command": "bind", "alias": "cuff", "subject": "s-17"}`
"""

from __future__ import annotations

from typing import Annotated

import msgspec

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


class Readings(_Asked, frozen=True, tag="readings"):
    """Which readings of a device's blood pressure or glucose does the box still have?

    Attributes:
        alias: the device's.
        after: where the last reply ended.
    """

    alias: str
    after: int = 0


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
    | Readings
    | Orders
    | SettleOrder
    | LoadChannel
    | TrustRegisters
)
