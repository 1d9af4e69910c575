"""ThingsBoard IoT Gateway beside ours: same devices, same broker, one after the other.

It is installed from PyPI into an environment of its own (`.rival`) and runs as shipped but for what
is told here: SQLite storage, read a thousand rows at a time, and a Modbus connector with the same
devices and points. The broker is plain Mosquitto; what ThingsBoard's server would answer at its
start, we answer. A point counts when its value is at a subscriber, and is as old there as its
gateway's own stamp says.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cases import POINTS, Load
from figures import Figure, Outcome, spread
from listener import NS, Came, Listener, frames, upward
from procfs import boot_ns
from scene import HERE, Scene
from window import Window, watch

VERSION = "3.8.5"
NAME = f"ThingsBoard IoT Gateway {VERSION}"
PLACE = HERE.parent / ".rival"
LIMITS = "v1/devices/me/rpc/request/"
UP = "v1/gateway/telemetry"
ONE = Load(
    "one Modbus TCP device of 20 points at 1 Hz",
    ("edge-simulator", "modbus-bench", "--units", "1"),
    rate=20,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a gateway did in a window.

    Attributes:
        rss: resident memory, MB.
        share: of a core, percent.
        points: values a second at the subscriber.
        octets: of payload up for each.
        ages: milliseconds of each from the gateway's stamp to the subscriber.
    """

    rss: float
    share: float
    points: float
    octets: float
    ages: list[float]

    @classmethod
    def of(cls, window: Window, octets: int, ages: list[float]) -> Found:
        """From what was seen."""
        points, seconds = len(ages), (window.until - window.since) / NS
        share = window.shares["agent"]
        return cls(window.memory.rss, share, points / seconds, octets / max(points, 1), ages)

    def figures(self) -> tuple[Figure, ...]:
        """For the table."""
        return (
            Figure("agent, resident memory (RSS)", self.rss, "MB"),
            Figure("agent, processor", self.share, "% of a core"),
            Figure("points at the subscriber", self.points, "/s"),
            Figure("payload up, each point", self.octets, "octets"),
            *spread("from its stamp to the subscriber", self.ages, "ms"),
        )


def measure(options: Namespace) -> Iterator[Outcome]:
    """Both gateways under each load, by turns, and how they compare."""
    program = installed()
    for load in (ONE, POINTS):
        packed = _ours(load, options.warm_up, options.seconds, "all")
        yield Outcome("rival", f"this gateway, all compressed; {load.title}", packed.figures())
        ours = _ours(load, options.warm_up, options.seconds)
        yield Outcome("rival", f"this gateway; {load.title}", ours.figures())
        theirs = _theirs(program, load, options.warm_up, options.seconds)
        yield Outcome("rival", f"{NAME}; {load.title}", theirs.figures())
        yield Outcome(
            "rival",
            f"this gateway for each of the other; {load.title}",
            (
                Figure("resident memory", ours.rss / theirs.rss, ""),
                Figure("processor", ours.share / theirs.share, ""),
                Figure("payload up, each point", ours.octets / theirs.octets, ""),
                Figure("payload up, all compressed", packed.octets / theirs.octets, ""),
                Figure("median age at the subscriber", median(ours.ages) / median(theirs.ages), ""),
            ),
        )


def installed() -> Path:
    """The rival's program; installed when it is not there.

    Raises:
        SystemExit: that was not possible.
    """
    program = PLACE / "bin" / "thingsboard-gateway"
    if not program.exists():
        python = PLACE / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", f"thingsboard-gateway=={VERSION}"]
        for command in ([sys.executable, "-m", "venv", str(PLACE)], pip):
            if subprocess.run(command, check=False).returncode:
                raise SystemExit(f"bench: thingsboard-gateway {VERSION} could not be installed")
    return program


def _ours(load: Load, warm_up: float, seconds: float, compress: str = "history") -> Found:
    with Scene() as scene:
        scene.start_devices(*load.devices)
        with Listener(scene.url, scene.root) as listener:
            scene.start_agent(compress=compress)
            window = watch(scene, warm_up, seconds)
        came = upward(listener.between(window.since, window.until))
        ages = [(one.came - one.at) / 1e6 for one in frames(came) for _ in range(one.points)]
        return Found.of(window, sum(len(one.payload) for one in came), ages)


