"""Packets out of a stream of octets from a serial line, in whatever pieces they come.

A framer is pushed octets and gives whole packets and the octets that turn out to belong to none. It
finds its place again after damage, and it is chunk-invariant: any split of the same octets gives
the same packets and the same lost octets in all.

Damage that it must survive: octets lost or doubled, a packet cut short, a line that is joined in
the middle of a packet, noise between packets, a packet that never ends.
"""

from __future__ import annotations

from typing import Protocol

from firmware_specs.spec.wires import DelimitedFraming, SyncBitFraming

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


def make_framer(framing: SyncBitFraming | DelimitedFraming) -> Framer:
    """The framer that a spec asks for."""
    if isinstance(framing, SyncBitFraming):
        return SyncBitFramer(framing)
    return DelimitedFramer(framing)
