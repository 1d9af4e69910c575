"""Kill a whole kernel, `./edge faults kernel-cut`: its page cache dies with it, as a box's does.

The buffer's writer runs in user-mode Linux on an ext4 file system of its own; what it says comes
out of the console. After some of that the kernel is killed; then the file system is mounted here,
which recovers it, and the buffer must hold what the writer had been told to be durable. Needs root
and Debian's `user-mode-linux`, `e2fsprogs`.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from powercut import WRITER, Told, Verdict, missing
from syscalls import Said

SIZE = 96 << 20
ROWS = 100_000
"""More than it gets to."""
PATIENCE = 300.0

INIT = """\
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONPATH={path} PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc
mount -t tmpfs tmp /mnt
mkdir /mnt/disk
mount -t ext4 /dev/ubda /mnt/disk
exec {python} {writer} /mnt/disk/buffer.sqlite {rows} {level}
"""


def prove(cuts: int, level: str = "", seed: int = 1) -> Verdict:
    """So many power cuts, each of a kernel and a buffer of its own.

    Raises:
        SystemExit: it cannot be done here.
    """
    if os.geteuid() != 0 or not all(map(shutil.which, ("linux.uml", "mkfs.ext4", "mount"))):
        raise SystemExit("faults: kernel-cut needs root, and apt install user-mode-linux e2fsprogs")
    verdict, dice = Verdict(), random.Random(seed)
    for number in range(cuts):
        with tempfile.TemporaryDirectory(prefix="edge-cut-") as folder:
            told = _run(Path(folder), level, dice)
            verdict.states += 1
            wrong = _look(Path(folder), told, verdict)
        if wrong:
            verdict.examples.append(f"cut {number}: {wrong}")
    return verdict


def _run(folder: Path, level: str, dice: random.Random) -> Told:
    """Run until it has said enough, then kill it; what it had been told by then."""
    image, init = folder / "image", folder / "init"
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    path = ":".join(one for one in sys.path if one)
    init.write_text(
        INIT.format(path=path, python=sys.executable, writer=WRITER, rows=ROWS, level=level)
    )
    init.chmod(0o700)
    kernel = subprocess.Popen(
        ["linux.uml", "mem=512M", "rootfstype=hostfs", "rootflags=/", "ro", "quiet",
         f"ubd0={image}", f"init={init}", "con=null", "con0=null,fd:1", f"uml_dir={folder}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    told, after = Told(), dice.randint(5, 400)
    deadline = time.monotonic() + PATIENCE
    try:
        for line in kernel.stdout or ():
            if line[:2] in ("+ ", "- ", "a "):
                told.take(Said(line))
                after -= 1
            if after <= 0 or time.monotonic() > deadline:
                break
    finally:
        os.killpg(kernel.pid, signal.SIGKILL)
        kernel.wait()
    for line in kernel.stdout or ():  # what it had said before it died
        if line[:2] in ("+ ", "- ", "a ") and line.endswith("\n"):
            told.take(Said(line))
    return told


def _look(folder: Path, told: Told, verdict: Verdict) -> str:
    place = folder / "disk"
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", str(folder / "image"), str(place)], check=True)
    try:
        wrong = missing(place / "buffer.sqlite", told) if told.durable else "it said nothing"
    except sqlite3.DatabaseError as error:
        verdict.unreadable += 1
        return str(error)
    finally:
        subprocess.run(["umount", str(place)], check=True)
    verdict.lost += bool(wrong)
    return wrong
