"""Damage of every kind: set aside whole, what can be read goes on, and it is said."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from edge_agent.model.bindings import Binding
from edge_agent.model.devices import DeviceIdentity, PairedDevice
from edge_agent.model.errors import StoreCorruptError
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Lane
from edge_agent.model.seams import Mark
from edge_sync.store import Store, opening
from edge_sync.store.connecting import connect
from edge_sync.store.repair import KEPT
from tests.support.sync import BOOT, frame

ROWS = 400
AT = Instant(BOOT, 5)
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "buffer.sqlite"


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    """A file is looked through to its end, however slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "LOOK_S", 600.0)
        yield


async def fill(path: Path, rows: int = ROWS) -> str:
    """A buffer with rows in some of its homes; its epoch."""
    async with await Store.open(path) as store:
        await store.deliver([frame(n) for n in range(1, rows + 1)], marks=[Mark("d", "racp", "7")])
        held = [frame(n, device="serial:b") for n in range(1, 4)]
        await store.deliver(held, held={one.id for one in held})
        await store.deliver([Binding("b", "d", "s1", "2026-01-01T00:00:00Z", AT)])
        await store.devices.save(PairedDevice("cuff-1", "cuff", DeviceIdentity(serial="7"), {}))
        await store.journal.receive("c1", b"{}", AT)
        return store.epoch


def frames(rows: int = ROWS) -> set[str]:
    return {frame(n).id for n in range(1, rows + 1)}


async def sent(store: Store) -> list[str]:
    return [row.record for row in await store.pending(Lane.OBSERVATION, limit=2 * ROWS)]


