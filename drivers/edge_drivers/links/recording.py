"""Recording: a `Link` around another that writes what comes into a capture file.

Private fields are blanked before they are written (law 7): what cannot be decoded, so that nobody
knows where they are, is written only when the spec has none.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import msgspec

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import DecodeError
from edge_agent.model.seams import Capture, Link, Missed
from edge_drivers import codec
from edge_drivers.links.capture_file import FORMAT, Header, Line
from firmware_specs.spec.types import LoadedSpec

LARGEST = 16 * 1024 * 1024
"""Octets of a file, unless told otherwise; what comes later is not recorded."""

_log = logging.getLogger(__name__)


class Recording:
    """A capture file being written: of one device, over all its connections.

    It is written anew, for nobody but its owner to read. When it cannot be written, or is full,
    the recording ends, and nothing else does.

    Args:
        loaded: the spec.
        path: of the file.
        largest: octets of the file at most.
    """

    def __init__(self, loaded: LoadedSpec, path: Path, largest: int = LARGEST) -> None:
        self._ref = loaded.ref
        self._decoder = codec.compile(loaded.spec)
        self._path = path
        self._room = largest
        self._file: TextIO | None = None
        self._begun = False
        self._first: int | None = None
        parts = loaded.spec.parts.values()
        self._open_book = not any(field.private for part in parts for field in part.fields)

    def begin(self, identity: DeviceIdentity) -> None:
        """Write whose it is, unless that is written."""
        if self._begun:
            return
        self._begun = True
        try:
            self._file = _own(self._path)
        except OSError as error:
            _log.warning("not recorded: %s", error)
        self._write(Header(FORMAT, self._ref, identity))

    def received(self, one: Capture | Missed) -> None:
        """Write what came, or should have come."""
        self._first = one.at.ns if self._first is None else self._first
        blanked = self._blanked(one.part, one.octets, known=isinstance(one, Capture))
        if blanked is None:
            return
        line = Line(one.at.ns - self._first, one.part, blanked.hex())
        if isinstance(one, Missed):
            line = msgspec.structs.replace(line, missed=one.reason, strings=one.strings)
        self._write(line)

    def was_read(self, part: str, octets: bytes) -> None:
        """Write what was asked for."""
        blanked = self._blanked(part, octets, known=True)
        if blanked is not None:
            self._write(Line(0, part, blanked.hex(), read=True))

    def close(self) -> None:
        """The recording ends."""
        self._room = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _blanked(self, part: str, octets: bytes, *, known: bool) -> bytes | None:
        """The octets without private fields; None when they cannot be told apart."""
        if self._open_book or not octets:
            return octets
        if not known:
            return None
        try:
            return b"".join(reading.octets for reading in self._decoder.decode(part, octets))
        except DecodeError:
            return None

    def _write(self, line: Header | Line) -> None:
        if self._file is None:
            return
        text = msgspec.json.encode(line).decode() + "\n"
        self._room -= len(text)
        try:
            if self._room >= 0:
                self._file.write(text)
            else:
                self._end("it is full")
        except OSError as error:
            self._end(str(error))

    def _end(self, reason: str) -> None:
        _log.warning("the recording in %s ends: %s", self._path, reason)
        with suppress(OSError):
            self.close()


def _own(path: Path) -> TextIO:
    """A file that only its owner reads, written line by line."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", buffering=1)


class Recorder:
    """A `Link` that lets another do the work, and writes down what it receives.

    Args:
        link: the other.
        recording: where.
    """

    def __init__(self, link: Link, recording: Recording) -> None:
        self._link = link
        self._recording = recording

    async def open(self) -> None:
        """As the link's."""
        await self._link.open()

    async def identity(self) -> DeviceIdentity:
        """As the link's; the file begins with it."""
        identity = await self._link.identity()
        self._recording.begin(identity)
        return identity

    async def close(self) -> None:
        """As the link's; the file stays open for the next connection."""
        await self._link.close()

    async def receive(self) -> Sequence[Capture | Missed]:
        """As the link's."""
        received = await self._link.receive()
        for one in received:
            self._recording.received(one)
        return received

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """As the link's."""
        await self._link.acknowledge(captures)

    async def read(self, part: str) -> bytes:
        """As the link's."""
        octets = await self._link.read(part)
        self._recording.was_read(part, octets)
        return octets

    async def write(self, part: str, octets: bytes) -> None:
        """As the link's; what is written is not recorded."""
        await self._link.write(part, octets)
