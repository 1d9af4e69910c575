"""The Protocols at which the parts meet; whoever stands on one side knows nothing of the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from edge_agent.model.bindings import Binding
from edge_agent.model.buffer import Aside, Findings, Usage
from edge_agent.model.devices import DeviceIdentity, DeviceStatus, PairedDevice
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Lane, LaneState, Record

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


class Clock(Protocol):
    """Where instants come from: strictly increasing within a boot."""

    def now(self) -> Instant:
        """This moment; never the same twice."""
        ...


class Mark(msgspec.Struct, frozen=True):
    """A small durable fact about a device, such as the last record read from it.

    Attributes:
        device: the device's key.
        name: what it is, such as `racp` or `live:ecg`.
        value: its value as text.
    """

    device: str
    name: str
    value: str


class Deliver(Protocol):
    """The one seam of durability (law 1): it returns after the commit."""

    async def __call__(
        self, records: Sequence[Record], *, marks: Sequence[Mark] = (), urgent: bool = False
    ) -> None:
        """Make records durable, and marks in the same commit; on return they are.

        Args:
            records: in order; a device's order is kept.
            marks: move only with the commit that carries what they stand for.
            urgent: commit at once: alarms, and what the device cannot be asked for again.

        Raises:
            StoreFullError: no room; nothing of the batch was kept.
            StoreError: nothing of the batch was kept.
        """
        ...


class Marks(Protocol):
    """Reading back what earlier commits left."""

    async def mark(self, device: str, name: str) -> str | None:
        """The value of a mark, None before it was ever set."""
        ...


class PairedDevices(Protocol):
    """The registry of paired devices."""

    async def all(self) -> Sequence[PairedDevice]:
        """Every device, by alias."""
        ...

    async def save(self, device: PairedDevice) -> None:
        """Add a device, or replace the one of the same alias."""
        ...

    async def forget(self, alias: str) -> bool:
        """Remove a device; False when there is none of that alias."""
        ...


class Audit(Protocol):
    """The hash chain of what was done (law 4)."""

    async def append(self, event: Mapping[str, str], at: Instant) -> str:
        """Write an event down at once; returns its digest.

        Raises:
            StoreError: it was not written.
        """
        ...

    async def verify(self) -> tuple[int, str]:
        """Check the whole chain; returns how many entries it has and the digest of the last.

        Raises:
            StoreCorruptError: it names the first entry that is not what it was.
        """
        ...


class Quarantine(Protocol):
    """The rows that could not be sent."""

    async def rows(self, after: int = 0) -> Sequence[Aside]:
        """The next rows, without their payloads; go on after the last `id`."""
        ...

    async def row(self, number: int) -> Aside | None:
        """A row, whole; None when there is none of that number."""
        ...

    async def requeue(self, number: int) -> bool:
        """Send a row once more, under a new sequence; False when it is none that can be read."""
        ...


class StoredRecord(Protocol):
    """A record that waits for its subject, or a copy that stayed of one that left."""

    @property
    def sequence(self) -> int:
        """Its number among those."""
        ...

    @property
    def intact(self) -> bool:
        """Whether the payload is what was written."""
        ...

    @property
    def payload(self) -> bytes:
        """The record as `forms` encodes it."""
        ...


class Buffer(Marks, Protocol):
    """The home of all persistent state, as the agent's workflows see it.

    `deliver` is a `Deliver` that can also hold records back.
    """

    @property
    def epoch(self) -> str:
        """Its name: a lost or replaced buffer has another."""
        ...

    @property
    def devices(self) -> PairedDevices:
        """The registry of paired devices."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit chain."""
        ...

    @property
    def quarantine(self) -> Quarantine:
        """The rows that could not be sent."""
        ...

    async def deliver(
        self,
        records: Sequence[Record],
        *,
        marks: Sequence[Mark] = (),
        urgent: bool = False,
        held: Collection[str] = (),
        kept: Collection[str] = (),
    ) -> None:
        """As `Deliver`; records of the ids in `held` stay here until they are released.

        Of those in `kept` a copy stays, for a while, when they have left.
        """
        ...

    async def bindings(self) -> Sequence[Binding]:
        """All revisions of all bindings, in the order in which they were made."""
        ...

    async def clocks(self) -> Sequence[ClockMapping]:
        """The best clock mapping of each boot."""
        ...

    async def readings(self) -> Sequence[DeviceStatus]:
        """The last readings of each device's clock."""
        ...

    async def held(self, device: str, after: int = 0) -> Sequence[StoredRecord]:
        """The next records that wait for a device's subject; go on after the last `sequence`."""
        ...

    async def past(self, device: str, after: int = 0) -> Sequence[StoredRecord]:
        """The next copies that stayed of a device's frames; go on after the last `sequence`."""
        ...

    async def release(self, device: str, ids: Collection[str]) -> int:
        """Send these of what is held of a device; returns how many they were."""
        ...

    async def acknowledge(self, lane: Lane, ranges: tuple[tuple[int, int], ...]) -> int:
        """Delete rows that are in the region's record; returns how many there were."""
        ...

    async def state(self) -> Sequence[LaneState]:
        """How each lane is, the most important first."""
        ...

    async def usage(self) -> Usage:
        """How much it uses and what it costs the disk."""
        ...

    async def gaps(self, limit: int) -> Sequence[Gap]:
        """The gap records that wait to be sent, the latest first, at most so many."""
        ...

    async def check(self) -> Findings:
        """Look at all of it; takes as long as reading it does."""
        ...


