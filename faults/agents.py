"""Agents under test: configured, started, killed, and started again when they die by themselves."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hardware import Disk
from programs import BIN, Program
from settings import device_config

PATIENCE = 120.0
"""Seconds that it may take to make a backlog."""
REST = 1.0
"""Seconds after which systemd would start it again."""


class Agent:
    """One agent and its folder.

    Args:
        name: of its files.
        folder: of the village.
        settings: lines of its configuration before the devices.
        devices: as `clinic.json` describes them.
        prefix: the beginning of its command.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: Sequence[str],
        devices: Sequence[dict[str, Any]],
        prefix: Sequence[str] = (),
    ) -> None:
        self.state = folder / f"{name}-state"
        self.state.mkdir()
        self.disk = Disk(self.state)
        file = folder / f"{name}.toml"
        gateway = f'[gateway]\nname = "faults"\nzone = "Asia/Shanghai"\nstate_dir = "{self.state}"'
        file.write_text("\n".join([gateway, *settings, *map(device_config, devices)]))
        command = [*prefix, str(BIN / "edge-agent"), "run", "--config", str(file)]
        self.program = Program(name, command, folder)
        self._ask = [str(BIN / "edge-agent"), "devices", "--json", "--config", str(file)]
        self._folder = folder
        self._wanted = False

    @property
    def buffer(self) -> Path:
        """Its file, whether it is there or not."""
        return self.state / "buffer.sqlite"

    @property
    def hears_somebody(self) -> bool:
        """Whether it has not noticed yet that all devices are gone."""
        if not self.program.alive:
            return False
        said = subprocess.run(self._ask, capture_output=True, text=True, check=False)
        devices = json.loads(said.stdout)["devices"] if said.returncode == 0 else None
        return devices is None or any(one["link"] == "connected" for one in devices)

    def start(self) -> None:
        """Start it."""
        self._wanted = True
        self.program.start()

    def kill(self) -> None:
        """SIGKILL."""
        self._wanted = False
        self.program.kill()

    def term(self) -> None:
        """SIGTERM: it ends in its own way."""
        self._wanted = False
        self.program.stop()

    def tend(self) -> None:
        """Start it again if it died by itself, as systemd would."""
        if self._wanted and not self.program.alive and self.program.age > REST:
            self.program.start()

    def close(self) -> None:
        """Stop it, and give its disk back."""
        self.term()
        self.disk.close()

    def offline(self, hours: int, a_second: int) -> None:
        """It has been offline for so long, with so many readings a second of one strap."""
        filler = str(Path(__file__).with_name("backlog.py"))
        journal = str(self._folder / "backlog" / "journal" / "strap.jsonl")
        numbers = (str(hours * 3600 * a_second), str(1 / a_second))
        command = ["python", filler, str(self.buffer), journal, *numbers]
        program = Program("backlog", command, self._folder)
        program.start()
        if program.wait(PATIENCE):
            raise SystemExit(f"faults: no backlog{program.last_words()}")
