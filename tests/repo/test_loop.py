"""The clock of asynchronous tests: it counts what was waited, and jumps where nothing can come."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.loop import TURN_S, jump

STALL_S = 0.2


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends, watched by nobody yet."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        yield near, far


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_stall_is_no_time() -> None:
    began = now()
    time.sleep(STALL_S)  # noqa: ASYNC251 - the machine is busy with others
    await asyncio.sleep(0)
    assert now() - began < STALL_S / 2


async def test_what_is_waited_is_time_and_never_quicker() -> None:
    began, real = now(), time.monotonic()
    await asyncio.sleep(STALL_S)
    assert now() - began >= STALL_S
    assert time.monotonic() - real >= STALL_S


async def test_an_answer_whose_ways_all_stalled_is_in_time(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    loop = asyncio.get_running_loop()

    async def answer() -> None:
        for _ in range(3):
            octets = await loop.sock_recv(far, 10)
            time.sleep(STALL_S)  # noqa: ASYNC251
            await loop.sock_sendall(far, octets)

    answering = asyncio.create_task(answer())
    async with asyncio.timeout(STALL_S / 2):
        for _ in range(3):
            await loop.sock_sendall(near, b"x")
            assert await loop.sock_recv(near, 10) == b"x"
    await answering


async def test_where_nothing_can_come_from_outside_an_hour_is_over_at_once() -> None:
    jump()
    began, real = now(), time.monotonic()
    await asyncio.sleep(3600)
    assert 3600 <= now() - began < 3600 + 10 * TURN_S
    assert time.monotonic() - real < 60


async def test_where_something_can_come_it_is_waited_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    jump()
    asyncio.get_running_loop().add_reader(pair[0], pair[0].recv, 10)
    real = time.monotonic()
    await asyncio.sleep(STALL_S)
    assert time.monotonic() - real >= STALL_S
    asyncio.get_running_loop().remove_reader(pair[0])


async def test_a_thread_is_waited_for() -> None:
    jump()
    async with asyncio.timeout(60):
        await asyncio.to_thread(time.sleep, STALL_S)