class Capture(msgspec.Struct, frozen=True):
    """One octet string as it came off a wire.

    Attributes:
        part: the part of the spec that it is.
        octets: the string; private fields are still in it.
        at: when it was received.
    """

    part: str
    octets: bytes
    at: Instant


class Missed(msgspec.Struct, frozen=True):
    """What should have been an octet string of a part, and is none.

    Attributes:
        part: the part of the spec that has a hole there; "" when nobody can tell which.
        reason: `MALFORMED` where something else came, `DEVICE_SILENT` where no answer did,
            `OVERFLOW` where nobody took what came.
        at: when it came, or should have.
        octets: what came, as it came, private fields included; empty where nothing did.
        strings: how many octet strings of the part it stands for, as well as one can tell; 0 where
            none is missing, because it will be sent again.
        detail: a sentence for a technician.
        kind: what it is counted as, such as `ChecksumError`; "" for its reason.
    """

    part: str
    reason: GapReason
    at: Instant
    octets: bytes = b""
    strings: int = 1
    detail: str = ""
    kind: str = ""


class Link(Protocol):
    """The wire to one device: octets in and out, nothing decoded.

    A link is opened once and closed once; to connect again, a fresh one is made.
    """

    async def open(self) -> None:
        """Reach the device and listen to what its spec says it sends.

        Raises:
            LinkUnavailableError, LinkRefusedError: it cannot be reached.
        """
        ...

    async def identity(self) -> DeviceIdentity:
        """What the device says of itself and what the configuration says of it.

        Raises:
            LinkLostError, LinkTimeoutError: it did not say.
        """
        ...

    async def close(self) -> None:
        """Let go of it; never raises, may be called twice."""
        ...

    async def receive(self) -> Sequence[Capture | Missed]:
        """What came since the last call, in order, at least one; waits until there is one.

        What should have come and did not, or came and is no part of the spec, stands in its place
        among the captures.

        Raises:
            LinkLostError: the wire is gone and all that came before has been returned.
        """
        ...

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Tell the device that these are durable, where its protocol has words for it (law 1).

        Bluetooth LE, Modbus and plain serial lines have none: there it does nothing. ASTM's ACK
        and HL7's AA are sent here and nowhere else.
        """
        ...

    async def read(self, part: str) -> bytes:
        """Ask for one part.

        Raises:
            LinkLostError, LinkTimeoutError, LinkRefusedError: no answer.
            MalformedError: the answer is not that of the question.
        """
        ...

    async def write(self, part: str, octets: bytes) -> None:
        """Write one part, once: nothing below ever writes it again.

        Raises:
            LinkLostError, LinkTimeoutError: *unknown* whether it arrived.
            LinkRefusedError: the device refused it.
            MalformedError: the echo is not that of the request: *unknown* too.
        """
        ...


class Report(Protocol):
    """Where links tell how they are doing."""

    def __call__(self, status: DeviceStatus) -> None:
        """Take note; never blocks, never raises."""
        ...


class ReportMissed(Protocol):
    """Where drivers tell at once that live data could not be kept, so that a gap says so."""

    def __call__(self, part: str, at: Instant, reason: GapReason) -> None:
        """Take note; never blocks, never raises.

        Args:
            part: of the spec; "" when nobody can tell which.
            at: when the octets came, or should have.
            reason: why there is nothing.
        """
        ...


class Stage(Protocol[In, Out]):
    """A causal step of signal processing with a state; any split of the input gives one output."""

    def push(self, item: In, /) -> tuple[Out, ...]:
        """What can be said now that this has come too."""
        ...

    def gap(self, samples: int, /) -> tuple[Out, ...]:
        """So many samples are missing; negative when the count is unknown."""
        ...

    def flush(self) -> tuple[Out, ...]:
        """What can still be said at the end of the stream."""
        ...
