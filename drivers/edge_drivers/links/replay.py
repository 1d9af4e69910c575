"""Replaying a capture file: a `Link` without a wire, at the old pace or as fast as it is taken."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import (
    FileError,
    LinkLostError,
    LinkRefusedError,
    LinkUnavailableError,
)
from edge_agent.model.instants import Instant
from edge_agent.model.seams import Capture, Clock, Missed
from edge_drivers.links.capture_file import Line, load

NS = 1_000_000_000


class ReplayLink:
    """A `Link` that says what a file says, one octet string at a time, then is lost.

    Writes go nowhere: what the device answered then stands in the file where it came.

    Args:
        path: of the capture file.
        clock: dates the captures: they are received now.
        fast: as fast as they are taken, not at the old pace.
    """

    def __init__(self, path: Path, clock: Clock, *, fast: bool = False) -> None:
        self._path = path
        self._clock = clock
        self._fast = fast
        self._identity = DeviceIdentity()
        self._lines: deque[Line] = deque()
        self._reads: defaultdict[str, deque[bytes]] = defaultdict(deque)
        self._began = 0.0

    async def open(self) -> None:
        """Read the file.

        Raises:
            LinkUnavailableError: it is not there, or is no capture file.
        """
        try:
            header, lines = load(self._path)
        except FileError as error:
            raise LinkUnavailableError(str(error)) from error
        self._identity = header.identity
        self._lines = deque(line for line in lines if not line.read)
        for line in lines:
            if line.read:
                self._reads[line.part].append(line.octets)
        self._began = asyncio.get_running_loop().time()

    async def identity(self) -> DeviceIdentity:
        """What the device said then."""
        return self._identity

    async def close(self) -> None:
        """Say no more."""
        self._lines.clear()

    async def receive(self) -> Sequence[Capture | Missed]:
        """The next octet string, when its time has come.

        Raises:
            LinkLostError: that was all.
        """
        if not self._lines:
            raise LinkLostError("the capture file ends here")
        if not self._fast:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, self._began + self._lines[0].ns / NS - now))
        if not self._lines:
            raise LinkLostError("the link is closed")
        line = self._lines.popleft()
        return (_received(line, self._clock.now()),)

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """Nothing: nobody is there."""

    async def read(self, part: str) -> bytes:
        """What the device answered then, in the same order.

        Raises:
            LinkRefusedError: it was not asked so often.
        """
        if not self._reads[part]:
            raise LinkRefusedError(f"the capture file has no further answer of {part}")
        return self._reads[part].popleft()

    async def write(self, part: str, octets: bytes) -> None:
        """Nothing."""


def _received(line: Line, at: Instant) -> Capture | Missed:
    if line.missed is None:
        return Capture(line.part, line.octets, at)
    return Missed(line.part, line.missed, at, line.octets, line.strings, "as recorded")
