"""A link that does what a test says."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import LinkError, LinkLostError, LinkRefusedError
from edge_agent.model.seams import Capture, Clock, Missed
from edge_drivers.links.captures import Captures


class ScriptedLink:
    """A link whose octets the test puts in.

    Attributes:
        acknowledged: parts and octets whose durability the device was told of.
        written: what was written.
        answers: what is read of each part.
    """

    def __init__(self, clock: Clock, *, refusal: LinkError | None = None) -> None:
        self.acknowledged: list[bytes] = []
        self.written: list[tuple[str, bytes]] = []
        self.answers: dict[str, bytes] = {}
        self.closed = 0
        self.captures = Captures(clock)
        self._refusal = refusal

    def put(self, part: str, *octets: bytes) -> None:
        """Octets come in."""
        for string in octets:
            self.captures.put(part, string)

    def lose(self) -> None:
        """The wire goes."""
        self.captures.end(LinkLostError("cut"))

    async def open(self) -> None:
        if self._refusal:
            raise self._refusal

    async def identity(self) -> DeviceIdentity:
        return DeviceIdentity(serial="S1")

    async def close(self) -> None:
        self.closed += 1
        self.captures.end(LinkLostError("closed"))

    async def receive(self) -> Sequence[Capture | Missed]:
        return await self.captures.take()

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        self.acknowledged += [capture.octets for capture in captures]

    async def read(self, part: str) -> bytes:
        if part not in self.answers:
            raise LinkRefusedError(f"there is no {part}")
        return self.answers[part]

    async def write(self, part: str, octets: bytes) -> None:
        self.written.append((part, octets))
