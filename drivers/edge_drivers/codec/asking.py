"""What is written to meters on serial lines that must be asked, and what answers them. Pure.

Sources: TaiDoc: glucometer-protocols, taidoc/td42xx.md. LifeScan UltraEasy and UltraMini:
glucometerutils, drivers/otultraeasy.py; tidepool-org/uploader, oneTouchUltraMini.js. OneTouch
Ultra 2: glucometerutils, drivers/otultra2.py; tidepool-org/uploader, oneTouchUltra2.js.

Rule: nothing here changes what a meter holds; the words that erase are in none of these.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from edge_drivers.codec.checks import CHECKS


class Taidoc(IntEnum):
    """Commands of a TaiDoc."""

    CONNECT = 0x22
    WHEN = 0x25
    VALUE = 0x26
    COUNT = 0x2B


TAIDOC_CONNECTED = frozenset((0x22, 0x24, 0x54))
"""Commands with which it answers `CONNECT`."""
_ASKED, _ANSWERED = 0xA3, 0xA5


def taidoc_request(command: Taidoc, number: int = 0) -> bytes:
    """51, command, a reading's number (u16), two zeros, A3, sum."""
    body = bytes((0x51, command, number & 0xFF, number >> 8, 0, 0, _ASKED))
    return body + bytes((CHECKS["sum8"](body),))


def taidoc_answers(packet: bytes, commands: frozenset[int]) -> bool:
    """Whether a packet is the meter's answer to one of these."""
    return packet[1] in commands and packet[6] == _ANSWERED


class Link(IntFlag):
    """The link control octet of a LifeScan packet."""

    SENT = 0x01
    EXPECTED = 0x02
    ACKNOWLEDGE = 0x04
    DISCONNECT = 0x08


LIFESCAN_COUNT = 501
"""The number that is no reading: asked for it, the meter tells how many there are."""
LIFESCAN_COUNTED, LIFESCAN_TOLD = bytes.fromhex("050F"), bytes.fromhex("0506")
"""How the answers begin: to that, and to the number of a reading."""


def lifescan_packet(link: Link, message: bytes = b"") -> bytes:
    """02, length, link control, message, 03, CRC-16 (CCITT, FFFF, little-endian)."""
    body = bytes((0x02, len(message) + 6, link)) + message + b"\x03"
    return body + CHECKS["crc16-ccitt-false"](body).to_bytes(2, "little")


def lifescan_reading(number: int) -> bytes:
    """The message that asks for a reading, 0 the newest."""
    return b"\x05\x1f" + number.to_bytes(2, "little")


def lifescan_link(packet: bytes) -> Link:
    """A packet's link control."""
    return Link(packet[2] & 0x0F)


def lifescan_message(packet: bytes) -> bytes:
    """What a packet carries."""
    return packet[3:-3]


ULTRA2_DUMP = b"\x11\rDMP\r"
"""Asks an Ultra 2 for all its readings."""


def ultra2_count(line: bytes) -> int | None:
    """How many readings follow, when a line is the head of a dump: `P 003,"…`."""
    head = line[2:6]
    is_head = line[:2] == b"P " and head[:3].isdigit() and head[3:] == b","
    return int(head[:3]) if is_head else None


def is_ultra2_reading(line: bytes) -> bool:
    """Whether a line is a reading: `P "SAT",…`."""
    return line[:3] == b'P "'
