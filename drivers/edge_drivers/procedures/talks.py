"""What is said to a meter that must be asked, and its readings in turn, the newest first.

Rule: a reading is given only when it is sure to be one: nobody measured while its parts were told,
and of what comes in one piece all has come.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from edge_agent.model.errors import LinkRefusedError, LinkTimeoutError
from edge_drivers.codec import asking
from edge_drivers.codec.asking import Link, Taidoc

Fits = Callable[[bytes], bool]


class Line(Protocol):
    """A serial line whose packets have been checked."""

    async def say(self, octets: bytes) -> None:
        """Write octets; LinkLostError when the line is gone."""
        ...

    async def hear(self, fits: Fits) -> bytes:
        """The next packet that fits, others are passed over; LinkTimeoutError when none comes."""
        ...

    async def ask(self, octets: bytes, fits: Fits) -> bytes:
        """Say and hear, some times over: for questions, which change nothing."""
        ...


Talk = Callable[[Line], AsyncGenerator[bytes]]
"""The octets of each reading, as the spec's part decodes them.

Raises LinkTimeoutError when the meter is silent, LinkRefusedError when it refuses, LinkLostError.
"""


async def taidoc(line: Line) -> AsyncGenerator[bytes]:
    """TaiDoc TD-42xx: how many, then of each when and what it was."""

    async def ask(command: Taidoc, number: int = 0) -> bytes:
        wanted = frozenset((command,))
        request = asking.taidoc_request(command, number)
        return await line.ask(request, lambda packet: asking.taidoc_answers(packet, wanted))

    await line.ask(
        asking.taidoc_request(Taidoc.CONNECT),
        lambda packet: asking.taidoc_answers(packet, asking.TAIDOC_CONNECTED),
    )
    count = int.from_bytes((await ask(Taidoc.COUNT))[2:4], "little")
    for number in range(count):
        when = await ask(Taidoc.WHEN, number)
        value = await ask(Taidoc.VALUE, number)
        if await ask(Taidoc.WHEN, number) != when:
            raise LinkTimeoutError("somebody measured meanwhile: the numbers have moved")
        yield when + value


async def lifescan(line: Line) -> AsyncGenerator[bytes]:
    """OneTouch UltraEasy and UltraMini: how many, then each by its number."""
    await line.ask(
        asking.lifescan_packet(Link.DISCONNECT),
        lambda packet: bool(asking.lifescan_link(packet) & Link.DISCONNECT),
    )
    here, there = (
        Link(0),
        Link(0),
    )  # the numbers, 0 and 1, of the next message from here, from there

    async def ask(number: int, begins: bytes) -> bytes:
        nonlocal here, there
        message = asking.lifescan_reading(number)
        await line.say(asking.lifescan_packet(here | there, message))
        await line.hear(lambda packet: bool(asking.lifescan_link(packet) & Link.ACKNOWLEDGE))
        here ^= Link.SENT
        number_there = Link.SENT if there else Link(0)
        packet = await line.hear(
            lambda packet: asking.lifescan_link(packet) & ~Link.EXPECTED == number_there
        )
        there ^= Link.EXPECTED
        await line.say(asking.lifescan_packet(Link.ACKNOWLEDGE | here | there))
        answer = asking.lifescan_message(packet)
        if not answer.startswith(begins):
            raise LinkRefusedError(f"reading {number} is answered with {answer.hex()}")
        return answer

    counted = await ask(asking.LIFESCAN_COUNT, asking.LIFESCAN_COUNTED)
    for number in range(int.from_bytes(counted[2:4], "little")):
        yield await ask(number, asking.LIFESCAN_TOLD)


async def ultra2(line: Line) -> AsyncGenerator[bytes]:
    """OneTouch Ultra 2: how many, and all of them without being asked again."""
    head = await line.ask(asking.ULTRA2_DUMP, lambda one: asking.ultra2_count(one) is not None)
    count = asking.ultra2_count(head) or 0
    lines = [await line.hear(asking.is_ultra2_reading) for _ in range(count)]
    for one in lines:
        yield one


TALKS: Mapping[str, Talk] = MappingProxyType(
    {"taidoc": taidoc, "lifescan": lifescan, "ultra2": ultra2}
)
"""By the name that specs use."""
