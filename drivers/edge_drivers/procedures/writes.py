"""What the spec says is written after connecting and before letting go, each answer checked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from edge_agent.model.errors import LinkRefusedError, LinkTimeoutError
from edge_drivers.codec.readings import Reading
from edge_drivers.session import Session
from firmware_specs.spec.types import Write

ANSWER_S = 5.0


async def perform(session: Session, orders: Sequence[Write]) -> None:
    """Write each, once, and compare its answer.

    Raises:
        LinkTimeoutError: no answer in time.
        LinkRefusedError: the device refused it, or answered something else.
        MalformedError: its answer is not that of the question.
        LinkLostError, StoreError: as `Session.step`.
    """
    for order in orders:
        await session.link.write(order.part, bytes.fromhex(order.octets))
        if order.answer:
            _check(order, await answer(session, order.answered or order.part, ANSWER_S))


async def start(session: Session) -> None:
    """Do what the spec says is written after connecting.

    A device that was left running by an agent that was killed refuses to start: it is stopped
    first. Errors as `perform`.
    """
    try:
        await perform(session, session.spec.start)
    except LinkRefusedError:
        await stop(session)
        await perform(session, session.spec.start)


async def stop(session: Session) -> None:
    """Do what the spec says is written before letting go; what is refused spares nothing else.

    Raises:
        LinkTimeoutError, LinkLostError, StoreError: as `perform`.
    """
    for order in session.spec.stop:
        with suppress(LinkRefusedError):
            await perform(session, (order,))


async def answer(session: Session, part: str, seconds: float) -> Reading:
    """The next reading of a part; what else comes meanwhile is kept as always.

    Raises:
        LinkTimeoutError: none came within `seconds`.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0:
        for made in await session.step(left):
            if made.reading.part == part:
                return made.reading
    raise LinkTimeoutError(f"{part} did not answer in {seconds} s")


def _check(order: Write, reading: Reading) -> None:
    wrong = {
        name: reading.fields.get(name)
        for name, expected in order.answer.items()
        if reading.fields.get(name) != expected
    }
    if wrong:
        raise LinkRefusedError(f"{order.part}: {order.octets} was answered with {wrong}")
