"""paho's state machine driven by the event loop: reading, writing, ticking, and the end of it.

Rule: nobody but this touches the socket between its first octet and its last.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

_READS: Final = 64
"""Packets read in one turn of the loop, so that nobody else starves."""
_TICK_S: Final = 1.0
_TCP_INFO: Final = 208
_RECEIVED_AT, _SEGMENTS_AT, _SENT_AT = 128, 136, 200
"""Of struct tcp_info (linux/tcp.h): tcpi_bytes_received, tcpi_segs_out and _in, tcpi_bytes_sent."""
_HEADERS: Final = 52
"""Octets of IPv4 and TCP before a segment's own, with time stamps."""


class Pump:
    """Moves octets of one connection.

    Args:
        client: connected; its socket is ours from now on.
        ended: told once, with a reason, when the connection is over.

    Attributes:
        arrived: how many packets have been taken from paho; whoever takes one counts it.
        carried: octets that the link has carried for it, both ways, headers included.
    """

    def __init__(self, client: paho.Client, ended: Callable[[str], None]) -> None:
        self.arrived = 0
        self.carried = 0
        self._client = client
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._socket: Any = client.socket()
        self._stalled = False
        self._ticks: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin; the callbacks that paho has for sockets are taken."""
        client = self._client
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        client.on_socket_close = self._on_socket_close
        self._loop.add_reader(self._socket, self._read)
        self._loop.call_soon(self._write)
        self._tick()

    def close(self) -> None:
        """Say goodbye and close."""
        sock = self._socket
        self._client.disconnect()
        self._client.loop_write()
        self._let_go()
        if sock is not None:
            sock.close()

    def _let_go(self) -> None:
        if self._ticks:
            self._ticks.cancel()
        if self._socket is not None and self._socket.fileno() >= 0:
            self.carried = _carried(self._socket) or self.carried
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket = None

    def _read(self) -> None:
        for _ in range(_READS):
            before = self.arrived
            code = self._client.loop_read()
            self._judge(code)
            if self._socket is None or code or not self._more(before):
                return

    def _more(self, before: int) -> bool:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return self.arrived != before

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
        if self._socket is not None:
            self.carried = _carried(self._socket) or self.carried
            self._ticks = self._loop.call_later(_TICK_S, self._tick)

    def _judge(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._ended(paho.error_string(code))
            self._let_go()

    def _on_register_write(self, _client: paho.Client, _data: object, _socket: object) -> None:
        if not self._stalled:
            self._loop.call_soon(self._write)

    def _on_unregister_write(self, _client: paho.Client, _data: object, _socket: object) -> None:
        if self._stalled and self._socket is not None and self._socket.fileno() >= 0:
            self._stalled = False
            self._loop.remove_writer(self._socket)

    def _on_socket_close(self, _client: paho.Client, _data: object, _socket: object) -> None:
        self._let_go()


def _carried(sock: socket.socket) -> int:
    """What the kernel counted; 0 where it does not tell."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO)
    if len(info) < _TCP_INFO:
        return 0
    octets: int = sum(struct.unpack_from("Q", info, at)[0] for at in (_RECEIVED_AT, _SENT_AT))
    segments: int = sum(struct.unpack_from("2I", info, _SEGMENTS_AT))
    return octets + segments * _HEADERS
