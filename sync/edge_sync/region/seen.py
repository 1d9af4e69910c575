"""What deduplication needs to know of a record's contents."""

from __future__ import annotations

import msgspec


class Seen(msgspec.Struct, frozen=True):
    """One observation of a record: its names, which is all that deduplication needs."""

    id: str
    kind: str
    channel: str
    name: str


class Segment(msgspec.Struct, frozen=True):
    """One waveform of a record."""

    stream: str
    first: int
    count: int
