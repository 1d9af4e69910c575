"""A disk that fails, is full or is slow: nothing is confirmed that is not kept, and it goes on."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.model.errors import StoreError
from edge_agent.model.records import Lane
from edge_simulators.disk import BadDisk, well
from edge_sync.store import Store
from tests.support.sync import frame


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "buffer.sqlite"


@pytest.fixture
def disk() -> Iterator[BadDisk]:
    bad = BadDisk()
    with bad.in_place():
        yield bad


def failing(result: int, times: int) -> Callable[[], int]:
    """It fails so many times and is well again."""
    left = itertools.chain([result] * times, itertools.repeat(sqlite3.SQLITE_OK))
    return lambda: next(left)


async def records(path: Path) -> list[str]:
    async with await Store.open(path) as store:
        return [row.record for row in await store.pending(Lane.OBSERVATION, limit=5_000)]


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_after_a_failed_fsync_the_batch_is_written_anew_and_only_then_confirmed(
    path: Path, disk: BadDisk, times: int
) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(1)])
        first = store._writer._connection
        syncs = disk.syncs
        disk.on_sync = failing(sqlite3.SQLITE_IOERR_FSYNC, times)
        await store.deliver([frame(2), frame(3)])
        assert disk.syncs > syncs + times
        assert store._writer._connection is not first
        assert [row.sequence for row in await store.pending(Lane.OBSERVATION)] == [1, 2, 3]
        assert (await store.check()).problems == ()
    assert await records(path) == [frame(n).id for n in (1, 2, 3)]


async def test_a_disk_that_goes_on_failing_confirms_nothing_and_is_no_damage(
    path: Path, disk: BadDisk
) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(1)])
        disk.on_sync = lambda: sqlite3.SQLITE_IOERR_FSYNC
        with pytest.raises(StoreError):
            await store.deliver([frame(2)])
        assert store.last(Lane.OBSERVATION) == 1
        disk.on_sync = well
        await store.deliver([frame(3)])
        assert store.damage == ""
    assert await records(path) == [frame(1).id, frame(3).id]
    assert not list(path.parent.glob("*.damaged*"))


@pytest.mark.parametrize(
    "result", [sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_FSYNC]
)
async def test_whatever_fails_at_random_what_is_confirmed_is_kept_once(
    path: Path, disk: BadDisk, result: int
) -> None:
    confirmed: set[int] = set()

    async def one(store: Store, n: int) -> None:
        try:
            await store.deliver([frame(n)], urgent=n % 5 == 0)
        except StoreError:
            return
        confirmed.add(n)

    async with await Store.open(path) as store:
        turns = itertools.count()
        disk.on_write = lambda: result if next(turns) % 23 == 22 else sqlite3.SQLITE_OK
        disk.on_sync = lambda: result if next(turns) % 7 == 6 else sqlite3.SQLITE_OK
        for start in range(1, 200, 10):
            await asyncio.gather(*(one(store, n) for n in range(start, start + 10)))
        disk.on_write = disk.on_sync = well
    kept = await records(path)
    assert len(confirmed) > 50
    assert {frame(n).id for n in confirmed} <= set(kept)
    assert len(kept) == len(set(kept))
