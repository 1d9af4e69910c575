"""A time in which a scene is watched: processor time before and after, memory at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass

from procfs import Memory, Usage, boot_ns, memory
from scene import Scene


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen.

    Attributes:
        since, until: CLOCK_BOOTTIME in nanoseconds.
        shares: percent of one core by program.
        memory: of the agent, at the end.
    """

    since: int
    until: int
    shares: dict[str, float]
    memory: Memory


def watch(scene: Scene, warm_up: float, seconds: float) -> Window:
    """Let it warm up, then watch.

    Raises:
        SystemExit: a program of the scene has ended meanwhile.
    """
    time.sleep(warm_up)
    since, before = boot_ns(), Usage.of(scene.pids)
    time.sleep(seconds)
    scene.check()
    until, after = boot_ns(), Usage.of(scene.pids)
    shares = {name: before.share(after, name) for name in scene.programs}
    return Window(since, until, shares, memory(scene.programs["agent"].pid))
