"""A recording in one file: lossless blocks, each with its checksum, found by time.

The file is the line `EDGEWAVE1`, then entries: length and CRC-32 (32 bits each, little-endian) of
the octets that follow. An entry is a `Waveform` in MessagePack; the last is the index: of each the
first sample, the count and the offset. Behind it is its own offset, 64 bits, little-endian.

It is written as it flows and needs no end: without an index, as after a power cut, a reader walks
the entries. Damage costs the block that it is in.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

import msgspec

from edge_agent.model.errors import MalformedError
from edge_agent.model.waveforms import Waveform
from edge_signal.recordings import BLOCK_S, assemble

MAGIC = b"EDGEWAVE1\n"
_HEAD = struct.Struct("<II")
_FOOT = struct.Struct("<Q")
_decoder = msgspec.msgpack.Decoder(Waveform)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a block is.

    Attributes:
        first: index of its first sample.
        count: samples for each channel.
        offset: of its entry in the file.
    """

    first: int
    count: int
    offset: int


_index_decoder = msgspec.msgpack.Decoder(tuple[Place, ...])


class ArchiveWriter:
    """Waveforms of one stream in, in order; octets to append to the file out.

    Args:
        seconds: how much goes into a block; a hole ends one early.
    """

    def __init__(self, seconds: int = BLOCK_S) -> None:
        self._seconds = seconds
        self._held: list[Waveform] = []
        self._offset = 0
        self._places: list[Place] = []

    def push(self, waveform: Waveform) -> bytes:
        """What can be written now that this has come.

        Raises:
            ValueError: it is of another stream, or before what came already.
            MalformedError: its block is damaged.
        """
        last = self._held[-1] if self._held else None
        if last and waveform.first < last.first + last.count:
            raise ValueError(f"sample {waveform.first} comes after {last.first + last.count - 1}")
        hole = last is not None and waveform.first > last.first + last.count
        octets = self._begun() + (self._written() if hole else b"")
        self._held.append(waveform)
        full = sum(one.count for one in self._held) >= self._seconds * waveform.hertz
        return octets + (self._written() if full else b"")

    def close(self) -> bytes:
        """The rest, and the index."""
        octets = self._begun() + self._written()
        offset = self._offset
        return octets + self._entry(msgspec.msgpack.encode(self._places)) + _FOOT.pack(offset)

    def _begun(self) -> bytes:
        if self._offset:
            return b""
        self._offset = len(MAGIC)
        return MAGIC

    def _written(self) -> bytes:
        octets = b""
        held, self._held = self._held, []
        for block in assemble(held).waveforms(self._seconds) if held else ():
            self._places.append(Place(block.first, block.count, self._offset))
            octets += self._entry(msgspec.msgpack.encode(block))
        return octets

    def _entry(self, octets: bytes) -> bytes:
        self._offset += _HEAD.size + len(octets)
        return _HEAD.pack(len(octets), zlib.crc32(octets)) + octets


class Archive:
    """The blocks of a file, by time.

    Args:
        octets: of the whole file; a memory map will do.

    Raises:
        MalformedError: this is no such file.
    """

    def __init__(self, octets: bytes | memoryview) -> None:
        self._octets = memoryview(octets)
        if bytes(self._octets[: len(MAGIC)]) != MAGIC:
            raise MalformedError("this is no recording: it does not begin with EDGEWAVE1")
        self.places: Sequence[Place] = self._index() or tuple(self._walk())

    def between(self, first: int, end: int) -> Iterator[Waveform]:
        """The blocks that hold samples from `first` to before `end`.

        Raises:
            MalformedError: one of them is damaged.
        """
        for place in self.places:
            if place.first < end and place.first + place.count > first:
                yield self._waveform(place.offset)

    def __iter__(self) -> Iterator[Waveform]:
        """All blocks."""
        return (self._waveform(place.offset) for place in self.places)

    def _waveform(self, offset: int) -> Waveform:
        try:
            return _decoder.decode(self._payload(offset))
        except msgspec.DecodeError as error:
            raise MalformedError(f"the block at octet {offset}: {error}") from error

    def _payload(self, offset: int) -> memoryview:
        head = self._octets[offset : offset + _HEAD.size]
        if len(head) < _HEAD.size:
            raise MalformedError(f"the file ends at octet {offset}")
        length, checksum = _HEAD.unpack(head)
        payload = self._octets[offset + _HEAD.size : offset + _HEAD.size + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            raise MalformedError(f"the block at octet {offset} is damaged")
        return payload

    def _index(self) -> tuple[Place, ...]:
        """What the index says; nothing without one."""
        try:
            (offset,) = _FOOT.unpack(self._octets[-_FOOT.size :])
            return _index_decoder.decode(self._payload(offset))
        except (MalformedError, msgspec.DecodeError, struct.error):
            return ()

    def _walk(self) -> Iterator[Place]:
        """What the entries themselves say; one that cannot be read is passed over."""
        offset = len(MAGIC)
        while offset + _HEAD.size <= len(self._octets):
            try:
                block = self._waveform(offset)
                yield Place(block.first, block.count, offset)
            except MalformedError:
                pass  # damaged, torn, or the index
            offset += _HEAD.size + int(_HEAD.unpack_from(self._octets, offset)[0])
