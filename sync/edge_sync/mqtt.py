"""One MQTT connection on the event loop: paho's state machine, our sockets, our patience.

Rules: a connection is made once and ends once; to connect again a fresh one is made, so nothing
that paho remembers outlives it (the database is the only queue). No callback raises. Nothing that
correctness needs is in MQTT 5's properties, so 3.1.1 does as well.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_sync.broker import BrokerError, ProtocolVersionError

log = logging.getLogger(__name__)
NO_SUBSCRIBER: Final = 0x10
"""A PUBACK's "No matching subscribers": no failure code, yet nobody has it."""
FAILURE: Final = 0x80
_UNSUPPORTED_VERSION: Final = 0x84
EARLY: Final = 1_000
"""Messages that are kept until somebody takes them; MQTT 3.1.1 knows no Receive Maximum."""
_READS: Final = 64
"""Packets read in one turn of the loop, so that nobody else starves."""


class Message(msgspec.Struct, frozen=True):
    """A message that came.

    Attributes:
        topic: where.
        payload: what.
        mid: names it to `Connection.confirm`.
        qos: as delivered.
    """

    topic: str
    payload: bytes
    mid: int
    qos: int


class Connection:
    """A connection to a broker, made by `dialing.connect`.

    Attributes:
        version: 5 or 4 (which is MQTT 3.1.1).
        receive_maximum: unconfirmed messages that the broker allows.
        largest: octets of the largest packet that the broker takes; 0 where it does not say.
        on_message: called with each message that comes; what comes before it is set is kept for it.
        on_confirmed: called with a published message's `mid` and the broker's reason code.
    """

    def __init__(self, client: paho.Client, version: int) -> None:
        self.version = version
        self.receive_maximum = 65_535
        self.largest = 0
        self.on_confirmed: Callable[[int, int], None] = lambda _mid, _reason: None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._socket: Any = client.socket()
        self._welcome: asyncio.Future[int] = self._loop.create_future()
        self._subscribed: dict[int, asyncio.Future[int]] = {}
        self._arrived = 0
        self._early: deque[Message] = deque()
        self._taker: Callable[[Message], None] | None = None
        self._stalled = False
        self._ticks: asyncio.TimerHandle | None = None
        self._take_over()

    @property
    def on_message(self) -> Callable[[Message], None] | None:
        """Who takes messages; None before there is anybody."""
        return self._taker

    @on_message.setter
    def on_message(self, taker: Callable[[Message], None]) -> None:
        self._taker = taker
        while self._early:
            self._guard(taker, self._early.popleft())

    def publish(self, topic: str, payload: bytes) -> int:
        """Send a message with QoS 1; returns what `on_confirmed` will name it by.

        Raises:
            BrokerError: the connection has ended, or paho refuses the message.
        """
        try:
            info = self._client.publish(topic, payload, qos=1)
        except (ValueError, RuntimeError) as error:
            raise BrokerError(f"not published: {error}") from error
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(f"not published: {paho.error_string(info.rc)}")
        return info.mid

    def confirm(self, message: Message) -> None:
        """Tell the broker that a message need not come again."""
        self._client.ack(message.mid, message.qos)

    async def subscribe(self, *filters: str) -> None:
        """Have messages of these topics come, with QoS 1.

        Raises:
            BrokerError: refused, or no answer.
        """
        code, mid = self._client.subscribe([(name, 1) for name in filters])
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise BrokerError(f"not subscribed: {paho.error_string(code)}")
        answer = self._subscribed.setdefault(mid, self._loop.create_future())
        reason = await self._answer(answer, "SUBACK")
        if reason >= FAILURE:
            raise BrokerError(f"the broker refuses the subscription (reason {reason:#x})")

    async def welcome(self, patience: float) -> None:
        """Wait for the CONNACK.

        Raises:
            ProtocolVersionError: another version may do.
            BrokerError: refused, or no answer.
        """
        reason = await self._answer(self._welcome, "CONNACK", patience, ProtocolVersionError)
        if reason == _UNSUPPORTED_VERSION:
            raise ProtocolVersionError(f"the broker does not speak MQTT version {self.version}")
        if reason:
            raise BrokerError(f"the broker refuses us: {_sentence(reason)}")

    def close(self, why: str = "closed") -> None:
        """End it; may be called twice."""
        if self.ended.done():
            return
        self.ended.set_result(why)
        sock = self._socket
        self._client.disconnect()
        self._client.loop_write()
        self._let_go()
        if sock is not None:
            sock.close()

    def hang_up(self, why: str) -> None:
        """End it soon, out of a callback: what is not confirmed comes again."""
        self._loop.call_soon(self.close, why)

    async def _answer(
        self,
        answer: asyncio.Future[int],
        what: str,
        patience: float = 10.0,
        ended: type[BrokerError] = BrokerError,
    ) -> int:
        either: set[asyncio.Future[Any]] = {answer, self.ended}
        await asyncio.wait(either, timeout=patience, return_when="FIRST_COMPLETED")
        if answer.done():
            return answer.result()
        if self.ended.done():
            raise ended(f"no {what}: {self.ended.result()}")
        raise BrokerError(f"no {what} within {patience:g} s")

    def _take_over(self) -> None:
        client = self._client
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        client.on_socket_close = self._on_socket_close
        self._loop.add_reader(self._socket, self._read)
        self._loop.call_soon(self._write)
        self._tick()

    def _let_go(self) -> None:
        if self._ticks:
            self._ticks.cancel()
        if self._socket is not None and self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket = None

    def _read(self) -> None:
        for _ in range(_READS):
            before = self._arrived
            code = self._client.loop_read()
            self._judge(code)
            if self._socket is None or code or not self._more(before):
                return

    def _more(self, before: int) -> bool:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return self._arrived != before

    def _write(self) -> None:
        """Write what there is; only when the socket takes no more, wait until it does."""
        if self._socket is None:
            return
        self._judge(self._client.loop_write())
        if self._socket is not None and self._client.want_write() and not self._stalled:
            self._stalled = True
            self._loop.add_writer(self._socket, self._write)

    def _tick(self) -> None:
        self._judge(self._client.loop_misc())
        if not self.ended.done():
            self._ticks = self._loop.call_later(1.0, self._tick)

    def _judge(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not self.ended.done():
            self.ended.set_result(paho.error_string(code))
            self._let_go()

    def _on_connect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self.receive_maximum = getattr(properties, "ReceiveMaximum", self.receive_maximum)
        self.largest = getattr(properties, "MaximumPacketSize", 0)
        if not self._welcome.done():
            self._welcome.set_result(reason.value)

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        reasons: list[ReasonCode],
        _more: object,
    ) -> None:
        answer = self._subscribed.setdefault(mid, self._loop.create_future())
        if not answer.done():
            answer.set_result(max(reason.value for reason in reasons))

    def _on_publish(
        self, _client: paho.Client, _data: object, mid: int, reason: ReasonCode, _more: object
    ) -> None:
        self._guard(self.on_confirmed, mid, reason.value)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._guard(self._came, message)

    def _came(self, message: paho.MQTTMessage) -> None:
        """A session's messages come right behind the CONNACK, before anybody can take them."""
        came = Message(message.topic, bytes(message.payload), message.mid, message.qos)
        if self._taker:
            self._taker(came)
        elif len(self._early) < EARLY:
            self._early.append(came)
        else:
            self.hang_up("too many messages before anybody takes them")

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        if not self.ended.done():
            self.ended.set_result(str(reason))

    def _on_register_write(self, _client: paho.Client, _data: object, _socket: object) -> None:
        if not self._stalled:
            self._loop.call_soon(self._write)

    def _on_unregister_write(self, _client: paho.Client, _data: object, _socket: object) -> None:
        if self._stalled and self._socket is not None and self._socket.fileno() >= 0:
            self._stalled = False
            self._loop.remove_writer(self._socket)

    def _on_socket_close(self, _client: paho.Client, _data: object, _socket: object) -> None:
        self._let_go()

    def _guard(self, callback: Callable[..., None], *arguments: object) -> None:
        """An exception that reached paho would leave it half dead."""
        self._arrived += 1
        try:
            callback(*arguments)
        except Exception:
            log.exception("a callback of the MQTT connection failed")


def _sentence(reason: int) -> str:
    try:
        return str(ReasonCode(PacketTypes.CONNACK, identifier=reason))
    except Exception:  # noqa: BLE001 - paho asserts on what it does not know
        return f"reason {reason:#x}"
