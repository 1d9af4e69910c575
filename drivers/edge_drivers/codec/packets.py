"""Packets out of a stream of octets from a serial line, in whatever pieces they come.

A framer is pushed octets and gives whole packets and the octets that turn out to belong to none. It
finds its place again after damage, and it is chunk-invariant: any split of the same octets gives
the same packets and the same lost octets in all.

Damage that it must survive: octets lost or doubled, a packet cut short, a line that is joined in
the middle of a packet, noise between packets, a packet that never ends.
"""

from __future__ import annotations

from typing import Protocol

from edge_drivers.codec.astm_receiver import AstmReceiver
from firmware_specs.spec.wires import (
    AstmFraming,
    DelimitedFraming,
    Framing,
    LengthFraming,
    SegmentedFraming,
    SyncBitFraming,
)

_FIRST, _LAST, _COUNTER, _SEGMENTS = 1, 2, 2, 64
"""Of a segment's first octet: its two flags, where its number begins, and how many there are."""

Framed = tuple[tuple[bytes, ...], bytes]
"""Packets, and the octets that belong to none, each in the order they came."""


class Framer(Protocol):
    """What finds packets."""

    def push(self, octets: bytes) -> Framed:
        """The packets that are whole now that these octets came too."""
        ...


class SyncBitFramer:
    """Packets of one length, of which only the first octet has the bits of a mask set.

        |1…….|0…….|0…….|0…….|0…….|1…….|0…….| …
        └──────── packet ────────┘

    Args:
        framing: length and mask.
    """

    def __init__(self, framing: SyncBitFraming) -> None:
        self._length = framing.length
        self._mask = framing.mask
        self._begun = bytearray()

    def push(self, octets: bytes) -> Framed:
        """See `Framer.push`."""
        packets: list[bytes] = []
        lost = bytearray()
        for octet in octets:
            lost += self._take(octet)
            if len(self._begun) == self._length:
                packets.append(bytes(self._begun))
                self._begun.clear()
        return tuple(packets), bytes(lost)

    def _take(self, octet: int) -> bytes:
        """The octets that turn out to belong to no packet, now that this one came."""
        if octet & self._mask:
            lost = bytes(self._begun)
            self._begun[:] = (octet,)
            return lost
        if not self._begun:
            return bytes((octet,))
        self._begun.append(octet)
        return b""


class DelimitedFramer:
    """Packets that end in a fixed string of octets, which is not part of them.

    A packet that grows beyond the longest allowed is given up, and so is all up to the next end.

    Args:
        framing: the end, and the longest packet.
    """

    def __init__(self, framing: DelimitedFraming) -> None:
        self._end = bytes.fromhex(framing.end)
        self._longest = framing.longest
        self._begun = bytearray()
        self._lost = False

    def push(self, octets: bytes) -> Framed:
        """See `Framer.push`."""
        packets: list[bytes] = []
        lost = bytearray()
        for octet in octets:
            self._begun.append(octet)
            if self._begun.endswith(self._end):
                lost += self._close(packets)
            elif len(self._begun) >= self._longest + len(self._end):
                lost += self._give_up()
        return tuple(packets), bytes(lost)

    def _close(self, packets: list[bytes]) -> bytes:
        whole = bytes(self._begun)
        self._begun.clear()
        if self._lost:
            self._lost = False
            return whole
        packets.append(whole[: -len(self._end)])
        return b""

    def _give_up(self) -> bytes:
        """Forget all but what may be the beginning of an end."""
        many = len(self._begun) - (len(self._end) - 1)
        lost = bytes(self._begun[:many])
        del self._begun[:many]
        self._lost = True
        return lost


class LengthFramer:
    """Packets that begin with fixed octets and say how long they are, or all have one length.

        start | … | length | … octets …      start | … | length | …
        └─────────── add + length ─────┘

    A length that cannot be is no packet: its first octet is lost, and the next start is looked for.

    Args:
        framing: the start, where the length stands and what it counts.
    """

    def __init__(self, framing: LengthFraming) -> None:
        self._start = bytes.fromhex(framing.start)
        self._framing = framing
        self._head = max(len(self._start), framing.at + framing.size)
        self._begun = bytearray()

    def push(self, octets: bytes) -> Framed:
        """See `Framer.push`."""
        packets: list[bytes] = []
        lost = bytearray()
        self._begun += octets
        while True:
            lost += self._drop(self._before_start())
            if len(self._begun) < self._head:
                return tuple(packets), bytes(lost)
            size = self._size()
            if not self._head <= size <= self._framing.longest:
                lost += self._drop(1)
            elif len(self._begun) < size:
                return tuple(packets), bytes(lost)
            else:
                packets.append(self._drop(size))

    def _before_start(self) -> int:
        """Octets before the first start, or before what may become one."""
        begun, start = self._begun, self._start
        at = begun.find(start)
        if at >= 0:
            return at
        kept = next((n for n in range(len(start) - 1, 0, -1) if begun.endswith(start[:n])), 0)
        return len(begun) - kept

    def _size(self) -> int:
        said = self._framing
        if not said.size:
            return said.longest
        octets = self._begun[said.at : said.at + said.size]
        return int.from_bytes(octets, said.order) + said.add

    def _drop(self, count: int) -> bytes:
        octets = bytes(self._begun[:count])
        del self._begun[:count]
        return octets


class SegmentFramer:
    """Values in segments: each is pushed as it was notified, so no boundary has to be found.

        |first, 0|head|octets|     |1|head|octets|     |last, 2|head|octets|
        └── the value: the first head, and the octets of all ──┘

    Damage that it must survive: a segment that is missing, doubled, or of another value.

    Args:
        framing: the head's length, and the longest value.
    """

    def __init__(self, framing: SegmentedFraming) -> None:
        self._head = framing.head
        self._longest = framing.longest
        self._begun = b""
        self._count = 0

    def push(self, octets: bytes) -> Framed:
        """See `Framer.push`; `octets` are one notification."""
        lost = b""
        first = bool(octets) and octets[0] & _FIRST
        if first or not self._follows(octets):
            lost, self._begun = self._begun, b""
            if not first:
                return (), lost + octets
        self._begun += octets[self._head if self._begun else 0 :]
        self._count = octets[0] >> _COUNTER
        if octets[0] & _LAST:
            value, self._begun = self._begun, b""
            return (value,), lost
        return (), lost

    def _follows(self, octets: bytes) -> bool:
        """Whether it is the next segment of what has begun."""
        begun, head = self._begun, self._head
        return (
            len(octets) > head
            and len(begun) >= head
            and octets[1:head] == begun[1:head]
            and octets[0] >> _COUNTER == (self._count + 1) % _SEGMENTS
            and len(begun) + len(octets) - head <= self._longest
        )


def make_framer(framing: Framing) -> Framer:
    """The framer that a spec asks for."""
    match framing:
        case SyncBitFraming():
            return SyncBitFramer(framing)
        case DelimitedFraming():
            return DelimitedFramer(framing)
        case LengthFraming():
            return LengthFramer(framing)
        case SegmentedFraming():
            return SegmentFramer(framing)
        case AstmFraming():
            return AstmReceiver(framing)


def longest(framing: Framing) -> int:
    """Octets of the longest packet."""
    return framing.length if isinstance(framing, SyncBitFraming) else framing.longest
