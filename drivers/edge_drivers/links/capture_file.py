"""Capture files: what came over a wire, so that it can be looked at and replayed anywhere.

JSON lines in UTF-8. The first says what was recorded; each other is one octet string:

    {"format": 1, "spec": "heart-rate@1f0c9a…", "identity": {"serial": "…"}}
    {"ns": 0, "part": "measurement", "hex": "1648…"}
    {"ns": 52000000, "part": "clock", "hex": "…", "read": true}
    {"ns": 61000000, "part": "measurement", "hex": "16", "missed": "malformed"}

`ns` is counted from the first; what should have been an octet string and is none is `missed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from edge_agent.model.devices import DeviceIdentity
from edge_agent.model.errors import FileError
from edge_agent.model.gaps import GapReason

FORMAT = 1


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
        missed: why it is no octet string of the part; None when it is one.
        strings: for how many of them it stands then.
    """

    ns: int
    part: str
    hex: str
    read: bool = False
    missed: GapReason | None = None
    strings: int = 1

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
