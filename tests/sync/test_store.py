"""The buffer: what is promised about commits, lanes, homes and kills."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent.model import forms
from edge_agent.model.bindings import Binding
from edge_agent.model.commands import CommandResult, Outcome
from edge_agent.model.devices import DeviceIdentity, DeviceStatus, LinkState, PairedDevice
from edge_agent.model.errors import StoreCorruptError, StoreError, StoreFullError
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.records import Alarm, Lane, Priority
from edge_agent.model.seams import Mark
from edge_sync.store import CommandState, Limits, Store, connecting, outbox
from edge_sync.store.counters import Counters
from edge_sync.store.keeping import READINGS
from edge_sync.store.rows import draft
from edge_sync.store.window import GATHER, LONG, LONGEST, SHORTEST, Window
from tests.support.sync import BOOT, frame

AT = Instant(BOOT, 5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "buffer.sqlite"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with await Store.open(path) as opened:
        yield opened


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def test_a_delivered_record_is_in_the_file_whole(store: Store, path: Path) -> None:
    record = frame(1, points=3)
    await store.deliver([record])
    (found,) = rows(path, "SELECT payload, schema, key_id, record, device, boot, ns FROM outbox")
    assert forms.decode(found[0]) == record  # type: ignore[arg-type]
    assert found[1:] == ("edge/1", None, record.id, record.device, BOOT, record.at.ns)


async def test_each_lane_counts_for_itself(store: Store) -> None:
    alarm = Alarm(id="a", device="d", kind="k", priority=Priority.HIGH, at=AT)
    await store.deliver([frame(1), alarm, frame(2)], urgent=True)
    assert [row.sequence for row in await store.pending(Lane.OBSERVATION)] == [1, 2]
    assert [row.sequence for row in await store.pending(Lane.ALARM)] == [1]
    assert (store.last(Lane.OBSERVATION), store.last(Lane.ALARM), store.last(Lane.RESULT)) == (
        2,
        1,
        0,
    )


async def test_sequences_and_epoch_survive_draining_and_reopening(path: Path) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(1), frame(2)])
        await store.acknowledge(Lane.OBSERVATION, ((1, 2),))
        assert await store.pending(Lane.OBSERVATION) == []
        epoch = store.epoch
    async with await Store.open(path) as store:
        assert store.epoch == epoch
        assert store.last(Lane.OBSERVATION) == 2
        await store.deliver([frame(3)])
        assert [row.sequence for row in await store.pending(Lane.OBSERVATION)] == [3]


async def test_another_file_has_another_epoch(tmp_path: Path, store: Store) -> None:
    async with await Store.open(tmp_path / "other.sqlite") as other:
        assert other.epoch != store.epoch


async def test_pages_go_on_where_the_last_ended_and_are_bounded(path: Path) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(n) for n in range(1, 11)])
    async with await Store.open(path) as store:
        for opened in (store,):
            assert [r.sequence for r in await opened.pending(Lane.OBSERVATION, 0, 4)] == [
                1,
                2,
                3,
                4,
            ]
            assert [r.sequence for r in await opened.pending(Lane.OBSERVATION, 8, 4)] == [9, 10]
            assert len(await opened.pending(Lane.OBSERVATION, octets=1)) == 1


async def test_what_is_read_from_memory_is_what_the_file_holds(path: Path) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(n) for n in range(1, 6)])
        from_memory = await store.pending(Lane.OBSERVATION, 2)
    async with await Store.open(path) as store:
        assert await store.pending(Lane.OBSERVATION, 2) == from_memory


async def test_a_damaged_payload_is_noticed(path: Path) -> None:
    async with await Store.open(path) as store:
        await store.deliver([frame(1), frame(2)])
    connection = sqlite3.connect(path)
    connection.execute(
        "UPDATE outbox SET payload = CAST(replace(payload, '36.50', '63.50') AS BLOB) WHERE id & 1"
    )
    connection.commit()
    connection.close()
    async with await Store.open(path) as store:
        assert [row.intact for row in await store.pending(Lane.OBSERVATION)] == [False, True]


async def test_marks_move_with_the_commit(store: Store) -> None:
    assert await store.mark("d", "racp") is None
    await store.deliver([frame(1)], marks=[Mark("d", "racp", "1")])
    await store.deliver([], marks=[Mark("d", "racp", "2")])
    assert await store.mark("d", "racp") == "2"


async def test_bindings_and_clock_mappings_have_a_home_of_their_own(store: Store) -> None:
    first = Binding("b", "d", "s1", "2026-01-01T00:00:00Z", AT)
    ended = Binding(
        "b", "d", "s1", "2026-01-01T00:00:00Z", AT, until="2026-02-01T00:00:00Z", revision=1
    )
    rough = ClockMapping("c1", AT, 1_000, 1_000_000_000, "rtc")
    fine = ClockMapping("c2", AT, 1_001, 1_000_000, "ntp")
    await store.deliver([first, rough, fine, ended, ClockMapping("c3", AT, 9, 10**12, "system")])
    await store.acknowledge(Lane.OBSERVATION, ((1, 5),))
    assert await store.bindings() == [first, ended]
    assert await store.clocks() == [fine]


async def test_the_last_readings_of_a_devices_clock_are_kept(store: Store) -> None:
    def read(n: int, device: str = "d", shown: str = "2026-11-22T08:00:00") -> DeviceStatus:
        at = Instant(BOOT, n)
        return DeviceStatus(f"{device}{n}", device, at, LinkState.CONNECTED, device_time=shown)

    revision = store.revision
    await store.deliver([read(1), read(2, "other"), read(3, shown="")])
    assert store.revision == revision + 1
    assert [one.id for one in await store.readings()] == ["d1", "other2"]
    await store.deliver([read(n) for n in range(4, 4 + READINGS)])
    kept = [one.id for one in await store.readings()]
    assert kept == ["other2", *(f"d{n}" for n in range(4, 4 + READINGS))]
    await store.deliver([frame(1)])
    assert store.revision == revision + 2


async def test_held_records_wait_and_then_go_in_order(store: Store) -> None:
    first, second, other = frame(1), frame(2), frame(3, device="serial:b")
    await store.deliver([first, second, other], held={first.id, second.id, other.id})
    assert store.last(Lane.OBSERVATION) == 0
    assert [row.record for row in await store.held("serial:cuff")] == [first.id, second.id]
    assert await store.release("serial:cuff", {second.id}) == 1
    assert await store.release("serial:cuff", {first.id, other.id, "unknown"}) == 1
    assert [row.record for row in await store.pending(Lane.OBSERVATION)] == [second.id, first.id]
    assert [row.record for row in await store.held("serial:b")] == [other.id]


async def test_a_row_that_cannot_be_sent_is_kept_and_told_upward(store: Store, path: Path) -> None:
    await store.deliver([frame(1)])
    gap = Gap("g", GapReason.QUARANTINED, AT, lane=Lane.OBSERVATION, sequences=((1, 1),))
    await store.quarantine.put(Lane.OBSERVATION, 1, "too large", gap)
    await store.quarantine.put(Lane.OBSERVATION, 1, "too large", gap)
    (found,) = rows(path, "SELECT sequence, reason, record FROM quarantine")
    assert found == (1, "too large", frame(1).id)
    assert [row.record for row in await store.pending(Lane.OBSERVATION, 1)] == ["g"]


async def test_the_lanes_can_be_inspected(store: Store) -> None:
    await store.deliver([frame(1), frame(2)])
    states = {state.lane: state for state in await store.state()}
    assert states[Lane.ALARM].rows == 0
    observation = states[Lane.OBSERVATION]
    assert (observation.rows, observation.first, observation.last) == (2, 1, 2)
    assert observation.oldest == frame(1).at
    assert states[Lane.ALARM].oldest is None
    assert observation.octets == sum(len(forms.encode(frame(n))) for n in (1, 2))
    assert (await store.usage()).octets >= 4096


async def test_devices_are_remembered(store: Store) -> None:
    device = PairedDevice("cuff-1", "cuff", DeviceIdentity(serial="7"), {"port": "/dev/ttyS0"})
    await store.devices.save(device)
    await store.devices.save(device)
    assert await store.devices.all() == [device]
    assert await store.devices.forget("cuff-1")
    assert not await store.devices.forget("cuff-1")


async def test_a_command_is_received_and_started_once_and_keeps_its_result(store: Store) -> None:
    assert await store.journal.receive("c1", b"{}", AT)
    assert not await store.journal.receive("c1", b"{}", AT)
    assert await store.journal.start("c1")
    assert not await store.journal.start("c1")
    assert [entry.command for entry in await store.journal.open()] == ["c1"]
    result = CommandResult("r", "c1", Outcome.UNKNOWN, AT)
    await store.deliver([result])
    entry = await store.journal.entry("c1")
    assert entry is not None
    assert (entry.state, entry.octets, entry.result) == (CommandState.CONCLUDED, b"{}", result)
    assert await store.journal.open() == []


async def test_acts_are_audited_in_their_own_commit(store: Store, path: Path) -> None:
    binding = Binding("b", "d", "s1", "2026-01-01T00:00:00Z", AT)
    await store.deliver([binding, ClockMapping("c", AT, 7, 1, "ntp"), frame(1)])
    await store.journal.receive("c1", b"{}", AT)
    await store.journal.receive("c1", b"{}", AT)
    done = CommandResult("r", "c1", Outcome.UNKNOWN, AT)
    await store.deliver([done])
    await store.deliver([done])  # told again
    await store.deliver([CommandResult("r", "c1", Outcome.DONE, AT)])
    entries = [str(entry) for (entry,) in rows(path, "SELECT entry FROM audit")]
    events = [json.loads(entry)["event"] for entry in entries]
    assert [event["what"] for event in events] == [
        "binding",
        "clock",
        "command",
        "result",
        "result",
    ]
    assert (events[0]["subject"], events[0]["revision"]) == ("s1", "0")
    assert events[2]["digest"] == hashlib.sha256(b"{}").hexdigest()
    assert [event["outcome"] for event in events[3:]] == ["unknown", "done"]
    assert (await store.audit.verify())[0] == 5


async def test_the_audit_chain_shows_what_was_changed(store: Store, path: Path) -> None:
    assert await store.audit.verify() == (0, "0" * 64)
    last = ""
    for n in range(3):
        last = await store.audit.append({"what": "paired", "n": n}, AT)
    assert await store.audit.verify() == (3, last)
    for change in (
        "UPDATE audit SET entry = replace(entry, 'paired', 'erased') WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
    ):
        connection = sqlite3.connect(path)
        connection.execute(change)
        connection.commit()
        connection.close()
        with pytest.raises(StoreCorruptError, match="audit"):
            await store.audit.verify()


async def test_an_event_without_a_canonical_form_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="canonical"):
        await store.audit.append({"share": 0.5}, AT)


async def test_many_deliveries_share_a_commit(store: Store) -> None:
    commits: list[int] = []
    store.listen(lambda: commits.append(store.last(Lane.OBSERVATION)))
    await asyncio.gather(*(store.deliver([frame(n)]) for n in range(200)))
    assert store.last(Lane.OBSERVATION) == 200
    assert len(commits) < 100


async def test_a_failing_batch_fails_alone(store: Store) -> None:
    def fail(*_: object) -> None:
        raise StoreError("mine")

    outcomes = await asyncio.gather(
        store.deliver([frame(1)]),
        store._writer(fail),
        store.deliver([frame(2)]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), StoreError, type(None)]
    assert [row.sequence for row in await store.pending(Lane.OBSERVATION)] == [1, 2]


async def test_a_cancelled_caller_takes_nobody_with_it(store: Store) -> None:
    await store.deliver([frame(1)])
    cancelled = asyncio.create_task(store.deliver([frame(2)]))
    other = asyncio.create_task(store.deliver([frame(3)]))
    await asyncio.sleep(0)
    cancelled.cancel()
    await other
    assert store.last(Lane.OBSERVATION) == 3


async def test_a_full_buffer_says_so_and_keeps_nothing_of_the_batch(path: Path) -> None:
    async with await Store.open(path, Limits(quota=1)) as store:
        await store.deliver([frame(1)])
        with pytest.raises(StoreFullError):
            await store.deliver([frame(n, points=50) for n in range(2, 60)])
        assert store.last(Lane.OBSERVATION) == 1
        await store.deliver([frame(2)])
        assert [row.sequence for row in await store.pending(Lane.OBSERVATION)] == [1, 2]


async def test_a_second_writer_is_noticed(store: Store, path: Path) -> None:
    async with await Store.open(path) as other:
        await other.deliver([frame(1)])
        with pytest.raises(StoreError, match="written"):
            await store.deliver([frame(2, points=2)])


async def test_a_closed_store_refuses(path: Path) -> None:
    store = await Store.open(path)
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.deliver([frame(1)])


async def test_a_newer_file_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer release"):
        await Store.open(path)


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        await Store.open(tmp_path / "nowhere" / "buffer.sqlite")


async def test_the_file_is_kept_as_promised(store: Store, path: Path) -> None:
    connection = connecting.connect(path)
    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "auto_vacuum")
    }
    connection.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "auto_vacuum": 2}


def test_making_a_file_does_not_load_sqlite_utils_here(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from edge_sync.store import Store\n"
        "async def main():\n"
        f"    async with await Store.open({str(tmp_path / 'x.sqlite')!r}): pass\n"
        "asyncio.run(main())\n"
        "sys.exit('sqlite_utils' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], env=environment()).returncode == 0


def test_the_window_follows_the_disk() -> None:
    window = Window()
    assert window.due(10.0) == 10.0 + GATHER
    window.measured(10.0, 10.001)
    assert window.seconds == SHORTEST
    assert window.due(10.002) == pytest.approx(10.001 + SHORTEST)
    assert window.due(11.0) == 11.0 + GATHER
    for seconds, expected in ((0.030, LONG), (0.150, 0.150), (0.5, LONGEST)):
        for n in range(5):
            window.measured(n, n + seconds)
        assert window.seconds == pytest.approx(expected)


def test_a_stall_is_no_slow_disk() -> None:
    window = Window()
    for n in range(5):
        window.measured(n, n + 0.002)
    window.measured(10.0, 14.0)
    assert window.seconds == SHORTEST
    assert window.due(14.001) == pytest.approx(14.0 + SHORTEST)


WRITER = """
import asyncio, sys
from edge_sync.store import Store
from tests.support.sync import frame
async def main():
    async with await Store.open(sys.argv[1]) as store:
        start = store.last("observation")
        async def one(n):
            await store.deliver([frame(n)], urgent=n % 7 == 0)
            print(n, flush=True)
        n = start
        while True:
            tasks = [asyncio.create_task(one(n + k + 1)) for k in range(20)]
            await asyncio.gather(*tasks)
            n += 20
