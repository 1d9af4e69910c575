"""What kind of machine the figures are of, and how busy others kept it."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path


def conditions() -> dict[str, object]:
    """Without a name of anything: class of processor, cores, memory, system, load."""
    return {
        "date": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "processor": _field("/proc/cpuinfo", r"model name\s*: (.*)") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mb": int(_field("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0) * 1024 // 1_000_000,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": load(),
    }


def load() -> float:
    """Processes that ran or wanted to, averaged over the last minute."""
    return round(os.getloadavg()[0], 2)


def _field(file: str, pattern: str) -> str:
    found = re.search(pattern, Path(file).read_text())
    return found[1].strip() if found else ""
