"""One agent for one state folder: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge_agent.model.errors import EdgeError

NAME = "agent.lock"


class LockedError(EdgeError):
    """Somebody else holds the state folder: speak to them over the control socket.

    Attributes:
        holder: their process id, 0 when it is not known.
    """

    def __init__(self, folder: Path, holder: int) -> None:
        who = f"process {holder}" if holder else "another process"
        super().__init__(
            f"{folder} is in use by {who}; one agent at a time: stop it first, "
            "or give this one a state_dir of its own"
        )
        self.holder = holder


@contextmanager
def lock(folder: Path) -> Generator[None]:
    """Hold the state folder; it is made if need be.

    Raises:
        LockedError: somebody else holds it.
        OSError: it cannot be made or written.
    """
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        _take(file, folder)
        yield
    finally:
        os.close(file)


def is_held(folder: Path) -> bool:
    """Whether somebody holds the folder now; leaves nothing behind."""
    try:
        file = os.open(folder / NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)


def _take(file: int, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(file, 20).decode(errors="replace").strip()
        raise LockedError(folder, int(holder) if holder.isdigit() else 0) from error
    with suppress(OSError):  # a full disk: then nobody knows our number, and the lock is ours
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