asyncio.run(main())
"""


def environment() -> dict[str, str]:
    root = Path(__file__).parents[2]
    return os.environ | {"PYTHONPATH": f"{root}:{root / 'sync'}"}


def start_writer(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    )


async def test_killed_in_the_middle_nothing_that_was_confirmed_is_lost(path: Path) -> None:
    highest = 0
    for round_ in range(4):
        process = start_writer(path)
        assert process.stdout
        confirmed = [int(process.stdout.readline()) for _ in range(150 + 37 * round_)]
        process.send_signal(signal.SIGKILL)
        confirmed += [int(line) for line in process.stdout.read().splitlines() if line.strip()]
        process.wait()
        process.stdout.close()
        async with await Store.open(path) as store:
            kept = {row[0] for row in await store._reader.all("SELECT record FROM outbox")}
            assert {frame(n).id for n in confirmed} <= kept
            assert store.last(Lane.OBSERVATION) >= max(highest, len(confirmed))
            first = (await store.pending(Lane.OBSERVATION, 0, 1))[0].sequence
            assert first == highest + 1
            highest = store.last(Lane.OBSERVATION)
            await store.acknowledge(Lane.OBSERVATION, ((1, highest),))


async def test_what_was_never_committed_is_never_seen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.deliver([frame(1)])
    connect = store._writer._connect

    def failing() -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    def job(connection: sqlite3.Connection, counters: Counters) -> None:
        outbox.deliver(connection, counters, [draft(frame(2))], ())
        raise OSError("gone")

    monkeypatch.setattr(store._writer, "_connect", failing)
    with pytest.raises(OSError, match="gone"):
        await store._writer(job)
    assert store.last(Lane.OBSERVATION) == 1
    assert [row.record for row in await store.pending(Lane.OBSERVATION)] == [frame(1).id]
    with pytest.raises(StoreError):
        await store.deliver([frame(3)])
    monkeypatch.setattr(store._writer, "_connect", connect)
    await store.deliver([frame(4)])
    assert [row.record for row in await store.pending(Lane.OBSERVATION)] == [
        frame(1).id,
        frame(4).id,
    ]
    assert store.last(Lane.OBSERVATION) == 2


async def test_a_file_of_the_first_format_is_brought_up_to_date(path: Path) -> None:
    async with await Store.open(path) as store:
        held = frame(3)
        await store.deliver([frame(1), frame(2), held], held={held.id})
        epoch = store.epoch
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE tally; DROP TABLE former; DROP TABLE strip; DROP INDEX held_record;"
        " DROP INDEX outbox_gap; DELETE FROM _sqlite_migrations WHERE name = 'second';"
        " PRAGMA user_version = 1"
    )
    connection.close()
    async with await Store.open(path) as store:
        assert (store.epoch, store.former) == (epoch, frozenset())
        state = {one.lane: one for one in await store.state()}[Lane.OBSERVATION]
        assert (state.rows, state.octets) == (2, sum(len(forms.encode(frame(n))) for n in (1, 2)))
        assert (await store.usage()).held == 1
        await store.deliver([frame(4)])
        assert (await store.check()).problems == ()
