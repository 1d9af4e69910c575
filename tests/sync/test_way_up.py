"""From the buffer to the region's record, over a real Mosquitto."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from edge_agent.model import forms
from edge_agent.model.commands import Command, CommandResult, Outcome
from edge_agent.model.errors import StoreError
from edge_agent.model.gaps import Gap, GapReason
from edge_agent.model.instants import Instant
from edge_agent.model.records import Alarm, Lane, Priority
from edge_sync import dialing
from edge_sync.broker import Broker, BrokerError
from edge_sync.mqtt import Connection, Message
from edge_sync.publisher import Publisher
from edge_sync.region import schema
from edge_sync.region.book import Book
from edge_sync.region.receiver import Receiver
from edge_sync.region.recorder import Recorder
from edge_sync.settings import Confirm
from edge_sync.store import Store
from edge_sync.wire import messages, topics
from edge_sync.wire.messages import Batch, Receipt
from edge_sync.wire.ranges import Ranges
from tests.support.mosquitto import Mosquitto
from tests.support.sync import ADDRESS, Clock, frame, until
from tests.support.way_up import Region, drained, listening, publishing, settings

LARGE = random.Random(1).randbytes(30_000)
"""Nothing makes them shorter."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "buffer.sqlite") as opened:
        yield opened


@pytest.fixture
async def region(mosquitto: Mosquitto, tmp_path: Path) -> AsyncIterator[Region]:
    program = Region(mosquitto.url, tmp_path / "region.sqlite")
    await program.start()
    yield program
    program.stop()


