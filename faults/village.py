"""A village clinic whose surroundings can be made to fail, each part a process of its own.

Broker and region stand behind a link; the agent may run under a shim that makes the clock step, the
card slow and its writes fail. What can happen are the methods of the parts, by the names that rows
use: `agent.kill`, `link.set`, `region.lock`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from agents import Agent
from beyond import Mosquitto, Region
from hardware import Shim
from link import Link
from programs import Program

SHARED = 5
"""Modbus devices that the twin polls too."""


class Village:
    """What runs, in a folder of its own.

    Args:
        polled: Modbus devices beside the clinic's.
        shim: the agent runs under the shim.

    Attributes:
        folder: where all of it lives; it is gone afterwards unless told to `keep` it.
        agent: the one under test.
        twin: another under the same gateway's name, with some of the Modbus devices.
        link, broker, region, hardware: what can fail.
    """

    def __init__(self, polled: int, *, shim: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="edge-faults-"))
        self.keep = True  # unless it stands
        root = f"faults-{os.getpid()}"
        with ExitStack() as stack:
            stack.callback(self._tidy)
            self.broker = Mosquitto(self.folder)
            stack.callback(self.broker.program.stop)
            self.link = Link(self.folder, self.broker.socket)
            stack.callback(self.link.close)
            self.region = Region(self.folder, self.broker.port, root)
            stack.callback(self.region.close)
            self._clinic = Devices(self.folder, "clinic")
            stack.callback(self._clinic.program.stop)
            self._polled = Devices(self.folder, "modbus-bench", "--units", str(polled))
            stack.callback(self._polled.program.stop)
            self.hardware = Shim(self.folder)
            self.agent, self.twin = self._agents(root, self.hardware.prefix if shim else ())
            for agent in self.agents:
                stack.callback(agent.close)
            self._stack = stack.pop_all()
        self.keep = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.keep = self.keep or kind is not None
        self._stack.close()

    def _tidy(self) -> None:
        if self.keep:
            print(f"faults: kept {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)

    @property
    def agents(self) -> tuple[Agent, Agent]:
        """Both."""
        return (self.agent, self.twin)

    @property
    def buffers(self) -> list[Path]:
        """Of the agents that have run."""
        return [one.buffer for one in self.agents if one.buffer.exists()]

    @property
    def journals(self) -> list[Path]:
        """Where the devices wrote down what they made."""
        return list(self.folder.glob("*/journal"))

    def tend(self) -> None:
        """Start again what died by itself."""
        for agent in self.agents:
            agent.tend()

    def switch_off(self) -> None:
        """The devices are switched off."""
        self._clinic.program.stop()
        self._polled.program.stop()

    def _agents(self, root: str, prefix: Sequence[str]) -> tuple[Agent, Agent]:
        settings = (
            f'specs_dir = "{self._polled.folder / "specs"}"\n',
            f'[region]\nroot = "{root}"\nsite = "faults"\nunbound = "send"\n',
            f'[broker]\nurl = "{self.link.url}"\n',
        )
        radio = f'[ble]\nadapter = "{self._clinic.radio}"\n'
        every, some = [*self._clinic.devices, *self._polled.devices], self._polled.devices[:SHARED]
        return (
            Agent("agent", self.folder, (*settings, radio), every, prefix),
            Agent("twin", self.folder, settings, some, prefix),
        )


class Devices:
    """Simulated devices of one command; they can be reached once this is made.

    Attributes:
        folder: of their journals.
        program: theirs.
        devices, radio: as `clinic.json` describes them.
    """

    def __init__(self, folder: Path, name: str, *options: str) -> None:
        self.folder = folder / name
        command = ["edge-simulator", name, *options, "--dir", str(self.folder)]
        self.program = Program(name, command, folder)
        self.program.start()
        self.program.await_line("ready")
        told = json.loads((self.folder / "clinic.json").read_text())
        self.devices: list[dict[str, Any]] = told["devices"]
        self.radio: str = told["radio"]
