"""Framers find packets in damaged streams, and any split gives the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_drivers.codec.packets import Framer, make_framer
from firmware_specs.spec.wires import (
    DelimitedFraming,
    Framing,
    LengthFraming,
    SegmentedFraming,
    SyncBitFraming,
)

SYNC = SyncBitFraming(length=5, mask=0x80)
LINES = DelimitedFraming(end="0D0A", longest=8)
SIZED = LengthFraming(start="8090", at=2, size=1, add=4, longest=16)
PACKET = bytes.fromhex("9005102060")


def pushed(framer: Framer, pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    packets: list[bytes] = []
    lost = b""
    for piece in pieces:
        found, strays = framer.push(piece)
        packets.extend(found)
        lost += strays
    return packets, lost


@pytest.mark.parametrize("framing", [SYNC, LINES, SIZED], ids=lambda f: type(f).__name__)
@given(
    octets=st.lists(st.sampled_from(b"\x80\x90\x00\x7f\r\nab"), max_size=60).map(bytes),
    cuts=st.lists(st.integers(0, 60), max_size=8),
)
def test_any_split_gives_the_same(framing: Framing, octets: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(octets), *(min(cut, len(octets)) for cut in cuts)})
    pieces = [octets[a:b] for a, b in pairwise(places)]
    packets, lost = pushed(make_framer(framing), pieces)
    assert (packets, lost) == pushed(make_framer(framing), [octets])
    assert sum(map(len, packets)) + len(lost) <= len(octets)


@given(noise=st.binary(max_size=12).map(lambda octets: bytes(o & 0x7F for o in octets)))
def test_a_packet_is_found_after_noise(noise: bytes) -> None:
    assert make_framer(SYNC).push(noise + PACKET) == ((PACKET,), noise)


def test_a_packet_cut_short_costs_itself_only() -> None:
    assert make_framer(SYNC).push(PACKET[:3] + PACKET * 2) == ((PACKET, PACKET), PACKET[:3])


def test_an_octet_too_many_is_told() -> None:
    assert make_framer(SYNC).push(PACKET + b"\x01" + PACKET) == ((PACKET, PACKET), b"\x01")


def test_lines_end_where_the_spec_says() -> None:
    assert make_framer(LINES).push(b"one\r\ntwo\r\nthr") == ((b"one", b"two"), b"")


def test_a_line_too_long_is_given_up_to_its_end() -> None:
    assert make_framer(LINES).push(b"123456789012\r\nok\r\n") == ((b"ok",), b"123456789012\r\n")


def test_the_longest_line_is_still_one() -> None:
    assert make_framer(LINES).push(b"12345678\r\n") == ((b"12345678",), b"")


def test_a_packet_is_as_long_as_it_says() -> None:
    one, two = bytes.fromhex("8090020102AA"), bytes.fromhex("809000BB")
    assert make_framer(SIZED).push(b"\x00" + one + two + one[:3]) == ((one, two), b"\x00")


def test_a_length_that_cannot_be_costs_the_start_only() -> None:
    """A start whose length is beyond the longest; the next packet is found behind it."""
    packet = bytes.fromhex("809000BB")
    assert make_framer(SIZED).push(b"\x80\x90\xff" + packet) == ((packet,), b"\x80\x90\xff")


def test_half_a_start_waits_for_the_other_half() -> None:
    framer = make_framer(SIZED)
    assert framer.push(b"\x01\x80") == ((), b"\x01")
    assert framer.push(bytes.fromhex("9000BB")) == ((bytes.fromhex("809000BB"),), b"")


def test_packets_of_one_length_begin_with_their_start() -> None:
    fixed = LengthFraming(start="A0", longest=3)
    assert make_framer(fixed).push(bytes.fromhex("01A00203A004")) == (
        (bytes.fromhex("A00203"),),
        b"\x01",
    )


SEGMENTS = SegmentedFraming(head=3, longest=300)


def in_segments(value: bytes, room: int, name: bytes = b"ab") -> list[bytes]:
    """A value behind heads: first, last and number, then its name."""
    pieces = [value[at : at + room] for at in range(0, len(value), room)] or [b""]
    last = len(pieces) - 1
    return [
        bytes([(n == 0) | (n == last) << 1 | n % 64 << 2]) + name + piece
        for n, piece in enumerate(pieces)
    ]


@given(value=st.binary(max_size=200), room=st.integers(1, 60))
def test_a_value_in_segments_is_joined(value: bytes, room: int) -> None:
    parts = in_segments(value, room)
    packets, lost = pushed(make_framer(SEGMENTS), parts)
    assert (packets, lost) == ([parts[0][:3] + value], b"")


@given(
    value=st.binary(min_size=1, max_size=200),
    room=st.integers(1, 20),
    harm=st.sampled_from(("lost", "doubled", "of another")),
    which=st.integers(0, 250),
)
def test_a_damaged_value_costs_itself_only(value: bytes, room: int, harm: str, which: int) -> None:
    parts = in_segments(value, room)
    whole, at = [parts[0][:3] + value], which % len(parts)
    if harm == "lost":
        del parts[at]
    elif harm == "doubled":
        parts.insert(at, parts[at])
    else:
        parts[at] = parts[at][:1] + b"xy" + parts[at][3:]
    packets, lost = pushed(make_framer(SEGMENTS), [*parts, *in_segments(b"next", 2)])
    assert packets[-1] == bytes([1]) + b"ab" + b"next"
    assert all(packet in whole for packet in packets[:-1]) or (at == 0 and len(packets) == 2)
    assert sum(map(len, packets)) + len(lost) <= sum(map(len, parts)) + 10


def test_a_value_that_never_ends_is_given_up() -> None:
    endless = [bytes([(n == 0) | n % 64 << 2]) + b"ab" + bytes(50) for n in range(20)]
    packets, lost = pushed(make_framer(SEGMENTS), endless)
    assert not packets
    assert len(lost) > 300
