"""Reaching a broker: what blocks (names, TCP, TLS) happens in a thread, the rest on the loop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_sync.broker import VERSIONS, Broker, BrokerError, ProtocolVersionError
from edge_sync.mqtt import Connection
from edge_sync.trust import Floor, judge


class Dialer:
    """Connects, and remembers which version of MQTT the broker speaks.

    Args:
        broker: how it is reached.
        floor: by which certificates are judged; None where this machine's clock is believed.

    Attributes:
        version: the one to be tried next.
    """

    def __init__(self, broker: Broker, floor: Floor | None = None) -> None:
        self.version = VERSIONS[0]
        self._broker = broker
        self._floor = floor

    async def connect(self) -> Connection:
        """A connection in either version.

        Raises:
            BrokerError: it cannot be reached, cannot be trusted, or refuses us.
        """
        try:
            return await connect(self._broker, self.version, self._floor)
        except ProtocolVersionError:
            self.version = next(v for v in VERSIONS if v != self.version)
            return await connect(self._broker, self.version, self._floor)


async def connect(broker: Broker, version: int, floor: Floor | None = None) -> Connection:
    """Connect with one version of MQTT, 5 or 4 (3.1.1).

    Raises:
        ProtocolVersionError: another version may do.
        BrokerError: it cannot be reached, cannot be trusted, or refuses us.
    """
    client = await _in_thread(lambda: _dial(broker, version, floor))
    if client.socket() is None:
        raise BrokerError(f"{broker.url}: the broker closed the connection at once")
    connection = Connection(client, version)
    try:
        await connection.welcome(broker.patience)
    except BaseException:
        connection.close()
        raise
    return connection


def _dial(broker: Broker, version: int, floor: Floor | None) -> paho.Client:
    """Name look-up, TCP, TLS and the CONNECT packet, which block."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=broker.client_id,
        clean_session=None if version == MQTTProtocolVersion.MQTTv5 else not broker.session,
        protocol=MQTTProtocolVersion(version),
        manual_ack=True,
        reconnect_on_failure=False,
    )
    client.connect_timeout = broker.patience
    client.max_inflight_messages = 0  # none of paho's: the caller keeps the window
    client.on_socket_open = lambda _client, _data, sock: _watch(
        cast("socket.socket", sock), broker.silence
    )
    try:
        _identify(client, broker, floor)
        host, port = broker.endpoint
        client.connect(host, port, broker.keepalive, **_session(broker, version))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise BrokerError(f"{broker.url}: {error}") from error
    return client


def _identify(client: paho.Client, broker: Broker, floor: Floor | None) -> None:
    context = broker.tls()
    if context:
        judge(context, floor)
        client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType]
    if broker.username:
        password = Path(broker.password_file).read_text().strip() if broker.password_file else None
        client.username_pw_set(broker.username, password)


def _session(broker: Broker, version: int) -> dict[str, Any]:
    if version != MQTTProtocolVersion.MQTTv5:
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = broker.session
    properties.ReceiveMaximum = broker.receive
    # No MaximumPacketSize: Mosquitto 2 never gives back the quota of what it drops for it.
    return {"clean_start": not broker.session, "properties": properties}


def _watch(sock: socket.socket, silence: float) -> None:
    """A black hole is noticed in seconds, not in TCP's quarter of an hour."""
    milliseconds = int(silence * 1000)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def _in_thread(dial: Callable[[], paho.Client]) -> paho.Client:
    """Run what blocks in a thread that nobody waits for when the program ends."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[paho.Client] = loop.create_future()

    def settle(client: paho.Client | None, error: BaseException | None) -> None:
        if answer.done():
            _hang_up(client)
        elif error:
            answer.set_exception(error)
        elif client:
            answer.set_result(client)

    def run() -> None:
        client, failure = None, None
        try:
            client = dial()
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            failure = error
        try:
            loop.call_soon_threadsafe(settle, client, failure)
        except RuntimeError:  # the loop has ended meanwhile
            _hang_up(client)

    threading.Thread(target=run, name="edge-dial", daemon=True).start()
    return await answer


def _hang_up(client: paho.Client | None) -> None:
    """Let go of a connection that nobody waits for any more."""
    sock = cast("socket.socket | None", client.socket()) if client else None
    if sock is not None:
        sock.close()
