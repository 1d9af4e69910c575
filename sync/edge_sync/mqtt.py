"""One MQTT connection: what is published, subscribed, confirmed; `pump` moves its octets.

Rules: a connection is made once and ends once; to connect again a fresh one is made, so nothing
that paho remembers outlives it (the database is the only queue). No callback raises. Nothing that
correctness needs is in MQTT 5's properties, so 3.1.1 does as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_sync.broker import BrokerError, ProtocolVersionError
from edge_sync.pump import Pump

log = logging.getLogger(__name__)
NO_SUBSCRIBER: Final = 0x10
"""A PUBACK's "No matching subscribers": no failure code, yet nobody has it."""
FAILURE: Final = 0x80
_UNSUPPORTED_VERSION: Final = 0x84
EARLY: Final = 1_000
"""Messages that are kept until somebody takes them; MQTT 3.1.1 knows no Receive Maximum."""


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
        self._pump = Pump(client, self._end)
        self._welcome: asyncio.Future[int] = self._loop.create_future()
        self._subscribed: dict[int, asyncio.Future[int]] = {}
        self._aliases: dict[str, int] = {}
        self._most_aliases = 0
        self._early: deque[Message] = deque()
        self._taker: Callable[[Message], None] | None = None
        self._take_over()

    @property
    def carried(self) -> int:
        """Octets that the link has carried for this connection, both ways, headers included."""
        return self._pump.carried

    @property
    def on_message(self) -> Callable[[Message], None] | None:
        """Who takes messages; None before there is anybody."""
        return self._taker

    @on_message.setter
    def on_message(self, taker: Callable[[Message], None]) -> None:
        self._taker = taker
        while self._early:
            self._guard(taker, self._early.popleft())

    def publish(self, topic: str, payload: bytes, expires: int | None = None) -> int:
        """Send a message with QoS 1; returns what `on_confirmed` will name it by.

        Args:
            topic: where; over MQTT 5 its name travels once, then the number it was given.
            payload: what.
            expires: seconds after which the broker need not deliver it (MQTT 5); None for ever.

        Raises:
            BrokerError: the connection has ended, or paho refuses the message.
        """
        name, properties = self._addressed(topic, expires)
        try:
            info = self._client.publish(name, payload, qos=1, properties=properties)
        except (ValueError, RuntimeError) as error:
            raise BrokerError(f"not published: {error}") from error
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(f"not published: {paho.error_string(info.rc)}")
        return info.mid

    def _addressed(self, topic: str, expires: int | None) -> tuple[str, Properties | None]:
        """What a PUBLISH says of its topic and its life (MQTT 5, 3.3.2.3)."""
        if self.version != MQTTProtocolVersion.MQTTv5:
            return topic, None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expires is not None:
            properties.MessageExpiryInterval = expires
        known = topic in self._aliases
        if not known and len(self._aliases) < self._most_aliases:
            self._aliases[topic] = len(self._aliases) + 1
        if topic in self._aliases:
            properties.TopicAlias = self._aliases[topic]
        return "" if known else topic, properties

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
        self._pump.close()

    def _end(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_result(why)

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
        self._pump.start()

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
        self._most_aliases = getattr(properties, "TopicAliasMaximum", 0)
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
        self._end(str(reason))

    def _guard(self, callback: Callable[..., None], *arguments: object) -> None:
        """An exception that reached paho would leave it half dead."""
        self._pump.arrived += 1
        try:
            callback(*arguments)
        except Exception:
            log.exception("a callback of the MQTT connection failed")


def _sentence(reason: int) -> str:
    try:
        return str(ReasonCode(PacketTypes.CONNACK, identifier=reason))
    except Exception:  # noqa: BLE001 - paho asserts on what it does not know
        return f"reason {reason:#x}"
