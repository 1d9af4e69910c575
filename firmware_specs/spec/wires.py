"""The wires of a spec, and the places that parts have on them.

Drivers call their end of a wire a link; the spec's table `[link]` says which wire it is on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from firmware_specs.spec.table import Table


class BleWire(Table, frozen=True, kw_only=True, tag="ble", tag_field="type"):
    """Bluetooth LE: the service, and whether the device talks only to a bonded peer.

    Attributes:
        silence: seconds without a notification (of a part with a waveform, if there is one) after
            which a connected device is connected anew; 0 for one that is silent by its nature.
    """

    service: str
    pairing: Literal["none", "bond"] = "none"
    silence: Decimal = Decimal(0)


class SyncBitFraming(Table, frozen=True, kw_only=True, tag="sync-bit", tag_field="type"):
    """Packets of one length; only the first octet has the bits of `mask` set."""

    length: Annotated[int, msgspec.Meta(ge=1, le=255)]
    mask: int = 0x80


class DelimitedFraming(Table, frozen=True, kw_only=True, tag="delimited", tag_field="type"):
    """Packets that end in the octets `end` (hex), which are not part of them."""

    end: str
    longest: Annotated[int, msgspec.Meta(ge=1, le=65536)] = 4096


class LengthFraming(Table, frozen=True, kw_only=True, tag="length", tag_field="type"):
    """Packets that begin with `start` (hex) and say how long they are, or all have one length.

    Attributes:
        start: hex of the octets that each packet begins with.
        longest: octets of the longest packet; of every packet where `size` is 0.
        at: the octet, from 0, at which the length stands.
        size: octets of the length: 1, 2, or 0 where there is none.
        order: byte order of a length of two octets.
        add: the whole packet's octets beyond what the length counts.
    """

    start: str
    longest: Annotated[int, msgspec.Meta(ge=1, le=65536)]
    at: Annotated[int, msgspec.Meta(ge=0, le=15)] = 0
    size: Literal[0, 1, 2] = 0
    order: Literal["little", "big"] = "little"
    add: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0


class SegmentedFraming(Table, frozen=True, kw_only=True, tag="segmented", tag_field="type"):
    """A value in one or several notifications, each behind a head (BLE).

    Bit 0 of the first octet says that a segment is the first, bit 1 that it is the last, bits
    2 to 7 count them; the other octets of the head are the same in all.

    Attributes:
        head: octets of the head.
        longest: octets of the longest value, one head included.
    """

    head: Annotated[int, msgspec.Meta(ge=1, le=32)]
    longest: Annotated[int, msgspec.Meta(ge=1, le=65536)] = 512


class AstmFraming(Table, frozen=True, kw_only=True, tag="astm", tag_field="type"):
    """Messages in numbered frames that are confirmed one by one (ASTM E1381, LIS01-A2).

    Attributes:
        longest: octets of the longest frame.
    """

    longest: Annotated[int, msgspec.Meta(ge=8, le=65536)] = 65536


Framing = SyncBitFraming | DelimitedFraming | LengthFraming | SegmentedFraming | AstmFraming


class SerialWire(Table, frozen=True, kw_only=True, tag="serial", tag_field="type"):
    """A serial line: its settings and how packets are found in it.

    Attributes:
        silence: seconds without a packet after which the device counts as gone.
    """

    baud: int
    framing: Framing
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    silence: Decimal = Decimal(5)


class ModbusWire(Table, frozen=True, kw_only=True, tag="modbus", tag_field="type"):
    """Modbus over RTU or TCP; which of them, and where, the configuration says.

    Attributes:
        unit: the device's default address, 1-247.
        timeout: seconds to wait for an answer.
        quiet: seconds of silence on an RTU line after a time-out.
        latest: seconds after a question within which its answer comes on an RTU line, if it ever
            does; a device that missed its time-out is not asked again before.
        gap: registers between two parts that nobody named and that may be read along, so that
            both parts take one request.
        most: registers that one request may read, at most 125.
    """

    unit: Annotated[int, msgspec.Meta(ge=1, le=247)] = 1
    baud: int = 9600
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    timeout: Decimal = Decimal(1)
    quiet: Decimal = Decimal("0.2")
    latest: Decimal = Decimal(3)
    gap: Annotated[int, msgspec.Meta(ge=0, le=123)] = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=125)] = 125


class Registers(Table, frozen=True, kw_only=True):
    """A block of Modbus registers read in one request.

    Attributes:
        function: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers.
        address: of the first, from 0, as on the wire.
        count: how many registers, at most 125; of coils at most 2000, which come packed, the first
            in bit 0 of the first octet.
        every: seconds between polls; 0 for what is read only when somebody asks.
        write: the function by which the block may be written, 0 for never.
        alone: never read in one request with others (reading it has an effect, or the device
            answers only to exactly this block).
    """

    function: Literal[1, 2, 3, 4]
    address: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    count: Annotated[int, msgspec.Meta(ge=1, le=2000)]
    every: Decimal = Decimal(1)
    write: Literal[0, 5, 6, 15, 16] = 0
    alone: bool = False


class SharedWire(Table, frozen=True, kw_only=True, tag="shared", tag_field="type"):
    """No device of its own: values that many devices have, such as the battery level."""