def _theirs(program: Path, load: Load, warm_up: float, seconds: float) -> Found:
    with Scene() as scene:
        scene.start_devices(*load.devices)
        server = _Server(scene.url)
        with Listener(scene.url, "v1") as listener:
            folder = _configure(scene)
            places = (f"TB_GW_CONFIG_DIR={folder}/", f"TB_GW_LOGS_PATH={folder}")
            scene.start("agent", "/usr/bin/env", *places, str(program))
            window = watch(scene, warm_up, seconds)
        server.stop()
        came = [one for one in listener.between(window.since, window.until) if one.topic == UP]
        return Found.of(window, sum(len(one.payload) for one in came), list(_ages(came)))


class _Server:
    """Answers what the gateway asks ThingsBoard at its start."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("mqtt://").rpartition(":")
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._connected
        self._client.on_message = self._asked
        self._client.connect(host, int(port))
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(f"{LIMITS}+", qos=1)

    def _asked(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if json.loads(message.payload).get("method") == "getSessionLimits":
            number = message.topic.removeprefix(LIMITS)
            limits = {"maxPayloadSize": 65536, "maxInflightMessages": 100}
            client.publish(f"v1/devices/me/rpc/response/{number}", json.dumps(limits), qos=1)


def _configure(scene: Scene) -> Path:
    folder = scene.folder / "rival"
    folder.mkdir()
    host, _, port = scene.url.removeprefix("mqtt://").rpartition(":")
    storage = {
        "type": "sqlite",
        "data_file_path": f"{folder}/data.db",
        "messages_ttl_check_in_hours": 1,
        "messages_ttl_in_days": 7,
        "max_read_records_count": 1000,
    }
    gateway = {
        "thingsboard": {
            "host": host,
            "port": int(port),
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "deviceFiltering": {"enable": False, "filterFile": "list.json"},
            "security": {"type": "accessToken", "accessToken": "bench"},
            "qos": 1,
            "reportStrategy": {"type": "ON_RECEIVED"},
            "checkingDeviceActivity": {"checkDeviceInactivity": False},
        },
        "storage": storage,
        "grpc": {"enabled": False},
        "connectors": [{"type": "modbus", "name": "bench", "configuration": "modbus.json"}],
    }
    (folder / "tb_gateway.json").write_text(json.dumps(gateway))
    slaves = [_slave(device) for device in scene.clinic["devices"]]
    (folder / "modbus.json").write_text(json.dumps({"master": {"slaves": slaves}}))
    shipped = next(PLACE.glob("lib/*/site-packages/thingsboard_gateway/config/logs.json"))
    (folder / "logs.json").write_bytes(shipped.read_bytes())
    return folder


def _slave(device: dict[str, Any]) -> dict[str, Any]:
    link = device["link"]
    points = [
        {"tag": f"p{n}", "type": "16uint", "functionCode": 3, "objectsCount": 1, "address": n}
        for n in range(20)
    ]
    return {
        "host": link["host"], "port": link["port"], "type": "tcp", "method": "socket",
        "unitId": link["unit"], "deviceName": device["alias"], "deviceType": "default",
        "timeout": 3, "byteOrder": "BIG", "wordOrder": "BIG", "retries": False,
        "pollPeriod": 1000, "connectAttemptTimeMs": 1000, "connectAttemptCount": 5,
        "waitAfterFailedAttemptsMs": 5000, "timeseries": points, "attributes": [],
    }  # fmt: skip


def _ages(came: list[Came]) -> Iterator[float]:
    """Milliseconds of each value from the gateway's stamp (wall time) to the subscriber."""
    ahead = time.time_ns() - boot_ns()
    for one in came:
        for readings in json.loads(one.payload).values():
            for reading in readings:
                yield from [(one.at + ahead) / 1e6 - reading["ts"]] * len(reading["values"])
