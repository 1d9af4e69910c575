"""Mosquitto as Debian ships it, on a port of its own: where the program is, how it is started."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def find_mosquitto() -> str | None:
    """The program's path; Debian puts it where a plain user's PATH does not look."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def mosquitto(program: str, folder: Path, *lines: str) -> list[str]:
    """The command that runs it, with these lines of configuration, written to the folder."""
    path = folder / "mosquitto.conf"
    # Started by root it becomes "mosquitto", who may not write to this folder.
    root = ["user root"] if os.geteuid() == 0 else []
    path.write_text("\n".join([*lines, *root, ""]))
    return [program, "-c", str(path)]
