"""The link: what it may carry and when, what it carried, and how one that is dead is noticed."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.model.records import Alarm, Lane, Priority
from edge_sync import dialing
from edge_sync.allowance import Limits, Spent, add, may_go, spent_of
from edge_sync.broker import Broker
from edge_sync.flight import PROBES, Flight
from edge_sync.linkup import LinkUp
from edge_sync.mqtt import Message
from edge_sync.portions import Packed, Portion
from edge_sync.settings import Confirm, Settings
from edge_sync.store import Store
from edge_sync.wire import messages, topics
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto
from tests.support.sync import ADDRESS, Clock, frame, until
from tests.support.way_up import drained, listening, publishing, settings

RTM_GETADDR, NLM_F_DUMP = 22, 0x301
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "buffer.sqlite") as opened:
        yield opened


def portion(lane: Lane, *, history: bool) -> Portion:
    return Portion(lane, history, 0, 1)


@given(st.integers(0, 2_000), st.integers(0, 23), st.sampled_from(list(Lane)), st.booleans())
def test_the_important_always_goes_and_history_yields_first(
    octets: int, hour: int, lane: Lane, history: bool
) -> None:
    limits, now = Limits(1_000, (22, 6)), NOON.replace(hour=hour)
    spent = Spent(now.date().isoformat(), octets)
    expected = octets < (800 if history else 1_000) and (not history or hour >= 22 or hour < 6)
    found = may_go(portion(lane, history=history), limits, spent, now)
    assert found is (expected or lane in (Lane.ALARM, Lane.RESULT))
    assert may_go(portion(lane, history=history), Limits(), spent, now)


def test_a_new_day_begins_with_nothing() -> None:
    spent = add(add(Spent(), 600, NOON), 500, NOON + timedelta(hours=1))
    assert spent == Spent("2026-11-22", 1_100)
    assert spent_of(spent.text()) == spent
    live = portion(Lane.OBSERVATION, history=False)
    assert not may_go(live, Limits(1_000), spent, NOON)
    assert may_go(live, Limits(1_000), spent, NOON + timedelta(days=1))
    assert add(spent, 7, NOON + timedelta(days=1)) == Spent("2026-11-23", 7)
    assert spent_of(None).octets == spent_of("nonsense").octets == 0


@pytest.mark.parametrize("hours", [(6, 22), (0, 24)])
def test_hours_of_one_day(hours: tuple[int, int]) -> None:
    history = portion(Lane.OBSERVATION, history=True)
    for hour in range(24):
        now = NOON.replace(hour=hour)
        assert may_go(history, Limits(hours=hours), Spent(), now) is (hours[0] <= hour < hours[1])


def test_a_silent_region_is_asked_again_and_not_flooded() -> None:
    told = Settings(Broker("mqtt://h", "c"), ADDRESS, window=100_000, history_window=100_000)
    flight, now = Flight(told), 0.0
    flight.begin(lambda _: 100_000, 65_535)
    sent: list[int] = []
    for _ in range(12):
        count = mid = 0
        while found := flight.next(lambda _: 100_000):
            if found.lane is not Lane.OBSERVATION:
                found.after = found.end
                continue
            rows = flight.rows(found)
            first = found.after + 1
            found.after += rows
            mid, count = mid + 1, count + 1
            flight.add(mid, found, Packed(b"", ((first, found.after),), rows), now)
            flight.landed(mid)
        sent.append(count)
        now += 301.0
        flight.go_back(now)
    assert sent[0] == told.unreceipted / told.batch_rows
    assert max(sent) <= PROBES


async def test_what_the_link_carried_is_counted_and_a_budget_holds_back_all_but_alarms(
    mosquitto: Mosquitto, store: Store
) -> None:
    told = settings(mosquitto.url, confirm=Confirm.PUBACK, limits=Limits(60_000))
    async with listening(mosquitto.url, "edge/#"), publishing(store, told) as publisher:
        for n in range(400):
            await store.deliver([frame(n)])
            if publisher.status.spent > 60_000:
                break
            await asyncio.sleep(0.01)
        await until(lambda: publisher.status.spent > 60_000)
        published = publisher.status.published
        await store.deliver([frame(n) for n in range(1000, 1010)])
        await store.deliver([Alarm("a", "d", "k", Priority.HIGH, Clock().now())], urgent=True)

        async def waiting() -> list[Lane]:
            return [state.lane for state in await store.state() if state.rows]

        async def the_alarm_is_gone() -> bool:
            return Lane.ALARM not in await waiting()

        await until(lambda: publisher.status.published > published)
        await until(the_alarm_is_gone)
        await asyncio.sleep(1.5)  # more than a tick
        assert await waiting() == [Lane.OBSERVATION]
    spent = spent_of(await store.mark("", "link-octets"))
    assert 0 < spent.octets < 120_000
    async with publishing(store, told) as publisher:  # it is the same day, so the same budget
        await until(lambda: publisher.status.connected)
        assert publisher.status.spent > 0


async def test_a_topics_name_travels_once(mosquitto: Mosquitto) -> None:
    topic = topics.up("edge", ADDRESS, Lane.OBSERVATION)
    async with listening(mosquitto.url, topic) as (connection, came):
        await asyncio.sleep(1.1)
        before = connection.carried
        for _ in range(3):
            connection.publish(topic, b"x", expires=60)
        await until(lambda: len(came) == 3)
        assert {message.topic for message in came} == {topic}
        await until(lambda: connection.carried > before)
        assert connection._addressed(topic, None)[0] == ""  # pyright: ignore[reportPrivateUsage]


async def test_what_nobody_fetches_in_time_expires(mosquitto: Mosquitto) -> None:
    away = Broker(mosquitto.url, "away")
    connection = await dialing.connect(away, 5)
    await connection.subscribe("edge/x")
    connection.close()
    async with listening(mosquitto.url, "nothing") as (sender, _):
        sender.publish("edge/x", b"brief", expires=1)
        sender.publish("edge/x", b"long", expires=600)
        await asyncio.sleep(2.5)
    connection = await dialing.connect(away, 5)
    came: list[Message] = []
    connection.on_message = came.append
    await until(lambda: bool(came))
    connection.close()
    assert [message.payload for message in came] == [b"long"]


class Proxy:
    """Between gateway and broker; it can fall silent without a word, or cut what goes through."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.cut_after = 1 << 40

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[int]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 12)
        async with server:
            yield int(server.sockets[0].getsockname()[1])
            self.flowing.set()

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, on = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(self._pipe(near, on), self._pipe(far, back))
        except ConnectionError:
            pass
        finally:
            on.transport.abort()
            back.transport.abort()

    async def _pipe(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while octets := await source.read(1 << 12):
            await self.flowing.wait()
            self.cut_after -= len(octets)
            if self.cut_after < 0:
                self.cut_after = 1 << 40
                raise ConnectionResetError
            to.write(octets)
            await to.drain()
        raise ConnectionResetError


async def test_what_is_not_acknowledged_ends_the_connection(mosquitto: Mosquitto) -> None:
    """The kernel does it, where packets vanish; the campaign of faults proves it on such a link."""
    connection = await dialing.connect(Broker(mosquitto.url, "x", silence=7.0), 5)
    sock = connection._client.socket()  # pyright: ignore[reportPrivateUsage]
    assert isinstance(sock, socket.socket)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7_000
    connection.close()


async def test_a_link_that_swallows_everything_is_noticed_in_seconds(
    mosquitto: Mosquitto, store: Store
) -> None:
    proxy = Proxy(mosquitto.port)
    await store.deliver([frame(n) for n in range(1, 600)])
    async with listening(mosquitto.url, "edge/#"), proxy.listening() as port:
        told = settings(f"mqtt://127.0.0.1:{port}", confirm=Confirm.PUBACK, batch_rows=10)
        patient = msgspec.structs.replace(told.broker, keepalive=2)
        told = msgspec.structs.replace(told, broker=patient)
        async with publishing(store, told) as publisher:
            await until(lambda: publisher.status.published > 2)
            proxy.flowing.clear()
            await until(lambda: not publisher.status.connected)
            proxy.flowing.set()
            await drained(store)


async def test_a_tls_link_that_is_cut_in_the_middle_of_a_record_loses_nothing(
    start_mosquitto: Callable[..., Mosquitto], store: Store, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "certificates")
    certificate, key = authority.certify("broker")
    broker = start_mosquitto(f"certfile {certificate}", f"keyfile {key}")
    proxy = Proxy(broker.port)
    dice = random.Random(1)
    await store.deliver([frame(n, octets=dice.randbytes(500)) for n in range(1, 301)])
    async with proxy.listening() as port:
        ours = Broker(f"mqtts://127.0.0.1:{port}", "gw1", ca_file=authority.file)
        direct = msgspec.structs.replace(ours, client_id="y")
        direct = msgspec.structs.replace(direct, url=f"mqtts://127.0.0.1:{broker.port}")
        listener = await dialing.connect(direct, 5)
        await listener.subscribe("edge/#")
        listener.on_message = listener.confirm
        told = settings(ours.url, broker=ours, confirm=Confirm.PUBACK, batch_rows=20)
        proxy.cut_after = 9_000
        async with publishing(store, told) as publisher:
            await drained(store)
            assert proxy.cut_after > 1 << 39
            assert publisher.status.connected
        listener.close()


@pytest.mark.parametrize("compress", [False, True])
async def test_live_messages_are_plain_unless_each_octet_costs(
    mosquitto: Mosquitto, store: Store, *, compress: bool
) -> None:
    told = settings(mosquitto.url, confirm=Confirm.PUBACK, compress_live=compress)
    async with listening(mosquitto.url, "edge/#") as (_, came), publishing(store, told) as one:
        await until(lambda: one.status.connected)
        await store.deliver([frame(n, points=20) for n in range(5)])
        await until(lambda: len(came) == 1)
    batch = messages.decode_batch(came[0].payload)
    assert (batch.history, batch.encoding) == (False, messages.NAMELESS if compress else "")
    assert len(batch.records) == 5
    per_point = len(came[0].payload) / 100
    assert per_point < 14 if compress else 100 < per_point < 150


async def test_a_new_address_cuts_the_back_off_short(
    mosquitto: Mosquitto, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_sync.linkup._SETTLE_S", 0.05)
    mosquitto.stop()
    told = settings(mosquitto.url, retry=600.0, retry_longest=600.0)
    async with publishing(store, told) as publisher:
        await until(lambda: bool(publisher.status.problem))
        mosquitto.start()
        publisher._link_up.note()  # pyright: ignore[reportPrivateUsage]
        await until(lambda: publisher.status.connected)


async def test_the_kernel_tells_of_new_addresses() -> None:
    """It is asked for all addresses, and its answers are taken as if they were news."""
    async with LinkUp() as link:
        assert not await link.wait(0.05)
        assert link._socket  # pyright: ignore[reportPrivateUsage]
        link._socket.send(struct.pack("=IHHII B3x", 20, RTM_GETADDR, NLM_F_DUMP, 1, 0, 0))  # pyright: ignore[reportPrivateUsage]
        assert await link.wait(60.0)
