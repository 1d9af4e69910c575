"""The moment at which the store itself does something, where nobody tells it one."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from edge_agent.model.instants import Instant

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def now() -> Instant:
    """This moment of this boot."""
    return Instant(_boot(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))


@cache
def _boot() -> str:
    return _BOOT.read_text().strip()
