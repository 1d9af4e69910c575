"""A village clinic whose surroundings can be made to fail, each part a process of its own.

Broker and region stand behind a link (`relay`); the agent runs under a shim (`shim.c`) that makes
the clock step, the card slow and its writes fail. As root the link crosses a pair of network
namespaces, so that a black hole is one to TCP too, and the agent's folder is a small file system.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from broker import HOST, free_port, wait_for
from link import Link
from listener import Listener
from programs import BIN, Program
from settings import device_config

DISK = 48 << 20
NS = 1_000_000_000
FILLING = 120.0
"""Seconds that it may take to make a backlog."""
CLOCK, DELAY, FAILURES = range(3)
"""Numbers in the shim's controls."""


class Village:
    """What runs, in a folder of its own; what can happen to it are methods.

    Args:
        polled: Modbus devices beside the clinic's.
        shim: the agent runs under `shim.c`, which needs a C compiler.

    Attributes:
        folder: where all of it lives; it is gone afterwards unless told to `keep` it.
    """

    def __init__(self, polled: int, *, shim: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="edge-faults-"))
        self.root = f"faults-{os.getpid()}"
        self.programs: dict[str, Program] = {}
        self.clinics: list[dict[str, Any]] = []
        self.keep = False
        self._polled = polled
        self._agents: set[str] = set()
        self._controls = self.folder / "controls"
        self._controls.write_bytes(bytes(32))
        self._within = _preload(self.folder, self._controls) if shim else ()
        self._socket = self.folder / "broker.socket"
        self._link = Link(self.folder, self._socket)
        self._lock: sqlite3.Connection | None = None
        self._listener: Listener | None = None
        self._port = free_port()
        self.state = self.folder / "state"
        self.state.mkdir()
        self._mounted = False

    def __enter__(self) -> Self:
        try:
            self.broker_up()
            self.region_up()
            self._devices("clinic")
            self._devices("modbus-bench", "--units", str(self._polled))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()
        if error is None and not self.keep:
            shutil.rmtree(self.folder)
        else:
            print(f"faults: kept {self.folder}", file=sys.stderr)

    def close(self) -> None:
        """Stop everything."""
        for program in reversed(self.programs.values()):
            program.stop()
        self._link.close()
        self.region_unlocks()
        if self._mounted:
            subprocess.run(["umount", str(self.state)], check=True)

    @property
    def database(self) -> Path:
        """The region's."""
        return self.folder / "region.sqlite"

    @property
    def buffers(self) -> list[Path]:
        """Of the agents."""
        folders = (self.state, self.folder / "twin")
        return [path for folder in folders if (path := folder / "buffer.sqlite").exists()]

    @property
    def journals(self) -> list[Path]:
        """Where the devices wrote down what they made."""
        return list(self.folder.glob("*/journal"))

    def start(self, name: str, *command: str) -> Program:
        """Start a program; one of that name that ran before has ended."""
        program = self.programs[name] = Program(name, command, self.folder)
        program.start()
        return program

    # --- what can happen, by the names that rows use -------------------------------------------

    def agent_up(self) -> None:
        """Start the agent."""
        self._agent("agent", self.state, self.clinics)

    def agent_kill(self) -> None:
        """SIGKILL."""
        self._agents.discard("agent")
        self.programs["agent"].kill()

    def agent_term(self) -> None:
        """SIGTERM: it ends in its own way."""
        self._agents.discard("agent")
        self.programs["agent"].stop()

    def offline(self, hours: int, a_second: int) -> None:
        """The agent has been offline for so long, with so many readings a second of one strap."""
        rows = hours * 3600 * a_second
        self.start(
            "backlog", "python", str(Path(__file__).with_name("backlog.py")),
            str(self.state / "buffer.sqlite"), str(self.folder / "backlog/journal/strap.jsonl"),
            str(rows), str(1 / a_second),
        ).wait(FILLING)  # fmt: skip

    def twin_up(self) -> None:
        """Start another agent under the same gateway's name, with some of the Modbus devices."""
        some = [{**one, "radio": "", "devices": one["devices"][:5]} for one in self.clinics[1:]]
        (self.folder / "twin").mkdir()
        self._agent("twin", self.folder / "twin", some)

    def link(self, state: str) -> None:
        """`open`, `cut` or `hole`."""
        self._link.set(state)

    def broker_up(self, *lines: str) -> None:
        """Start Mosquitto, with more lines of configuration."""
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise SystemExit("faults: no mosquitto; `./edge faults` installs it as root")
        file = self.folder / "mosquitto.conf"
        text = [f"listener {self._port} {HOST}", f"listener 0 {self._socket}", *lines]
        text += ["allow_anonymous true"]
        text += ["user root"] if os.geteuid() == 0 else []
        file.write_text("\n".join([*text, f"acl_file {self._acl('readwrite')}", ""]))
        self.start("broker", program, "-c", str(file))
        wait_for(self._port)

    def broker_kill(self) -> None:
        """SIGKILL, and started again: all that it held in memory is gone."""
        self.programs["broker"].kill()
        self.programs["broker"].start()

    def broker_refuses(self) -> None:
        """Nobody may write any more (PUBACK 0x87, or silence for MQTT 3.1.1)."""
        self._acl("read")
        os.kill(self.programs["broker"].pid, signal.SIGHUP)

    def broker_allows(self) -> None:
        """Everybody may write again."""
        self._acl("readwrite")
        os.kill(self.programs["broker"].pid, signal.SIGHUP)

    def region_up(self) -> None:
        """Start the receiver; it is ready on return."""
        if self._listener is not None:
            self._listener.__exit__(None, None, None)
            self._listener = None
        url = f"mqtt://{HOST}:{self._port}"
        options = ("--root", self.root, "--client-id", self.root)
        self.start("region", "edge-region", url, str(self.database), *options).await_line("ready")

    def region_forgets(self) -> None:
        """The receiver and its session are gone; another hears all: PUBACKs that mean nothing."""
        self.programs["region"].stop()
        session = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.root, clean_session=True)
        session.connect(HOST, self._port)  # with a new session the old one's messages are gone
        session.loop_start()
        time.sleep(0.5)
        session.disconnect()
        session.loop_stop()
        self._listener = Listener(f"mqtt://{HOST}:{self._port}", self.root)
        self._listener.__enter__()

    def region_locks(self) -> None:
        """Somebody else holds the region's database: it cannot commit."""
        self._lock = sqlite3.connect(self.database, isolation_level=None)
        self._lock.execute("BEGIN EXCLUSIVE")

    def region_unlocks(self) -> None:
        """It can again."""
        if self._lock:
            self._lock.rollback()
            self._lock.close()
            self._lock = None

    def disk_small(self) -> None:
        """The agent's folder becomes a small file system of its own; before it starts."""
        size = f"size={DISK}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "edge", self.state], check=True)
        self._mounted = True

    def disk_fills(self) -> None:
        """Somebody writes the disk full."""
        with (self.state / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                return

    def disk_frees(self) -> None:
        """And away with it."""
        (self.state / "filler").unlink()

    def card(self, milliseconds: int) -> None:
        """Each write to the card's cells takes so much longer."""
        self._control(DELAY, milliseconds * 1_000_000)

    def sync_fails(self, times: int) -> None:
        """So many of the next fdatasync fail with EIO."""
        self._control(FAILURES, times)

    def clock_steps(self, days: int) -> None:
        """The wall clock is off by so many days from now on."""
        self._control(CLOCK, days * 86_400 * NS)

    # --- behind it -----------------------------------------------------------------------------

    def tend(self) -> None:
        """Start again what died by itself, as systemd would."""
        for name in self._agents:
            if not self.programs[name].alive and self.programs[name].age > 1.0:
                self.programs[name].start()

    def stop_devices(self) -> None:
        """The devices are switched off."""
        for name in ("clinic", "modbus-bench"):
            self.programs[name].stop()

    def stop_agents(self) -> None:
        """They end in their own way."""
        for name in self._agents:
            self.programs[name].stop()

    def _devices(self, *command: str) -> None:
        folder = self.folder / command[0]
        program = self.start(command[0], "edge-simulator", *command, "--dir", str(folder))
        program.await_line("ready")
        self.clinics.append(json.loads((folder / "clinic.json").read_text()))

    def _agent(self, name: str, state: Path, clinics: Sequence[dict[str, Any]]) -> None:
        file = self.folder / f"{name}.toml"
        radio = next((one["radio"] for one in clinics if one["radio"]), "")
        tables = [
            '[gateway]\nname = "faults"\nzone = "Asia/Shanghai"',
            f'state_dir = "{state}"\nspecs_dir = "{self.folder / "modbus-bench" / "specs"}"\n',
            f'[region]\nroot = "{self.root}"\nsite = "faults"\nunbound = "send"\n',
            f'[broker]\nurl = "{self._link.url}"\n',
            *([f'[ble]\nadapter = "{radio}"\n'] if radio else []),
            *(device_config(device) for one in clinics for device in one["devices"]),
        ]
        file.write_text("\n".join(tables))
        self._agents.add(name)
        command = (str(BIN / "edge-agent"), "run", "--config", str(file))
        self.start(name, *self._within, *command)

    def _control(self, which: int, value: int) -> None:
        with self._controls.open("r+b") as file:
            file.seek(8 * which)
            file.write(struct.pack("q", value))

    def _acl(self, right: str) -> Path:
        file = self.folder / "acl"
        file.write_text(f"topic {right} #\n")
        file.chmod(0o600)
        return file


def _preload(folder: Path, controls: Path) -> tuple[str, ...]:
    """The beginning of a command that runs under the shim."""
    built = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(built), str(source)], check=True)
    return ("/usr/bin/env", f"LD_PRELOAD={built}", f"EDGE_FAULTS={controls}")
