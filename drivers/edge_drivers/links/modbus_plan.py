"""Which register blocks are read together: as few requests as the spec allows. Pure.

Rule: a part is read whole, in one request, so that its values belong together; parts share a
request where at most `gap` registers that nobody named lie between them, never more than `most`
registers in all, and never a part that is read `alone`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from firmware_specs.spec.wires import ModbusWire, Registers

_BITS = (1, 2)
_MOST_BITS = 2000


class Request(msgspec.Struct, frozen=True):
    """One request and what it reads.

    Attributes:
        block: the registers asked for.
        parts: the parts that are in them, by address.
    """

    block: Registers
    parts: tuple[str, ...]


def requests(
    blocks: Mapping[str, Registers], wire: ModbusWire, alone: Collection[str] = ()
) -> tuple[Request, ...]:
    """The fewest requests that read these parts; those in `alone` share none."""
    found: list[Request] = []
    for part in sorted(blocks, key=lambda name: (blocks[name].function, blocks[name].address)):
        block, last = blocks[part], found[-1] if found else None
        apart = block.alone or part in alone
        if last and not apart and last.parts[-1] not in alone and _fits(last.block, block, wire):
            found[-1] = Request(_joined(last.block, block), (*last.parts, part))
        else:
            found.append(Request(block, (part,)))
    return tuple(found)


def split(
    request: Request, octets: bytes, blocks: Mapping[str, Registers]
) -> Iterator[tuple[str, bytes]]:
    """The octets of each part."""
    for part in request.parts:
        yield part, _cut(octets, request.block, blocks[part])


def _fits(one: Registers, other: Registers, wire: ModbusWire) -> bool:
    most = _MOST_BITS if one.function in _BITS else wire.most
    return (
        not one.alone
        and one.function == other.function
        and other.address - (one.address + one.count) <= wire.gap
        and other.address + other.count - one.address <= most
    )


def _joined(one: Registers, other: Registers) -> Registers:
    count = other.address + other.count - one.address
    return msgspec.structs.replace(one, count=count)


def _cut(octets: bytes, whole: Registers, block: Registers) -> bytes:
    first = block.address - whole.address
    if block.function not in _BITS:
        return octets[2 * first : 2 * (first + block.count)]
    bits = int.from_bytes(octets, "little") >> first & (1 << block.count) - 1
    return bits.to_bytes((block.count + 7) // 8, "little")
