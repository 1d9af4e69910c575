"""Packets out of a stream of octets from a serial line, in whatever pieces they come.

A framer is pushed octets and gives whole packets and the number of octets that belong to none. It
finds its place again after damage, and it is chunk-invariant: any split of the same octets gives
the same packets and the same count in all.

Damage that it must survive: octets lost or doubled, a packet cut short, a line that is joined in
the middle of a packet, noise between packets, a packet that never ends.
"""

from __future__ import annotations

from typing import Protocol

from firmware_specs.spec.types import DelimitedFraming, SyncBitFraming

Framed = tuple[tuple[bytes, ...], int]
"""Packets, and how many octets belonged to none."""


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
        malformed = 0
        for octet in octets:
            malformed += self._take(octet)
            if len(self._begun) == self._length:
                packets.append(bytes(self._begun))
                self._begun.clear()
        return tuple(packets), malformed

    def _take(self, octet: int) -> int:
        """How many octets turn out to belong to no packet, now that this one came."""
        if octet & self._mask:
            lost = len(self._begun)
            self._begun[:] = (octet,)
            return lost
        if not self._begun:
            return 1
        self._begun.append(octet)
        return 0


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
        malformed = 0
        for octet in octets:
            self._begun.append(octet)
            if self._begun.endswith(self._end):
                malformed += self._close(packets)
            elif len(self._begun) >= self._longest + len(self._end):
                malformed += self._give_up()
        return tuple(packets), malformed

    def _close(self, packets: list[bytes]) -> int:
        packet = bytes(self._begun[: -len(self._end)])
        self._begun.clear()
        if self._lost:
            self._lost = False
            return len(packet) + len(self._end)
        packets.append(packet)
        return 0

    def _give_up(self) -> int:
        """Forget all but what may be the beginning of an end."""
        kept = len(self._end) - 1
        lost = len(self._begun) - kept
        del self._begun[:lost]
        self._lost = True
        return lost


def make_framer(framing: SyncBitFraming | DelimitedFraming) -> Framer:
    """The framer that a spec asks for."""
    if isinstance(framing, SyncBitFraming):
        return SyncBitFramer(framing)
    return DelimitedFramer(framing)
