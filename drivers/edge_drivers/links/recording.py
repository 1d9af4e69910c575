"""Capture files: what came over a wire, so that it can be looked at and replayed anywhere.

JSON lines in UTF-8. The first says what was recorded; each other is one octet string:

    {"format": 1, "spec": "heart-rate@1f0c9a…", "identity": {"serial": "…"}}
    {"ns": 0, "part": "measurement", "hex": "1648…"}
    {"ns": 52000000, "part": "clock", "hex": "…", "read": true}

`ns` is counted from the first. Private fields are blanked before they are written (law 7): what
cannot be decoded, so that nobody knows where they are, is written only when the spec has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import DecodeError, FileError
from edge_agent.model.seams import Capture, Link
from edge_drivers import codec
from edge_drivers.links.captures import NOISE
from firmware_specs.spec.types import LoadedSpec

FORMAT = 1
LARGEST = 16 * 1024 * 1024
"""Octets of a file, unless told otherwise; what comes later is not recorded."""


class Header(msgspec.Struct, frozen=True):
    """The first line.

    Attributes:
        format: of the file.
        spec: `LoadedSpec.ref`.
        identity: what the device said of itself.
    """

    format: int
    spec: str
    identity: DeviceIdentity


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One octet string.

    Attributes:
        ns: nanoseconds after the first.
        part: the part of the spec.
        hex: the octets.
        read: whether it was asked for.
    """

    ns: int
    part: str
    hex: str
    read: bool = False

    @property
    def octets(self) -> bytes:
        """The octets."""
        return bytes.fromhex(self.hex)


def load(path: Path) -> tuple[Header, tuple[Line, ...]]:
    """A capture file; a last line that was cut off is left out.

    Raises:
        FileError: it cannot be read, or is none.
    """
    try:
        with path.open(encoding="utf-8") as file:
            header = msgspec.json.decode(file.readline(), type=Header)
            return header, tuple(_lines(file))
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise FileError(str(path), "", f"is no capture file: {error}", "record it again") from error


def _lines(file: TextIO) -> Iterator[Line]:
    for text in file:
        if text.endswith("\n"):
            yield msgspec.json.decode(text, type=Line)


class Recorder:
    """A `Link` that lets another do the work, and writes down what it receives.

    Args:
        link: the other.
        loaded: the spec.
        path: of the file, which is written anew.
        largest: octets of the file at most.
    """

    def __init__(self, link: Link, loaded: LoadedSpec, path: Path, largest: int = LARGEST) -> None:
        self._link = link
        self._loaded = loaded
        self._decoder = codec.compile(loaded.spec)
        self._path = path
        self._room = largest
        self._file: TextIO | None = None
        self._began: int | None = None
        parts = loaded.spec.parts.values()
        self._open_book = not any(field.private for part in parts for field in part.fields)

    async def open(self) -> None:
        """As the link's."""
        await self._link.open()

    async def identity(self) -> DeviceIdentity:
        """As the link's; the file begins with it."""
        identity = await self._link.identity()
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", buffering=1)
            self._write(Header(FORMAT, self._loaded.ref, identity))
        return identity

    async def close(self) -> None:
        """As the link's; the file is whole then."""
        await self._link.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    async def receive(self) -> Sequence[Capture]:
        """As the link's."""
        captures = await self._link.receive()
        for capture in captures:
            self._record(capture.part, capture.octets, capture.at.ns, read=False)
        return captures

    async def acknowledge(self, captures: Sequence[Capture]) -> None:
        """As the link's."""
        await self._link.acknowledge(captures)

    async def read(self, part: str) -> bytes:
        """As the link's."""
        octets = await self._link.read(part)
        self._record(part, octets, self._began or 0, read=True)
        return octets

    async def write(self, part: str, octets: bytes) -> None:
        """As the link's; what is written is not recorded."""
        await self._link.write(part, octets)

    def _record(self, part: str, octets: bytes, ns: int, *, read: bool) -> None:
        blanked = self._blanked(part, octets)
        if self._file is None or blanked is None:
            return
        if not read and self._began is None:
            self._began = ns
        self._write(Line(ns - (self._began or ns), part, blanked.hex(), read))

    def _blanked(self, part: str, octets: bytes) -> bytes | None:
        """The octets without private fields; None when they cannot be told apart."""
        if self._open_book:
            return octets
        if part == NOISE:
            return None
        try:
            return b"".join(reading.octets for reading in self._decoder.decode(part, octets))
        except DecodeError:
            return None

    def _write(self, line: Header | Line) -> None:
        text = msgspec.json.encode(line).decode() + "\n"
        self._room -= len(text)
        if self._file is not None and self._room >= 0:
            self._file.write(text)
