"""A gateway at work, for measuring: broker, region, simulated devices and agent, as the demo's.

Each is a process of its own and the real one; the broker is Mosquitto as Debian ships it, or the
demo's where there is none.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mosquitto import find_mosquitto, mosquitto
from ports import HOST, free_port, wait_for
from programs import Program
from settings import device_config

HERE = Path(__file__).parent
DEMO = HERE.parent / "demo"


class Scene:
    """What runs, in a folder that is gone afterwards.

    Attributes:
        folder: where all of it lives.
        root: what topics begin with.
        url: of the broker.
        programs: what runs, by name.
        clinic: the devices, as `clinic.json` describes them.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="edge-bench-"))
        self.root = f"bench-{os.getpid()}"
        self.url = ""
        self.programs: dict[str, Program] = {}
        self.clinic: dict[str, Any] = {"radio": "", "devices": []}

    def __enter__(self) -> Self:
        self._start_broker()
        self.start_region()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for program in reversed(self.programs.values()):
            program.stop()
        if error is None:
            shutil.rmtree(self.folder)

    @property
    def database(self) -> Path:
        """The region's."""
        return self.folder / "region.sqlite"

    @property
    def state(self) -> Path:
        """The agent's state folder."""
        return self.folder / "state"

    @property
    def journals(self) -> Path:
        """What the devices made."""
        return self.folder / "clinic" / "journal"

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: program.pid for name, program in self.programs.items()}

    def check(self) -> None:
        """All of it still runs; else the bench ends, and the folder with the logs stays."""
        for name, program in self.programs.items():
            if not program.alive:
                raise SystemExit(f"bench: {name} has ended; its log is {self.folder}/{name}.log")

    def start(self, name: str, *command: str) -> Program:
        """Start a program; one of that name that ran before has been stopped."""
        program = self.programs[name] = Program(name, command, self.folder)
        program.start()
        return program

    def _start_broker(self) -> None:
        program = find_mosquitto()
        if program is None:
            told = self.start("broker", "python", str(DEMO / "broker.py"), "0")
            self.url = "mqtt://" + told.await_line("listening on ").split()[-1]
            return
        port = free_port()
        listener = f"listener {port} {HOST}"
        self.start("broker", *mosquitto(program, self.folder, listener, "allow_anonymous true"))
        wait_for(port)
        self.url = f"mqtt://{HOST}:{port}"

    def start_region(self) -> None:
        """Start the receiver; it is ready on return."""
        options = ("--root", self.root, "--client-id", self.root)
        region = self.start("region", "edge-region", self.url, str(self.database), *options)
        region.await_line("ready")

    def start_devices(self, *command: str) -> None:
        """Start simulated devices with `COMMAND --dir FOLDER`; they can be reached on return."""
        folder = self.folder / "clinic"
        self.start("devices", *command, "--dir", str(folder)).await_line("ready")
        self.clinic = json.loads((folder / "clinic.json").read_text())

    def start_agent(self, *command: str, compress: str = "history") -> Program:
        """Start `edge-agent run`, or the program that takes its place.

        Args:
            command: that program.
            compress: what of its messages it compresses, `history` or `all`.
        """
        file = self.folder / "agent.toml"
        file.write_text(self._config(compress))
        return self.start("agent", *(command or ("edge-agent", "run")), "--config", str(file))

    def await_agent(self) -> None:
        """Return when the agent answers people, which it does once its devices are begun."""
        while not (self.state / "control.sock").exists():
            self.check()
            time.sleep(0.05)

    def _config(self, compress: str) -> str:
        specs = self.folder / "clinic" / "specs"
        further = f'specs_dir = "{specs}"\n' if specs.is_dir() else ""
        radio = self.clinic["radio"]
        tables = [
            '[gateway]\nname = "bench"\nzone = "Asia/Shanghai"',
            f'state_dir = "{self.state}"\n{further}',
            f'[region]\nroot = "{self.root}"\nsite = "bench"\n',
            f'[broker]\nurl = "{self.url}"\ncompress = "{compress}"\n',
            *([f'[ble]\nadapter = "{radio}"\n'] if radio else []),
            *map(device_config, self.clinic["devices"]),
            '[log]\nlevel = "warning"\n',
        ]
        return "\n".join(tables)
