"""What the kernel says of a process: its memory, and the processor time it has used."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KB = 1024 / 1_000_000


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in MB (1,000,000 octets).

    Attributes:
        rss: resident, pages shared with others counted whole.
        pss: resident, a page of N processes counted as its Nth part.
        peak: the largest `rss` so far.
    """

    rss: float
    pss: float
    peak: float


def memory(pid: int) -> Memory:
    """Memory of a process; needs to be its owner."""
    status = Path(f"/proc/{pid}/status").read_text()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return Memory(_kb(status, "VmRSS"), _kb(rollup, "Pss"), _kb(status, "VmHWM"))


def _kb(text: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * _KB if found else float("nan")


def used(pid: int) -> float:
    """Seconds of processor time of a process with all its threads (`utime + stime`, proc(5)).

    The kernel's sum is exact, only its split into user and system is sampled.
    """
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def boot_ns() -> int:
    """CLOCK_BOOTTIME in nanoseconds: the clock of frames and journals."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time of some processes at one moment."""

    at: float
    seconds: dict[str, float]

    @classmethod
    def of(cls, pids: dict[str, int]) -> Usage:
        """Of these, now."""
        return cls(time.monotonic(), {name: used(pid) for name, pid in pids.items()})

    def share(self, later: Usage, name: str) -> float:
        """Percent of one core that a process used between two moments."""
        return 100 * (later.seconds[name] - self.seconds[name]) / (later.at - self.at)