def overwrite(path: Path, page: int, octets: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(octets)


def octets(path: Path) -> bytes:
    return path.read_bytes()


def image_of(path: Path, *, cut: int) -> Path:
    """A copy of a file and of its log without the last octets."""
    image = path.with_name("image.sqlite")
    image.write_bytes(octets(path))
    log = octets(path.with_name(f"{path.name}-wal"))
    image.with_name(f"{image.name}-wal").write_bytes(log[: len(log) - cut])
    return image


def page_of(path: Path, n: int) -> int:
    """The page on which the nth row lies, the first page being 0."""
    return octets(path).index(frame(n).id.encode()) // PAGE


async def test_a_torn_page_costs_its_rows_and_no_others(path: Path) -> None:
    epoch = await fill(path)
    overwrite(path, page_of(path, 40), random.Random(1).randbytes(PAGE))
    damaged = octets(path)
    async with await Store.open(path) as store:
        assert store.epoch != epoch
        assert store.former == {epoch}
        left = await sent(store)
        assert ROWS - 15 < len(frames() & set(left)) < ROWS
        assert len(left) == len(set(left))
        gaps = [
            row.payload
            for row in await store.pending(Lane.OBSERVATION, limit=999)
            if row.kind == "gap"
        ]
        assert [msgspec.json.decode(one, type=Gap).reason for one in gaps] == [GapReason.DAMAGED]
        assert [row.record for row in await store.held("serial:b")] == [
            frame(n, device="serial:b").id for n in range(1, 4)
        ]
        assert await store.mark("d", "racp") == "7"
        assert [one.subject for one in await store.bindings()] == ["s1"]
        assert [one.alias for one in await store.devices.all()] == ["cuff-1"]
        assert [one.command for one in await store.journal.open()] == ["c1"]
        entries, _ = await store.audit.verify()
        assert entries == 3
        assert (await store.check()).problems == ()
    assert octets(path.with_name(f"{path.name}.damaged-1")) == damaged


async def test_a_row_that_is_not_what_was_written_goes_to_quarantine(path: Path) -> None:
    await fill(path)
    connection = connect(path)
    connection.execute("UPDATE outbox SET payload = x'00' WHERE sequence = 3")
    connection.close()
    overwrite(path, page_of(path, 90), bytes(PAGE))
    async with await Store.open(path) as store:
        (row,) = await store.quarantine.rows()
        assert (row.record, row.sequence, row.reason) == (frame(3).id, 3, "damaged in the file")
        assert not await store.quarantine.requeue(row.id)
        assert frame(2).id in await sent(store)


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 // PAGE * PAGE])


def no_header(path: Path) -> None:
    overwrite(path, 0, bytes(100))


async def test_a_first_page_that_is_lost_costs_no_rows(path: Path) -> None:
    epoch = await fill(path)
    overwrite(path, 0, random.Random(2).randbytes(PAGE))
    async with await Store.open(path) as store:
        assert store.former == {epoch}
        assert frames() <= set(await sent(store))
    assert not list(path.parent.glob("*.transplant*"))


def no_tables(path: Path) -> None:
    connection = connect(path)
    connection.execute("DROP TABLE tally")
    connection.close()


def no_epoch(path: Path) -> None:
    connection = connect(path)
    connection.execute("DELETE FROM meta")
    connection.close()


@pytest.mark.parametrize("harm", [garbage, half, no_header, no_tables, no_epoch])
async def test_whatever_the_file_is_the_buffer_opens_and_says_so(
    path: Path, harm: Callable[[Path], None]
) -> None:
    epoch = await fill(path)
    harm(path)
    async with await Store.open(path) as store:
        assert store.epoch != epoch
        await store.deliver([frame(9_999)])
        assert (await sent(store))[-1] == frame(9_999).id
        assert (await store.check()).problems == ()
    connection = sqlite3.connect(path)
    entries = [
        json.loads(entry)["event"] for (entry,) in connection.execute("SELECT entry FROM audit")
    ]
    connection.close()
    assert (entries[-1]["what"], entries[-1]["kept"]) == ("repair", "buffer.sqlite.damaged-1")


async def test_a_log_that_is_cut_off_costs_what_was_cut_off(path: Path) -> None:
    store = await Store.open(path)
    await store.deliver([frame(1)])
    await store.deliver([frame(2)])
    image = image_of(path, cut=100)
    await store.close()
    async with await Store.open(image) as again:
        assert await sent(again) == [frame(1).id]
        assert again.former == frozenset()


async def test_a_log_without_its_file_is_kept(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"a log")
    async with await Store.open(path) as store:
        assert (await store.usage()).former == 0
    assert path.with_name(f"{path.name}.damaged-1-wal").read_bytes() == b"a log"


async def test_damage_that_is_met_while_it_runs_is_repaired_by_the_next_start(path: Path) -> None:
    await fill(path)
    page = page_of(path, 30)
    store = await Store.open(path)
    overwrite(path, page, bytes(PAGE))
    with pytest.raises(StoreCorruptError):
        await store.pending(Lane.OBSERVATION, 0, ROWS)
    assert "malformed" in store.damage
    await store.close()
    async with await Store.open(path) as again:
        assert len(await sent(again)) > ROWS - 15


@pytest.mark.parametrize("at", ["buffer.sqlite.repaired", "buffer.sqlite.damaged-1"])
async def test_a_power_cut_within_a_repair_leaves_one_of_both(
    path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    await fill(path)
    half(path)
    rename = Path.rename

    def cut(self: Path, target: Path) -> Path:
        if rename(self, target).name == at:
            raise KeyboardInterrupt
        return target

    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(KeyboardInterrupt):
        opening._prepare(path)
    monkeypatch.undo()
    async with await Store.open(path) as store:
        assert (await store.check()).problems == ()
        assert await store.mark("d", "racp") == "7"
        assert len(frames() & set(await sent(store))) > ROWS // 6
    assert not list(path.parent.glob("*.repair*"))


async def test_only_the_latest_damaged_files_are_kept(path: Path) -> None:
    for _ in range(KEPT + 2):
        garbage(path)
        async with await Store.open(path):
            pass
    kept = sorted(one.name for one in path.parent.glob("*.damaged-*"))
    assert kept == [f"buffer.sqlite.damaged-{n}" for n in range(3, KEPT + 3)]


async def test_a_check_says_what_is_wrong(path: Path) -> None:
    await fill(path)
    connection = connect(path)
    connection.execute("UPDATE outbox SET payload = x'00' WHERE sequence = 3")
    connection.execute("UPDATE audit SET digest = 'x' WHERE sequence = 1")
    connection.close()
    async with await Store.open(path) as store:
        found = await store.check()
    assert found.rows == ROWS + 4
    assert found.problems == (
        "observation 3: the payload is not what was written",
        "audit: audit entry 1 is not what its digest says",
    )


async def test_a_power_cut_while_the_file_is_made_leaves_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(file: Path) -> None:
        file.write_bytes(b"half a database")
        raise KeyboardInterrupt

    monkeypatch.setattr(opening, "bring_up_to_date", cut)
    with pytest.raises(KeyboardInterrupt):
        opening._prepare(path)
    monkeypatch.undo()
    async with await Store.open(path) as store:
        assert (await store.check()).problems == ()
    assert not list(path.parent.glob("*.new*"))
