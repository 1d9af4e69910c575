"""An older copy of the buffer, a lost one, two boxes of one name: nothing lost, nothing twice."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.records import Lane
from edge_sync.region.book import Book
from edge_sync.store import Store
from edge_sync.wire import messages, topics
from edge_sync.wire.messages import Receipt
from tests.support.mosquitto import Mosquitto
from tests.support.sync import ADDRESS, frame, until
from tests.support.way_up import Region, drained, listening, publishing, settings


@pytest.fixture
async def region(mosquitto: Mosquitto, tmp_path: Path) -> AsyncIterator[Region]:
    program = Region(mosquitto.url, tmp_path / "region.sqlite")
    await program.start()
    yield program
    program.stop()


def copy(path: Path, folder: Path) -> Path:
    """The file alone, as an image of a card that was written elsewhere has it."""
    folder.mkdir()
    return Path(shutil.copy(path, folder / path.name))


async def test_an_older_image_loses_nothing_and_doubles_nothing(
    mosquitto: Mosquitto, region: Region, tmp_path: Path
) -> None:
    told = settings(mosquitto.url)
    async with await Store.open(tmp_path / "buffer.sqlite") as store:
        await store.deliver([frame(1), frame(2)])
        epoch = store.epoch
    image = copy(tmp_path / "buffer.sqlite", tmp_path / "image")
    async with await Store.open(tmp_path / "buffer.sqlite") as store, publishing(store, told):
        await store.deliver([frame(n) for n in range(3, 11)])
        await drained(store)
    async with await Store.open(image) as store:
        assert store.epoch == epoch
        await store.deliver([frame(11)])
        async with publishing(store, told) as publisher:
            await drained(store)
            assert publisher.status.beyond == 1
        assert store.epoch != epoch
        assert store.former == {epoch}
        assert (await store.audit.verify())[0] == 1
    assert sorted(region.recorded()) == sorted(frame(n).id for n in range(1, 12))
    with Book(region.database) as book:
        ids = [entry.observation.id for entry in book.entries()]
    assert len(ids) == len(set(ids)) == 11


async def test_a_copy_that_is_put_back_is_known_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "buffer.sqlite"
    async with await Store.open(path) as store:
        await store.deliver([frame(n) for n in range(1, 4)])
        await store.acknowledge(Lane.OBSERVATION, ((1, 2),))
        epoch = store.epoch
    older = copy(path, tmp_path / "copies")
    async with await Store.open(path) as store:
        assert store.epoch == epoch
        await store.deliver([frame(4)])
    shutil.copy(older, path)
    async with await Store.open(path) as store:
        assert store.epoch != epoch
        kept, told = await store.pending(Lane.OBSERVATION)
        assert (kept.sequence, kept.record) == (3, frame(3).id)
        gap = msgspec.json.decode(told.payload, type=Gap)
        assert (gap.reason, gap.sequences) == (GapReason.OTHER_EPOCH, ((1, 2),))
        renewed = store.epoch
    async with await Store.open(path) as store:
        assert store.epoch == renewed


async def test_what_cannot_be_noted_beside_the_file_hinders_nothing(tmp_path: Path) -> None:
    path = tmp_path / "buffer.sqlite"
    (tmp_path / "buffer.sqlite-life~").mkdir()
    for _ in range(2):
        async with await Store.open(path) as store:
            await store.deliver([frame(1)])
            assert store.former == frozenset()


async def test_receipts_of_another_box_with_our_name_are_told(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    down = topics.down("edge", ADDRESS, topics.RECEIPT)
    theirs = Receipt(1, ADDRESS.path, "anotherepoch", Lane.OBSERVATION, 1)
    async with (
        await Store.open(tmp_path / "buffer.sqlite") as store,
        listening(mosquitto.url, "edge/#") as (connection, _),
        publishing(store, settings(mosquitto.url, silence=60.0)) as publisher,
    ):
        await store.deliver([frame(1)])
        await until(lambda: publisher.status.published == 1)
        connection.publish(down, messages.encode(theirs))
        await until(lambda: publisher.status.strange == 1)
        assert "another gateway has this one's name" in caplog.text
        await store.renew("a test")
        ours = msgspec.structs.replace(theirs, epoch=next(iter(store.former)))
        connection.publish(down, messages.encode(ours))
        connection.publish(down, messages.encode(theirs))
        await until(lambda: publisher.status.strange == 2)
        assert [row.record for row in await store.pending(Lane.OBSERVATION)] == [frame(1).id]


async def test_a_region_that_is_wrong_gets_no_epoch_after_the_other(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    down = topics.down("edge", ADDRESS, topics.RECEIPT)
    path = tmp_path / "buffer.sqlite"
    async with (
        await Store.open(path) as store,
        listening(mosquitto.url, "edge/#") as (connection, _),
        publishing(store, settings(mosquitto.url)) as publisher,
    ):
        for times in (1, 2):
            await until(lambda: publisher.status.connected)
            beyond = Receipt(1, ADDRESS.path, store.epoch, Lane.OBSERVATION, 4_000)
            connection.publish(down, messages.encode(beyond))
            await until(lambda times=times: publisher.status.beyond == times)
            await until(lambda: len(store.former) == 1)
    connected = sqlite3.connect(path)
    (entry,) = connected.execute("SELECT entry FROM audit").fetchone()
    connected.close()
    assert json.loads(entry)["event"]["new"] == store.epoch