async def test_a_row_goes_up_is_recorded_and_leaves_on_its_receipt(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    waited, live = frame(1), frame(2)
    await store.deliver([waited])
    async with publishing(store, settings(mosquitto.url)) as publisher:
        await until(lambda: publisher.status.connected)
        assert publisher.status.version == 5
        await store.deliver([live])
        await drained(store)
    assert region.recorded() == [waited.id, live.id]
    with Book(region.database) as book:
        assert [entry.history for entry in book.entries()] == [True, False]
        (lane,) = book.lanes()
        assert (lane.gateway, lane.epoch, lane.recorded) == (ADDRESS.path, store.epoch, ((1, 2),))
    assert region.stop() == 0


async def test_a_backlog_goes_up_in_batches_in_order(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    await store.deliver([frame(n) for n in range(1, 3001)])
    async with publishing(store, settings(mosquitto.url)) as publisher:
        await drained(store)
        assert publisher.status.published < 30
    assert region.recorded() == [frame(n).id for n in range(1, 3001)]


async def test_an_alarm_overtakes_a_backlog(mosquitto: Mosquitto, store: Store) -> None:
    await store.deliver([frame(n) for n in range(1, 2001)])
    async with (
        listening(mosquitto.url, "edge/#") as (_, came),
        publishing(store, settings(mosquitto.url, batch_rows=2)) as publisher,
    ):
        await until(lambda: publisher.status.published > 2)
        with mosquitto.stunned():
            alarm = Alarm("a", "d", "k", Priority.HIGH, Clock().now())
            await store.deliver([alarm], urgent=True)
        await until(lambda: len(came) == 1001)
    lanes = [message.topic.rpartition("/")[2] for message in came]
    assert lanes.index("alarm") < 900


async def test_a_broker_that_dies_costs_nothing(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    async with publishing(store, settings(mosquitto.url)):
        for n in range(1, 61):
            await store.deliver([frame(n)], urgent=True)
            if n % 20 == 0:
                mosquitto.kill()
                await store.deliver([frame(1000 + n)], urgent=True)
                mosquitto.start()
        await drained(store)
    expected = {frame(n).id for n in (*range(1, 61), 1020, 1040, 1060)}
    assert sorted(region.recorded()) == sorted(expected)


async def test_rows_without_a_receipt_survive_the_publisher_and_are_recorded_once(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    path = tmp_path / "buffer.sqlite"
    async with await Store.open(path) as store:
        await store.deliver([frame(n) for n in range(1, 11)])
        async with (
            listening(mosquitto.url, "edge/#"),
            publishing(store, settings(mosquitto.url)) as publisher,
        ):
            await until(lambda: publisher.status.unreceipted == 10)
    region = Region(mosquitto.url, tmp_path / "region.sqlite")
    await region.start()
    async with await Store.open(path) as store, publishing(store, settings(mosquitto.url)):
        await drained(store)
    region.stop()
    assert region.recorded() == [frame(n).id for n in range(1, 11)]


async def test_a_lost_receipt_heals_and_the_repeat_is_known(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    """A receipt of another epoch is none: to this gateway the first ones are as good as lost."""
    publisher = Publisher(store, settings(mosquitto.url, silence=0.5), Clock())
    lost = 2

    def forgetful(connection: Connection, message: Message) -> None:
        nonlocal lost
        if lost and message.topic.endswith(topics.RECEIPT):
            lost -= 1
            connection.confirm(message)
        else:
            take(connection, message)

    take, publisher._came = publisher._came, forgetful  # type: ignore[method-assign]
    await store.deliver([frame(1)])
    running = asyncio.create_task(publisher.run())
    await drained(store)
    assert publisher.status.resent >= 2
    running.cancel()

    def repeats() -> list[int]:
        with Book(region.database) as book:
            return [entry.repeats for entry in book.entries()]

    await until(lambda: repeats() == [publisher.status.resent])


async def test_a_region_that_is_killed_and_restarted_has_all_once(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    async with publishing(store, settings(mosquitto.url)):
        await store.deliver([frame(n) for n in range(1, 51)])
        region.stop(signal.SIGKILL)
        await store.deliver([frame(n) for n in range(51, 101)])
        await region.start()
        await drained(store)
    assert sorted(region.recorded()) == sorted(frame(n).id for n in range(1, 101))


async def test_a_puback_is_enough_where_it_is_so_configured(
    mosquitto: Mosquitto, store: Store
) -> None:
    await store.deliver([frame(1)])
    async with (
        listening(mosquitto.url, "edge/#") as (_, came),
        publishing(store, settings(mosquitto.url, confirm=Confirm.PUBACK)),
    ):
        await drained(store)
        assert len(came) == 1


async def test_a_puback_that_nobody_listens_is_no_delivery(
    mosquitto: Mosquitto, store: Store
) -> None:
    await store.deliver([frame(1)])
    async with publishing(store, settings(mosquitto.url, confirm=Confirm.PUBACK)) as publisher:
        await until(lambda: publisher.status.refused >= 2)
        assert "0x10" in publisher.status.problem
        assert len(await store.pending(Lane.OBSERVATION)) == 1
        async with listening(mosquitto.url, "edge/#"):
            await drained(store)


async def test_a_broker_that_forbids_is_told_and_nothing_is_lost(
    start_mosquitto: Callable[..., Mosquitto], tmp_path: Path, store: Store
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read #\n")
    acl.chmod(0o700)
    broker = start_mosquitto(f"acl_file {acl}")
    await store.deliver([frame(1)])
    async with publishing(store, settings(broker.url, confirm=Confirm.PUBACK)) as publisher:
        await until(lambda: publisher.status.refused >= 1)
        assert "0x87" in publisher.status.problem
        assert len(await store.pending(Lane.OBSERVATION)) == 1


async def test_what_the_broker_cannot_take_goes_aside_and_the_rest_goes_up(
    start_mosquitto: Callable[..., Mosquitto], tmp_path: Path, store: Store
) -> None:
    broker = start_mosquitto("max_packet_size 20000")
    region = Region(broker.url, tmp_path / "region.sqlite")
    await region.start()
    await store.deliver([frame(1), frame(2, octets=LARGE), frame(3)])
    async with publishing(store, settings(broker.url)):
        await store.deliver([frame(n) for n in range(4, 60)])
        await drained(store)
    region.stop()
    assert sorted(region.recorded()) == sorted(frame(n).id for n in range(1, 60) if n != 2)
    with Book(region.database) as book:
        assert [gap.sequences for gap in book.records(Gap)] == [((2, 2),)]
        assert book.lanes()[0].recorded == ((1, 60),)


async def test_a_window_smaller_than_ours_is_kept(
    start_mosquitto: Callable[..., Mosquitto], store: Store
) -> None:
    broker = start_mosquitto("max_inflight_messages 3")
    connection = await dialing.connect(Broker(broker.url, "x"), 5)
    assert connection.receive_maximum == 3
    connection.close()


async def test_receipts_that_are_not_for_us_or_too_much_change_nothing(
    mosquitto: Mosquitto, store: Store
) -> None:
    down = topics.down("edge", ADDRESS, topics.RECEIPT)
    good = Receipt(1, ADDRESS.path, store.epoch, Lane.OBSERVATION, 1)
    async with (
        listening(mosquitto.url, "edge/+/+/+/+/+/+/+/+/up/#") as (connection, _),
        publishing(store, settings(mosquitto.url)) as publisher,
    ):
        await store.deliver([frame(1), frame(2)])
        await until(lambda: publisher.status.unreceipted == 2)
        for wrong in (
            b"\xff",
            messages.encode(msgspec.structs.replace(good, epoch="other")),
            messages.encode(msgspec.structs.replace(good, gateway="42/00/00/000/000/x/y")),
            messages.encode(msgspec.structs.replace(good, up_to=0, ranges=((99, 10**9),))),
        ):
            connection.publish(down, wrong)
        connection.publish(down, messages.encode(good))
        await until(lambda: publisher.status.receipts == 2)
        await store.deliver([frame(3)])
        await store.acknowledge(Lane.ALARM, ())
        left = await store._reader.all("SELECT sequence FROM outbox ORDER BY id")
        assert left == [(2,), (3,)]


async def test_a_command_has_one_result_however_often_it_comes(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    command = msgspec.json.encode(Command("c1", "dance", "2030-01-01T00:00:00Z"))
    async with (
        listening(mosquitto.url, "nothing") as (connection, _),
        publishing(store, settings(mosquitto.url)) as publisher,
    ):
        await until(lambda: publisher.status.connected)
        down = topics.down("edge", ADDRESS, topics.COMMAND)
        for octets in (command, b"{"):
            connection.publish(down, octets)
        await until(lambda: store.last(Lane.RESULT) == 1)
        connection.publish(down, command)
        await until(lambda: store.last(Lane.RESULT) == 2)
        await drained(store)
    with Book(region.database) as book:
        (result,) = book.records(CommandResult)
    assert (result.command, result.outcome) == ("c1", Outcome.REFUSED)
    assert result.reason == "this gateway knows no key whose commands it would take"


async def test_a_malformed_message_is_kept_apart_and_does_not_stop_the_region(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    async with listening(mosquitto.url, "nothing") as (connection, _):
        for topic in ("edge/v1/42/01/02/001/003/c/g/up/alarm", "edge/v1/x/x/x/x/x/x/x/up/alarm"):
            connection.publish(topic, b"\x00nonsense")
        async with publishing(store, settings(mosquitto.url)):
            await store.deliver([frame(1)])
            await drained(store)
    with Book(region.database) as book:
        assert book.counts() == {"frame": 1, "quarantine": 2, "repeats": 0}


async def test_a_broker_that_is_not_there_is_named(free_port: int) -> None:
    with pytest.raises(BrokerError, match=str(free_port)):
        await dialing.connect(Broker(f"mqtt://127.0.0.1:{free_port}", "x"), 5)


async def old_broker(broker: Mosquitto, port: int) -> asyncio.Server:
    """A broker that knows only MQTT 3.1.1, made of one that knows both."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connect = await reader.read(4096)
        if b"\x00\x04MQTT\x05" in connect:
            writer.write(b"\x20\x02\x00\x01")  # CONNACK: unacceptable protocol version
            writer.close()
            return
        there, back = await asyncio.open_connection(broker.host, broker.port)
        back.write(connect)
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await source.read(65536):
                sink.write(octets)
        sink.close()

    return await asyncio.start_server(serve, "127.0.0.1", port)


async def test_a_broker_of_mqtt_3_1_1_does_as_well(
    mosquitto: Mosquitto, free_port: int, region: Region, store: Store
) -> None:
    server = await old_broker(mosquitto, free_port)
    await store.deliver([frame(1)])
    async with publishing(store, settings(f"mqtt://127.0.0.1:{free_port}")) as publisher:
        await drained(store)
        assert publisher.status.version == 4
    server.close()
    assert region.recorded() == [frame(1).id]


@pytest.mark.parametrize("form", ["compact", "fhir"])
async def test_both_forms_are_recorded(
    mosquitto: Mosquitto, region: Region, store: Store, form: str
) -> None:
    await store.deliver([frame(1, points=2)])
    async with publishing(store, settings(mosquitto.url, form=form)):
        await drained(store)
    with Book(region.database) as book:
        assert book.counts()["frame"] == 1


async def test_a_row_on_which_an_old_broker_hangs_up_goes_aside(
    start_mosquitto: Callable[..., Mosquitto], tmp_path: Path, free_port: int, store: Store
) -> None:
    broker = start_mosquitto("max_packet_size 20000")
    region = Region(broker.url, tmp_path / "region.sqlite")
    await region.start()
    server = await old_broker(broker, free_port)
    await store.deliver([frame(1), frame(2, octets=LARGE), frame(3)])
    told = settings(f"mqtt://127.0.0.1:{free_port}", retry=0.02, retry_longest=0.05)
    async with publishing(store, told):
        n = 3

        async def it_is_aside() -> bool:
            nonlocal n
            n += 1
            await store.deliver([frame(n)])
            return (await store.state())[2].first not in (1, 2)

        await until(it_is_aside)
        await drained(store)
    server.close()
    region.stop()
    assert sorted(region.recorded()) == sorted(frame(k).id for k in range(1, n + 1) if k != 2)
    with Book(region.database) as book:
        assert [gap.sequences for gap in book.records(Gap)] == [((2, 2),)]


def message(sequences: Ranges, *records: bytes, lane: Lane = Lane.OBSERVATION) -> bytes:
    """A gateway's message, as it is, right or wrong."""
    raw = tuple(map(msgspec.Raw, records))
    return messages.encode(messages.Batch(1, ADDRESS.path, "e", "b", lane, sequences, records=raw))


async def test_what_waited_in_the_brokers_session_is_recorded(
    mosquitto: Mosquitto, region: Region
) -> None:
    up = topics.up("edge", ADDRESS, Lane.OBSERVATION)
    sent = [frame(n) for n in range(1, 41)]
    region.stop()
    async with listening(mosquitto.url, "nothing") as (connection, _):
        confirmed: list[int] = []
        connection.on_confirmed = lambda mid, _: confirmed.append(mid)
        for n, one in enumerate(sent, 1):
            connection.publish(up, message(((n, n),), forms.encode(one)))
        await until(lambda: len(confirmed) == len(sent))
    await region.start()
    await until(lambda: sorted(region.recorded()) == sorted(one.id for one in sent))


async def test_commands_that_waited_in_the_session_are_all_taken(
    mosquitto: Mosquitto, store: Store
) -> None:
    async with publishing(store, settings(mosquitto.url)) as publisher:
        await until(lambda: publisher.status.connected)
    async with listening(mosquitto.url, "nothing") as (connection, _):
        confirmed: list[int] = []
        connection.on_confirmed = lambda mid, _: confirmed.append(mid)
        for n in range(40):
            octets = msgspec.json.encode(Command(f"c{n}", "dance", "2030-01-01T00:00:00Z"))
            connection.publish(topics.down("edge", ADDRESS, topics.COMMAND), octets)
        await until(lambda: len(confirmed) == 40)
    async with publishing(store, settings(mosquitto.url)):
        await until(lambda: store.last(Lane.RESULT) == 40)


async def test_poison_is_kept_apart_and_the_region_lives(
    mosquitto: Mosquitto, region: Region, store: Store
) -> None:
    huge, deep = 1 << 70, b"[" * 200_000 + b"]" * 200_000
    good = Gap("g", GapReason.QUARANTINED, Clock().now(), lane="alarm", sequences=((1, huge),))
    up = topics.up("edge", ADDRESS, Lane.OBSERVATION)
    poison = (
        message(((huge, huge),), forms.encode(frame(1))),
        message(((1, 1),), b'{"id":"x","type":"new","revision":%d}' % huge),
        message(((2, 2),), forms.encode(good)),
        message(((3, 3),), b'{"id":"y","type":"new","deep":%s}' % deep),
        b'{"type":"batch","x":%s}' % deep,
    )
    async with listening(mosquitto.url, "nothing") as (connection, _):
        for octets in poison:
            connection.publish(up, octets)
        async with publishing(store, settings(mosquitto.url)):
            await store.deliver([frame(1)])
            await drained(store)

    def counts() -> dict[str, int]:
        with Book(region.database) as book:
            return book.counts()

    await until(lambda: counts().get("quarantine") == len(poison))
    assert counts()["frame"] == 1
    assert region.stop() == 0


TROUBLES = {
    "locked": ("BEGIN IMMEDIATE", "ROLLBACK"),
    "read only": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
    "full": ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"),
}


@pytest.mark.parametrize("trouble", ["locked", "read only", "full"])
async def test_a_region_that_cannot_write_delays_and_loses_nothing(
    mosquitto: Mosquitto, store: Store, tmp_path: Path, trouble: str
) -> None:
    database = tmp_path / "region.sqlite"
    connection = schema.connect(database)
    connection.execute("PRAGMA busy_timeout = 0")
    receiver = Receiver(Recorder(connection), Broker(mosquitto.url, "edge-region"))
    running = asyncio.create_task(receiver.run())
    other = sqlite3.connect(database, isolation_level=None)
    await receiver.ready.wait()
    async with publishing(store, settings(mosquitto.url)) as publisher:
        begin, end = TROUBLES[trouble]
        (other if trouble == "locked" else connection).execute(begin)
        await store.deliver([frame(1, octets=bytes(100_000))])
        await until(lambda: publisher.status.unreceipted == 1)
        await asyncio.sleep(0.7)
        assert publisher.status.receipts == 0
        (other if trouble == "locked" else connection).execute(end)
        await drained(store)
        assert publisher.status.published == 1
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    connection.close()
    other.close()


class Choosy(Recorder):
    """A record that has a fault of its own with one message."""

    def record(
        self, batches: Iterable[Batch], refused: Iterable[tuple[str, str, bytes]] = ()
    ) -> list[Receipt]:
        given = list(batches)
        if any(batch.epoch == "bad" for batch in given):
            raise ZeroDivisionError
        return super().record(given, refused)


def test_a_fault_of_ours_costs_one_message(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "region.sqlite")
    receiver = Receiver(Choosy(connection), Broker("mqtt://nowhere", "r"))
    up = topics.up("edge", ADDRESS, Lane.OBSERVATION)
    first, last = (message(((n, n),), forms.encode(frame(n))) for n in (1, 2))
    bad = first.replace(b'"epoch":"e"', b'"epoch":"bad"')
    came = [Message(up, octets, mid, 1) for mid, octets in enumerate((first, bad, last))]
    assert [receipt.up_to for receipt in receiver._record(came)] == [1, 2]
    assert connection.execute("SELECT reason FROM quarantine").fetchall() == [
        ("ZeroDivisionError()",)
    ]


async def test_a_command_that_cannot_be_journalled_now_is_later(
    mosquitto: Mosquitto, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, failures = store.journal.receive, iter([True, True])

    async def failing(command: str, octets: bytes, at: Instant) -> bool:
        if next(failures, False):
            raise StoreError("locked")
        return await receive(command, octets, at)

    monkeypatch.setattr(store.journal, "receive", failing)
    octets = msgspec.json.encode(Command("c1", "dance", "2030-01-01T00:00:00Z"))
    async with (
        listening(mosquitto.url, "nothing") as (connection, _),
        publishing(store, settings(mosquitto.url)) as publisher,
    ):
        await until(lambda: publisher.status.connected)
        connection.publish(topics.down("edge", ADDRESS, topics.COMMAND), octets)
        await until(lambda: store.last(Lane.RESULT) == 1)


async def test_more_commands_than_can_wait_end_the_connection_and_come_again(
    mosquitto: Mosquitto, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_sync.commands.WAITING", 2)
    receive, flowing = store.journal.receive, asyncio.Event()

    async def stalled(command: str, octets: bytes, at: Instant) -> bool:
        await flowing.wait()
        return await receive(command, octets, at)

    monkeypatch.setattr(store.journal, "receive", stalled)
    async with (
        listening(mosquitto.url, "nothing") as (connection, _),
        publishing(store, settings(mosquitto.url)) as publisher,
    ):
        await until(lambda: publisher.status.connected)
        for n in range(8):
            octets = msgspec.json.encode(Command(f"c{n}", "dance", "2030-01-01T00:00:00Z"))
            connection.publish(topics.down("edge", ADDRESS, topics.COMMAND), octets)
        await until(lambda: "more commands come" in publisher.status.problem)
        flowing.set()
        await until(lambda: store.last(Lane.RESULT) >= 8)
        assert await store.journal.open() == []


async def test_a_receipt_lets_go_only_what_was_sent(mosquitto: Mosquitto, store: Store) -> None:
    down = topics.down("edge", ADDRESS, topics.RECEIPT)
    receipt = Receipt(1, ADDRESS.path, store.epoch, Lane.OBSERVATION, 3)
    await store.deliver([frame(1), frame(2), frame(3)])
    told = settings(mosquitto.url, unreceipted=1, batch_rows=1)
    async with (
        listening(mosquitto.url, "edge/+/+/+/+/+/+/+/+/up/#") as (connection, came),
        publishing(store, told) as publisher,
    ):
        await until(lambda: len(came) == 1)
        assert publisher.status.unreceipted == 1
        connection.publish(down, messages.encode(receipt))
        await until(lambda: len(came) == 2)
        await store.acknowledge(Lane.ALARM, ())
        assert await store._reader.all("SELECT sequence FROM outbox") == [(2,), (3,)]


async def test_a_receipt_is_kept_while_the_file_cannot_be_written(
    mosquitto: Mosquitto, region: Region, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledge, failures = store.acknowledge, iter([True, True])

    async def failing(lane: Lane, done: Ranges) -> int:
        if next(failures, False):
            raise StoreError("locked")
        return await acknowledge(lane, done)

    monkeypatch.setattr(store, "acknowledge", failing)
    async with publishing(store, settings(mosquitto.url)):
        await store.deliver([frame(1)])
        await drained(store)
    assert not next(failures, False)


async def test_the_broker_sends_no_more_than_we_take(
    start_mosquitto: Callable[..., Mosquitto],
) -> None:
    broker = start_mosquitto("max_inflight_messages 10")
    narrow = await dialing.connect(Broker(broker.url, "narrow", receive=3), 5)
    came: list[Message] = []

    def take(message: Message) -> None:
        came.append(message)
        if len(came) > 3:
            narrow.confirm(message)

    narrow.on_message = take
    await narrow.subscribe("t")
    async with listening(broker.url, "t") as (connection, all_of_them):
        for _ in range(10):
            connection.publish("t", b"")
        await until(lambda: len(all_of_them) == 10)
        await asyncio.sleep(0.2)
        assert len(came) == 3
        for one in tuple(came):
            narrow.confirm(one)
        await until(lambda: len(came) == 10)
    narrow.close()
