"""A subscriber of the broker that writes down when each message came, and looks into it later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_sync.wire import messages
from procfs import boot_ns

NS = 1_000_000_000


class _At(msgspec.Struct, frozen=True):
    ns: int


class _Frame(msgspec.Struct):
    type: str
    device: str = ""
    at: _At = _At(0)
    offsets: tuple[int, ...] = ()
    observations: tuple[msgspec.Raw, ...] = ()


_frames = msgspec.json.Decoder(_Frame)


@dataclass(frozen=True, slots=True)
class Came:
    """A message: when it came (CLOCK_BOOTTIME), where, what."""

    at: int
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame in a message.

    Attributes:
        at: when its last octets were received from the device, nanoseconds.
        came: when the message came to the subscriber, nanoseconds.
        lane: of the message.
        points: observations in it.
    """

    at: int
    came: int
    lane: str
    points: int


class Listener:
    """Listens to all below a root, from `with` on.

    Attributes:
        messages: what came, in order.
    """

    def __init__(self, url: str, root: str) -> None:
        self.messages: list[Came] = []
        self._root = root
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_connect = self._subscribe
        self._client.on_message = self._came
        where = urlsplit(url)
        self._client.connect(where.hostname or "", where.port or 1883)

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(f"{self._root}/#", qos=0)

    def _came(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.messages.append(Came(boot_ns(), message.topic, bytes(message.payload)))

    def between(self, since: int, until: int) -> list[Came]:
        """What came in a time."""
        return [one for one in self.messages if since <= one.at < until]


def upward(came: Iterable[Came]) -> list[Came]:
    """Only what gateways sent."""
    return [one for one in came if "/up/" in one.topic]


def frames(came: Iterable[Came], kind: str = "frame") -> Iterator[Heard]:
    """Every frame, or every record of another kind, in some messages."""
    for one in upward(came):
        batch = messages.decode_batch(one.payload)
        for record in batch.records:
            frame = _frames.decode(record)
            if frame.type == kind:
                last = frame.at.ns + (frame.offsets[-1] if frame.offsets else 0)
                yield Heard(last, one.at, batch.lane, len(frame.observations))
