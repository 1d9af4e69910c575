"""The demo's broker, as the demo uses it: a process, an MQTT 5 client, a persistent session."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


@dataclass
class Broker:
    process: subprocess.Popen[str]
    port: int


def start(root: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(root / "demo" / "broker.py"), str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def broker(root: Path) -> Iterator[Broker]:
    with start(root, 0) as process:
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("listening on 127.0.0.1:"), said
        yield Broker(process, int(said.rpartition(":")[2]))
        process.kill()


@dataclass
class Session:
    """A client with a session that outlives its connection."""

    port: int
    name: str
    received: list[bytes] = field(default_factory=list[bytes])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def connect(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, self.name, protocol=MQTTv5)
        client.on_message = self.note
        keep = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        keep.SessionExpiryInterval = 60
        client.connect("127.0.0.1", self.port, clean_start=False, properties=keep)
        client.loop_start()
        return client

    def note(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self.changed:
            self.received.append(bytes(message.payload))
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[bytes]:
        with self.changed:
            self.changed.wait_for(lambda: len(self.received) >= count, timeout=60)
        return self.received


def disconnect(client: Client) -> None:
    client.disconnect()
    client.loop_stop()


def subscribe(client: Client) -> None:
    done = threading.Event()

    def note(*_: object) -> None:
        done.set()

    client.on_subscribe = note
    client.subscribe("up/#", qos=1)
    assert done.wait(60)


def publish(client: Client, *payloads: bytes) -> None:
    for payload in payloads:
        client.publish("up/observation", payload, qos=1).wait_for_publish(60)


def test_a_session_gets_what_was_sent_while_it_was_away(broker: Broker) -> None:
    region, gateway = Session(broker.port, "region"), Session(broker.port, "gateway").connect()
    client = region.connect()
    subscribe(client)
    publish(gateway, b"seen")
    assert region.wait_for(1) == [b"seen"]
    disconnect(client)
    publish(gateway, b"missed", b"missed too")
    client = region.connect()
    assert region.wait_for(3) == [b"seen", b"missed", b"missed too"]
    disconnect(client)
    disconnect(gateway)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(broker: Broker, number: signal.Signals) -> None:
    gateway = Session(broker.port, "gateway").connect()
    publish(gateway, b"still here")
    broker.process.send_signal(number)
    _, errors = broker.process.communicate(timeout=60)
    assert (broker.process.returncode, errors) == (0, "")
    disconnect(gateway)


def test_a_taken_port_is_said(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(root, taken.getsockname()[1])
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "in use" in errors


def test_wrong_arguments_are_said(root: Path) -> None:
    command = [sys.executable, str(root / "demo" / "broker.py"), "any"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr[:6]) == (2, "usage:")
